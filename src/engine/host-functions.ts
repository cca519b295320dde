/**
 * What stands for functions on this host: each agent's, which runs a step or takes a call back, and the team's control
 * function. An agent never chooses what it is given: the state machine does.
 */
import { randomUUID } from 'node:crypto'
import type { StepDependencies } from '../agent/ports.ts'
import { runStep } from '../agent/run-step.ts'
import { undoCall } from '../agent/undo-call.ts'
import type { TaskTokens } from '../api/ports.ts'
import { type ControlDependencies, runControlTask } from '../api/run-control-task.ts'
import { NotFound } from '../errors.ts'
import type { Records } from '../records/records.ts'
import { UndoInput } from '../schema/control-task.ts'
import type { RunId } from '../schema/ids.ts'
import type { Json } from '../schema/json.ts'
import type { StepInput } from '../schema/step.ts'
import { type EffectLedgerOptions, openEffectLedger } from '../tools/open-effect-ledger.ts'
import type { Engine } from './engine.ts'
import type { Forks } from './host-forks.ts'
import type { StepGate } from './host-gate.ts'
import type { FunctionInvoker } from './integrations/function-invoker.ts'

interface HostFunctionsOptions {
  readonly steps: StepDependencies
  readonly control: ControlDependencies
  /** The control function's name: all others are agents'. */
  readonly controlName: string
  /** Whose rights hold within a step. */
  readonly gate: Pick<StepGate, 'within'>
  /** Of claims: `owner` says which process. */
  readonly claims: EffectLedgerOptions & { readonly records: Records }
  /** What a forked run changes. */
  readonly forks: Pick<Forks, 'of'>
  /** Told before each call that is taken back; what it gives is called after it. */
  readonly onUndo: (runId: RunId) => () => void
}

export function hostFunctions(options: HostFunctionsOptions): FunctionInvoker {
  const { steps, control, controlName, gate, claims, forks, onUndo } = options

  /** Of one invocation: another one in this process, of the same step, may be at it still. */
  function invocation(): StepDependencies {
    const owner = { ...claims.owner, invocation: randomUUID() }
    return { ...steps, ledger: openEffectLedger({ ...claims, owner }) }
  }

  async function undo(payload: Json): Promise<Json> {
    const call = UndoInput.parse(payload).undo
    const undone = onUndo(call.runId)
    try {
      return (await gate.within(call, () => undoCall(call, invocation()))) as unknown as Json
    } finally {
      undone()
    }
  }

  return async (name, payload) => {
    // An agent may be called `control`, but no step is a task.
    if (name === controlName && isObjectWith('task', payload)) return runControlTask(payload, control)
    if (isObjectWith('undo', payload)) return undo(payload)
    const { step, agents } = await forks.of(payload as unknown as StepInput)
    const work = () => runStep(step, { ...invocation(), agents })
    return (await gate.within(step, work, agents(step.agent))) as unknown as Json
  }
}

function isObjectWith(field: string, payload: Json): boolean {
  return typeof payload === 'object' && payload !== null && Object.hasOwn(payload, field)
}

/** Task tokens of this machine's executions, in whichever process they wait. */
export function hostTokens(engine: Pick<Engine, 'sendTaskSuccess'>): TaskTokens {
  return {
    async succeed(token, output) {
      try {
        await engine.sendTaskSuccess(token, output)
        return true
      } catch (error) {
        if (error instanceof NotFound) return false
        throw error
      }
    },
  }
}
