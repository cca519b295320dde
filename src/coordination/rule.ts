/**
 * A rule: what agents do together is settled in code, not by a prompt. Its decision is recorded with what was considered
 * and why, by whoever runs it (src/api/decide-rule.ts).
 */
import type * as z from 'zod'
import type { Clock } from '../clock.ts'
import type { Records } from '../records/records.ts'
import type { RunId, StepId } from '../schema/ids.ts'
import type { Json } from '../schema/json.ts'
import type { Label } from '../schema/label.ts'
import type { StopCause } from '../schema/step.ts'

export interface RuleContext {
  readonly team: string
  readonly workflow: string
  readonly runId: RunId
  readonly stepId: StepId
  /** Of its input, from the definition. @default none */
  readonly labels?: readonly Label[]
  readonly clock: Clock
  /** For rules that keep something between two decisions; each of their writes must be safe to make again. */
  readonly records: Records
}

export type Decision<Output> =
  | {
      readonly output: Output
      /** One sentence for people. */
      readonly reason: string
      /** What was considered, each in a few words. */
      readonly considered?: readonly string[]
      /** Kept beside the record, e.g. who dissented. */
      readonly body?: Json
    }
  /** Nothing could be decided. `next` tells a person what to do. */
  | {
      readonly stopped: { readonly cause: StopCause; readonly reason: string; readonly next: string }
      readonly considered?: readonly string[]
      readonly body?: Json
    }

export interface Rule<Options extends z.ZodType = z.ZodType, Input extends z.ZodType = z.ZodType> {
  readonly name: string
  readonly options: Options
  /** What it is given, large values in full. */
  readonly input: Input
  /** Gives the same for the same, and may be asked again. @throws RecordsUnavailable, where it uses records. */
  decide(
    input: z.output<Input>,
    options: z.output<Options>,
    context: RuleContext,
  ): Decision<unknown> | Promise<Decision<unknown>>
  /**
   * What still stands of a recorded decision, where a resumed run comes to it again. Absent: all of it.
   * @throws RecordsUnavailable
   */
  recall?(
    output: unknown,
    input: z.output<Input>,
    options: z.output<Options>,
    context: RuleContext,
  ): unknown | Promise<unknown>
}
