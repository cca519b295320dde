/** What a step needs of its team's memory. src/memory keeps it; the replay answers from a record. */
import type { RunId, StepId } from '../schema/ids.ts'
import type { Label } from '../schema/label.ts'

/** A fact as it was remembered. */
export interface RememberedFact {
  readonly id: string
  /** 1 for the first under its subject and key. */
  readonly version: number
  readonly subject: string
  readonly text: string
  /** Where whoever remembered it had it from. */
  readonly source: string
  /** ISO 8601. */
  readonly at: string
  /** Of the text. */
  readonly sha256: string
  /** Of what its writer had read. */
  readonly labels?: Label[] | undefined
}

/** The call that asks. */
export interface MemoryCall {
  readonly runId: RunId
  readonly stepId: StepId
  readonly callId: string
}

export interface NewFact extends Pick<RememberedFact, 'text' | 'subject' | 'source' | 'labels'> {
  /** A fact takes the place of the one with the same subject and key, as its next version. */
  readonly key?: string | undefined
  readonly by: { readonly runId: RunId; readonly stepId: StepId; readonly agent: string }
  /** The same for every repetition: under one id, one fact. */
  readonly callId: string
}

export interface MemorySearch {
  readonly query: string
  readonly limit: number
  readonly by: 'both'
  /** Only facts of this one. */
  readonly subject?: string | undefined
}

/** Both throw RecordsUnavailable where the records do not answer. */
export interface StepMemory {
  /** @throws MemoryForgotten, MemoryFull */
  remember(space: string, fact: NewFact): Promise<RememberedFact>
  /** Best first. */
  search(space: string, search: MemorySearch, call: MemoryCall): Promise<readonly { readonly fact: RememberedFact }[]>
}
