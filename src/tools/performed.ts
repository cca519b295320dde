/** What goes into the making of a call and what comes out. */
import type { Clock } from '../clock.ts'
import type { Tool } from '../define/tool.ts'
import type { RunId, Sha256, StepId } from '../schema/ids.ts'
import type { EffectLedger } from './effect-ledger.ts'
import { type CallContext, type Executed, failed } from './execute.ts'
import type { IsolatedAnswer } from './isolated-call.ts'
import type { TakeCall } from './take-call.ts'

export interface Call {
  readonly tool: Tool
  /** Parsed by the tool's own schema. */
  readonly input: unknown
  readonly argumentsSha256: Sha256
  readonly context: Omit<CallContext, 'fence'> & {
    readonly callId: Sha256
    readonly runId: RunId
    readonly stepId: StepId
  }
  readonly clock: Clock
  /** Time left to the step, ms. The tool's own limit holds beside it. */
  readonly stepMs: number
  /**
   * Time left to the function that hosts it, ms; Infinity where there is no such end. The caller sees to it that it is longer
   * than the tool's own limit where it can be: a call that is cut off is one whose fate nobody knows.
   */
  readonly functionMs: number
  readonly cancellation?: AbortSignal | undefined
  /** Where it runs outside this process: stands for the tool's own `run`. */
  readonly elsewhere?: ((signal: AbortSignal, fence: number) => Promise<IsolatedAnswer>) | undefined
  /** Absent: nothing is claimed, and a call whose result is not recorded is made again. */
  readonly ledger?: EffectLedger | undefined
  readonly takeCall?: TakeCall | undefined
}

export type Performed =
  /** `effect`: how the call stands in the ledger; absent for a `read`, without a ledger, and where nothing was done. */
  | { readonly kind: 'executed'; readonly executed: Executed; readonly effect?: 'done' | 'unknown' }
  /** It is to be asked for again then: somebody else is at it, or the integration's rate is used up. */
  | { readonly kind: 'busy'; readonly untilIso: string; readonly reason: string }
  /** Not to be recorded: a resumed run asks again, under the same `callId`. */
  | { readonly kind: 'cancelled' }

export function done(executed: Executed): Performed {
  return { kind: 'executed', executed, effect: 'done' }
}

/** What a model is told of a call whose fate nobody knows. */
export function unknownEffect({ name }: Pick<Tool, 'name'>): Performed {
  const message =
    `Nobody knows whether ${name} did what was asked: it was cut off before it answered. Do not repeat the call. ` +
    'Go on without its result, and say in your answer that this is open.'
  return { kind: 'executed', executed: failed('EffectUnknown', message), effect: 'unknown' }
}
