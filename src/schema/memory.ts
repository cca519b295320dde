/** Facts that a team remembers across runs, as they are stored and shown. */
import * as z from 'zod'
import { AgentName, RunId, Sha256, StepId } from './ids.ts'

export const FACT_CHARACTERS = 4_000
/** Facts that one search gives at most. */
export const MOST_HITS = 100

export const SpaceName = z
  .string()
  .regex(
    /^[a-z][a-zA-Z0-9_-]{0,47}$/,
    'a space starts with a lower-case letter and has at most 48 characters of A-Z a-z 0-9 _ -',
  )

/** The partition of the records that holds the facts of a space: rights are given on it by its exact name. */
export function memoryPartition(team: string, space: string): string {
  return `MEMORY#${team}#${space}`
}

/** The agent's step that wrote a fact. */
export const FactAuthor = z.strictObject({ runId: RunId, stepId: StepId, agent: AgentName })
export type FactAuthor = z.infer<typeof FactAuthor>

/** Who had facts forgotten: an agent, or a person by a name that whoever asks vouches for. */
export const Forgetter = z.union([FactAuthor, z.strictObject({ person: z.string().min(1).max(200) })])
export type Forgetter = z.infer<typeof Forgetter>

const subject = z.string().min(1).max(200)
const source = z.string().min(1).max(500)

export const Forgotten = z.strictObject({
  by: Forgetter,
  reason: z.string().min(1).max(500),
  at: z.iso.datetime(),
})
export type Forgotten = z.infer<typeof Forgotten>

const common = {
  /** Of one fact through its versions: 32 hexadecimal digits. */
  id: z.string().regex(/^[0-9a-f]{32}$/),
  /** From 1; never given twice, not even where the earlier one is forgotten. */
  version: z.int().positive(),
  /** What it is about. */
  subject,
  /** Where it comes from, e.g. a URL or a document's name. */
  source,
  key: z.string().min(1).max(100).optional(),
  at: z.iso.datetime(),
  by: FactAuthor,
  /** Of text, subject and source, as canonical JSON. */
  sha256: Sha256,
}

export const Fact = z.strictObject({
  ...common,
  text: z.string().min(1).max(FACT_CHARACTERS),
  /** Of data that its writer had read. */
  labels: z.array(z.string().min(1).max(100)).max(20).optional(),
})
export type Fact = z.infer<typeof Fact>

/** What is left of a version that was forgotten. */
export const Tombstone = z.strictObject({ ...common, forgotten: Forgotten })
export type Tombstone = z.infer<typeof Tombstone>

export const NewFact = Fact.pick({ text: true, subject: true, source: true, key: true, labels: true, by: true }).extend(
  { callId: z.string().min(1).max(200).optional() },
)
export type NewFact = z.input<typeof NewFact>

export const MemorySearchBy = z.enum(['words', 'meaning', 'both'])
export type MemorySearchBy = z.infer<typeof MemorySearchBy>

export const MemoryQuery = z.strictObject({
  query: z.string().min(1).max(FACT_CHARACTERS),
  limit: z.int().min(1).max(MOST_HITS),
  by: MemorySearchBy.optional(),
  /** Only facts about exactly this, or of exactly this source. */
  subject: subject.optional(),
  source: source.optional(),
})
export type MemoryQuery = z.infer<typeof MemoryQuery>

/** What to forget: all that comes from a source, or all about a subject. */
export const ForgetTarget = z.union([z.strictObject({ source }), z.strictObject({ subject })])
export type ForgetTarget = z.infer<typeof ForgetTarget>
