/** The id of an event: the same however often, and by whichever process, it is told. */
import type { RunId } from '../schema/ids.ts'
import type { JournalRow } from '../schema/journal-row.ts'
import type { EventId } from '../schema/run-event.ts'
import { sha256 } from '../schema/sha256.ts'

/** 64 bits: events of one run only are ever held against each other. */
const DIGITS = 16

export function idOfRow({ hash }: Pick<JournalRow, 'hash'>): EventId {
  return hash.slice(0, DIGITS)
}

/** `started`, `ended` and `interrupted` have no row of their own, or one that is written later than they are told. */
export function idOfMoment(runId: RunId, execution: number, moment: 'started' | 'ended' | 'interrupted'): EventId {
  return sha256(JSON.stringify([runId, execution, moment])).slice(0, DIGITS)
}
