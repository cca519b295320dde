/** The form in which a pattern wants an agent's output: its own, or something else that the pattern knows what to do with. */
import * as z from 'zod'
import { AgentName } from './ids.ts'

/** The agent hands in its own output, or passes the task on to one of `to`. */
export const HandoffContract = z.strictObject({ kind: z.literal('handoff'), to: z.array(AgentName).max(40) })
export type HandoffContract = z.infer<typeof HandoffContract>

/** Bytes of JSON of a text that travels within states: characters alone say little of those. */
export const MESSAGE_BYTES = 8_000
const REASON_BYTES = 1_000

/** A text of so many characters, and bytes of JSON. */
export function shortText(characters: number, bytes: number) {
  const fits = (text: string) => Buffer.byteLength(JSON.stringify(text)) <= bytes
  return z.string().min(1).max(characters).refine(fits, `at most ${bytes} bytes of JSON: say it in fewer words`)
}

/** What an agent says in place of its own output to pass a task on. */
export const Handoff = z.strictObject({
  to: z.string().describe('who takes over'),
  message: shortText(4_000, MESSAGE_BYTES).describe('all that they must know, in your words'),
  reason: shortText(500, REASON_BYTES).describe('why they, and not you'),
})
export type Handoff = z.infer<typeof Handoff>

/** The agent says its piece in a conversation. */
export const SpeakContract = z.strictObject({ kind: z.literal('speak') })
export type SpeakContract = z.infer<typeof SpeakContract>

/** The agent says who speaks next, of `speakers`, or that it is enough. */
export const ModerateContract = z.strictObject({
  kind: z.literal('moderate'),
  speakers: z.array(AgentName).min(1).max(40),
})
export type ModerateContract = z.infer<typeof ModerateContract>

/** The agent says which of the tasks it is shown it would do, and how sure it is; it does none of them. */
export const BidContract = z.strictObject({
  kind: z.literal('bid'),
  /** Bids at most. */
  most: z.int().positive().max(100),
})
export type BidContract = z.infer<typeof BidContract>

export const StepContract = z.discriminatedUnion('kind', [
  HandoffContract,
  BidContract,
  SpeakContract,
  ModerateContract,
])
export type StepContract = z.infer<typeof StepContract>
