/** What passes between the rules of a blackboard and the state machine. Tasks and outputs are the user's: any JSON. */
import * as z from 'zod'
import { AgentName } from './ids.ts'

/** Tasks on one board. A transaction of the records has 100 writes: one for each task, and a few beside. */
export const BOARD_TASKS = 90
export const TASK_ID_CHARACTERS = 200
/** Peers that may bid: as many branches as `parallel` has. */
export const BOARD_PEERS = 40

/** What makes a bid the better one. `confidence`: the surest first. `spread`: who has the fewest tasks first. */
export const AwardPolicy = z.enum(['confidence', 'spread'])
export type AwardPolicy = z.infer<typeof AwardPolicy>

export const Bid = z.strictObject({
  task: z.string().min(1).max(TASK_ID_CHARACTERS).describe('id of the task'),
  confidence: z.number().min(0).max(1).describe('how sure you are that you can do it well'),
  note: z.string().max(500).describe('why you'),
})
export type Bid = z.infer<typeof Bid>

/** A task as it was given: its id, and whatever else its peers are to know. */
export const Posted = z.looseObject({ id: z.string().min(1).max(TASK_ID_CHARACTERS) })
export type Posted = z.infer<typeof Posted>

/** A task that nobody has done, and why. */
export const Left = z.strictObject({ task: z.string(), why: z.string() })
export type Left = z.infer<typeof Left>

/** `fence`: of the claim; `claim` stands for it where something speaks of it. `by` null: no longer to be done. */
export const Award = z.strictObject({
  task: Posted,
  by: AgentName.nullable(),
  fence: z.int().positive(),
  claim: z.string(),
})
export type Award = z.infer<typeof Award>

export const Delivered = z.strictObject({ task: z.string(), by: AgentName, output: z.unknown() })
export type Delivered = z.infer<typeof Delivered>

/** After the announcement and after each round. */
export const BoardState = z.strictObject({
  /** Where in the records it stands: the id of the step that announced it. */
  board: z.string(),
  /** Rounds so far. */
  round: z.int().nonnegative(),
  open: z.array(Posted),
  results: z.array(Delivered),
  /** What could not be posted. */
  aside: z.array(Left),
  /** Nothing is open, or nobody will do what is. */
  isOver: z.boolean(),
})
export type BoardState = z.infer<typeof BoardState>

export const Awarded = z.strictObject({ awards: z.array(Award) })
export type Awarded = z.infer<typeof Awarded>

/** What stands for the output of a peer that did not deliver. */
export const Undelivered = z.strictObject({
  undelivered: z.strictObject({ claim: z.string(), failure: z.looseObject({ cause: z.string(), reason: z.string() }) }),
})
export type Undelivered = z.infer<typeof Undelivered>

/** What stands for the bids of a peer that gave none. */
export const Silent = z.strictObject({ silent: z.string() })

export const BoardOutcome = z.strictObject({
  results: z.array(Delivered),
  open: z.array(Left),
  rounds: z.int().nonnegative(),
})
export type BoardOutcome = z.infer<typeof BoardOutcome>
