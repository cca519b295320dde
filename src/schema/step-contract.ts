/** The form in which a pattern wants an agent's output: its own, or something else that the pattern knows what to do with. */
import * as z from 'zod'
import { AgentName } from './ids.ts'

/** The agent hands in its own output, or passes the task on to one of `to`. */
export const HandoffContract = z.strictObject({ kind: z.literal('handoff'), to: z.array(AgentName).max(40) })
export type HandoffContract = z.infer<typeof HandoffContract>

/** The agent says which of the tasks it is shown it would do, and how sure it is; it does none of them. */
export const BidContract = z.strictObject({
  kind: z.literal('bid'),
  /** Bids at most. */
  most: z.int().positive().max(100),
})
export type BidContract = z.infer<typeof BidContract>

export const StepContract = z.discriminatedUnion('kind', [HandoffContract, BidContract])
export type StepContract = z.infer<typeof StepContract>
