/** Cancels a run of the data folder, also one that nobody works on. Runs nothing. */
import { cancelRun } from '../api/cancel-run.ts'
import { systemClock } from '../clock.ts'
import { createEngine } from '../engine/engine.ts'
import { hostedExecutions } from '../engine/host-executions.ts'
import { sealIfPossible } from '../engine/host-seal.ts'
import { NotFound } from '../errors.ts'
import type { RunId } from '../schema/ids.ts'
import type { Run } from '../schema/run.ts'
import { principalHere } from './approvals-here.ts'
import type { Data } from './session.ts'

/** @throws NotFound; Conflict where the run is over. */
export function cancelHere(runId: RunId, { reading, stores }: Data): Promise<Run> {
  // Only to end an execution that nobody works on: it invokes nothing.
  const engine = createEngine({
    history: stores.history,
    clock: systemClock,
    random: Math.random,
    machine: () => undefined,
    invokeFunction: async (name) => {
      throw new NotFound({ message: `${name} is not run while cancelling`, next: 'baton resume' })
    },
  })
  const dependencies = {
    ...{ ...reading, executions: hostedExecutions(engine), clock: systemClock },
    seal: (runId: RunId) => sealIfPossible(runId, { stores, clock: systemClock }),
  }
  return cancelRun(runId, dependencies, principalHere())
}
