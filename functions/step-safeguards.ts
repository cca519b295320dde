/** What holds a deployed step, over the records as its role may reach them. The run's head is read once for all of it. */
import { randomUUID } from 'node:crypto'
import type { StepDependencies } from '../src/agent/ports.ts'
import { openSafeguards } from '../src/agent/safeguards.ts'
import { openStepPlaces } from '../src/brake/step-places.ts'
import type { Clock } from '../src/clock.ts'
import type { Team } from '../src/define/team.ts'
import type { MemoryFolds } from '../src/memory/memory.ts'
import type { RunId } from '../src/schema/ids.ts'
import type { Stores } from './stores.ts'

export type StepSafeguards = Pick<
  StepDependencies,
  'ledger' | 'openBudget' | 'guard' | 'brake' | 'whereIs' | 'takeCall' | 'mailboxes' | 'state' | 'memory'
>

interface Options {
  readonly team: Team
  readonly stores: Pick<Stores, 'records' | 'runs'>
  readonly clock: Clock
  /** Where the models are. */
  readonly region: string
  readonly runId: RunId
  /** What invocations before have read of the team's memory. */
  readonly folds: MemoryFolds
  /** Of the invocation. */
  readonly requestId: string
}

export function openStepSafeguards({ team, stores, clock, region, runId, requestId, folds }: Options): StepSafeguards {
  const { records, runs } = stores
  const head = once(() => runs.read(runId))
  const { ledger, openBudget, guard, brake, takeCall, mailboxes, state, memory } = openSafeguards({
    records,
    clock,
    team: team.name,
    folds,
    // A repeated invocation may have the same request id, and is another one all the same.
    owner: { requestId, invocation: randomUUID() },
    region,
    budgetOf: async () => (await head())?.budget,
  })
  return {
    ledger,
    openBudget,
    guard,
    brake,
    takeCall,
    mailboxes,
    state,
    memory,
    whereIs: openStepPlaces(team, { read: head }),
  }
}

/** What does not change while a step runs: read when it is first asked for. */
function once<T>(read: () => Promise<T>): () => Promise<T> {
  let reading: Promise<T> | undefined
  return () => {
    reading ??= read()
    return reading
  }
}
