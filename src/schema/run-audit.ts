/** The audit record of a run as it leaves the records: its rows, what was sealed of them, and the keys that sealed. */
import * as z from 'zod'
import { RunId, Sha256, StepId, TeamName } from './ids.ts'
import { JournalRow } from './journal-row.ts'
import { Json } from './json.ts'

/** How far a chain had come when it was sealed. */
export const SealedChain = z.strictObject({
  stepId: StepId,
  attempt: z.int().positive(),
  rows: z.int().positive(),
  /** Hash of the last of these rows. */
  head: Sha256,
})
export type SealedChain = z.infer<typeof SealedChain>

/** `ECDSA_SHA_256`: P-256, DER, as KMS signs. `ED25519`: the local key of a data folder. */
export const SealAlgorithm = z.enum(['ECDSA_SHA_256', 'ED25519'])
export type SealAlgorithm = z.infer<typeof SealAlgorithm>

/** What the signature is over: the canonical JSON (RFC 8785) of this, as UTF-8. */
export const SealContent = z.strictObject({
  version: z.literal(1),
  team: TeamName,
  runId: RunId,
  /** 0 for the first seal of the run. */
  seq: z.int().nonnegative(),
  at: z.iso.datetime(),
  /** SHA-256 of the canonical content of the seal before; absent in the first. */
  prev: Sha256.optional(),
  /** Only chains that have grown since the seal before. By step id and attempt. None: the seal tells faults alone. */
  chains: z.array(SealedChain),
  /** Where the sealer keeps a copy of the rows: SHA-256 of that object, and the rows in it. */
  copy: z.strictObject({ sha256: Sha256, rows: z.int().positive() }).optional(),
  /** What the sealer saw that may never be: a changed or removed row, a row that does not follow. Absent: nothing. */
  faults: z.array(z.string()).min(1).optional(),
  /** SHA-256 of the public key (SPKI, DER). */
  keyId: Sha256,
  algorithm: SealAlgorithm,
})
export type SealContent = z.infer<typeof SealContent>

export const Seal = SealContent.extend({
  /** base64 */
  signature: z.string(),
})
export type Seal = z.infer<typeof Seal>

export const SealKey = z.strictObject({
  /** SHA-256 of the public key (SPKI, DER). */
  keyId: Sha256,
  algorithm: SealAlgorithm,
  /** SPKI, PEM. */
  publicKey: z.string(),
  /** `local`: it lies beside the records, so that who can rewrite them can seal again. `kms`: nobody can read it. */
  kind: z.enum(['local', 'kms']),
})
export type SealKey = z.infer<typeof SealKey>

export const AuditQuery = z.strictObject({
  after: z.string().max(300).optional().meta({ description: '`next` of the page before.' }),
  bodies: z
    .enum(['true', 'false'])
    .optional()
    .meta({ description: 'Whether the content beside the rows is told, too.' }),
})
export type AuditQuery = z.infer<typeof AuditQuery>

/** Something of the record that is damaged, so that nothing can be read of it. */
export const Unreadable = z.strictObject({ stepId: StepId.optional(), what: z.string() })
export type Unreadable = z.infer<typeof Unreadable>

/** Some of the chains of a run, whole, by step id and attempt. Seals and keys come with the first page. */
export const AuditPage = z.strictObject({
  runId: RunId,
  /** Of each chain in order. */
  rows: z.array(JournalRow),
  seals: z.array(Seal),
  keys: z.array(SealKey),
  /** Content by its hash, where it was asked for: a row's `bodySha256`. What was erased is not there. */
  bodies: z.record(z.string(), Json).optional(),
  /** What is there and cannot be read: of a step, all its chains. Absent: nothing. */
  unreadable: z.array(Unreadable).min(1).optional(),
  /** Cursor of the next page; absent on the last. */
  next: z.string().optional(),
})
export type AuditPage = z.infer<typeof AuditPage>

/** All of it. */
export type RunAudit = Omit<AuditPage, 'next'>
