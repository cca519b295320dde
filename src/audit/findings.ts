/** What can be wrong with a run's audit record, as data. */
import type { StepId } from '../schema/ids.ts'
import type { Json } from '../schema/json.ts'
import type { Run } from '../schema/run.ts'

export type FindingKind =
  /** A row, or the body beside it, is not what was hashed when it was written. */
  | 'broken'
  /** Rows, or a whole chain, are not there. */
  | 'missing'
  /** Rows stand in another order than they were written in. */
  | 'reordered'
  /** A row is there twice. */
  | 'duplicate'
  /** Rows at the end of a chain are not there. */
  | 'cutOff'
  /** There are no rows at all. */
  | 'emptied'
  /** A chain holds by itself, and is another one than was sealed or listed: it was written anew. */
  | 'rewritten'
  /** It belongs to another run. */
  | 'foreign'
  /** A seal is missing, does not follow from the one before it, or nobody at hand has signed it. */
  | 'badSeal'
  /** The sealer saw a row being changed or removed. */
  | 'tampering'
  /** Content is not what its hash says. */
  | 'badBody'
  /** The run's head says otherwise than its rows. */
  | 'badHead'
  /** A line of the log has another hash for the same row. */
  | 'logMismatch'
  /** A line of the log tells of a row that is not there. */
  | 'logWithoutRow'

export interface Finding {
  readonly kind: FindingKind
  readonly stepId?: StepId
  readonly attempt?: number
  /** The first row at fault, from 0. */
  readonly seq?: number
  /** For a person. */
  readonly what: string
}

export interface Sealed {
  /** Good ones. */
  readonly seals: number
  /** Rows that they vouch for. */
  readonly rows: number
  /** When the newest was made. */
  readonly until?: string
  /** Of the oldest row that none vouches for. Absent: all are sealed. */
  readonly unsealedSince?: string
  /** `local`: whoever can rewrite the rows could seal them again. */
  readonly by: readonly ('local' | 'kms')[]
}

export interface AuditVerdict {
  readonly status: 'intact' | 'broken'
  readonly rows: number
  readonly chains: number
  readonly sealed: Sealed
  readonly findings: readonly Finding[]
}

/** What of a run's head can be held against its rows. */
export type VerifiedHead = Pick<Run, 'status' | 'input' | 'settings' | 'lock'> & { readonly output?: Json | undefined }
