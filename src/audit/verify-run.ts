/**
 * `verifyRun`: whether the record of a run is whole, told from the record and the keys that may have sealed it, and from
 * nothing else. A run that goes on, was resumed, or had content erased is no fault.
 */
import type { Sha256 } from '../schema/ids.ts'
import type { JournalRow } from '../schema/journal-row.ts'
import type { Json } from '../schema/json.ts'
import type { RunAudit, Seal, SealedChain, SealKey } from '../schema/run-audit.ts'
import { canonicalJson, jsonSha256 } from './canonical.ts'
import type { AuditVerdict, Finding, Sealed, VerifiedHead } from './findings.ts'
import { chainKey, sealedChains } from './seal.ts'
import { placeOf, type VerifiedChain, verifyChains } from './verify-chains.ts'
import { verifySeals } from './verify-seals.ts'

export interface VerifyOptions {
  /** Keys that seals may be signed with. @default those of the record, which shows only that it agrees with itself */
  readonly keys?: readonly SealKey[]
  /** What the run's head says now. @default not compared */
  readonly head?: VerifiedHead
}

type Chains = ReadonlyMap<string, VerifiedChain>

/** The chain of the run itself: src/records/run-chain.ts writes it. */
const RUN_CHAIN = ':run'

export function verifyRun(audit: RunAudit, { keys = audit.keys, head }: VerifyOptions = {}): AuditVerdict {
  const { runId, rows, seals, bodies = {}, unreadable = [] } = audit
  const damaged = new Set(unreadable.flatMap(({ stepId }) => stepId ?? []))
  const chains = verifyChains(runId, rows)
  const sealing = verifySeals(runId, seals, keys)
  const listed = rows.filter((row) => row.runId === runId && row.chains !== undefined)
  const found = unique([
    ...unreadable.map(({ stepId, what }): Finding => ({ kind: 'broken', ...(stepId && { stepId }), what })),
    ...rows
      .filter((row) => row.runId !== runId)
      .slice(0, 1)
      .map(foreign),
    ...emptied(audit, head),
    ...[...chains.values()].flatMap(({ finding }) => finding ?? []),
    ...causeFindings(chains),
    ...sealing.findings,
    ...sealing.good.flatMap((seal) => seal.chains.flatMap((one) => comparedWith(chains, one, `seal ${seal.seq}`))),
    ...listed.flatMap((row) => (row.chains ?? []).flatMap((one) => comparedWith(chains, one, 'the end of the run'))),
    ...Object.entries(bodies).flatMap(([sha256, body]) => bodyFinding(sha256, body)),
    ...(head === undefined ? [] : headFindings(head, chains)),
  ])
  // A step that cannot be read has no chains.
  const findings = found.filter(
    ({ kind, stepId }) => kind !== 'missing' || stepId === undefined || !damaged.has(stepId),
  )
  return {
    status: findings.length === 0 ? 'intact' : 'broken',
    rows: rows.length,
    chains: chains.size,
    sealed: sealedOf(chains, sealing.good, keys),
    findings,
  }
}

function foreign({ runId, stepId, attempt, seq }: JournalRow): Finding {
  return { kind: 'foreign', stepId, attempt, seq, what: `the row is of run ${runId}` }
}

/** The row of its start is written right after the run's head: a run that has just begun may have none yet. */
function emptied({ rows, seals, unreadable }: RunAudit, head: VerifiedHead | undefined): readonly Finding[] {
  if (rows.length > 0 || unreadable !== undefined) return []
  if (seals.length === 0 && head !== undefined && !ENDED.includes(head.status)) return []
  const known = sealedChains(seals).size
  const what = known > 0 ? `${known} chains were sealed, and there is no row` : 'there is no row, not even of its start'
  return [{ kind: 'emptied', what }]
}

/** Every attempt but the first follows from a row that is there: of an earlier attempt, or of what it takes back. */
function causeFindings(chains: Chains): readonly Finding[] {
  const hashes = new Set([...chains.values()].flatMap(({ rows }) => rows.map(({ hash }) => hash)))
  const isFaulty = new Set([...chains.values()].flatMap(({ stepId, finding }) => (finding ? [stepId] : [])))
  return [...chains.values()].flatMap(({ attempt, stepId, rows }): Finding[] => {
    if (attempt === 1) return []
    const before = chains.get(chainKey({ stepId, attempt: attempt - 1 }))
    if (before === undefined) {
      return [{ kind: 'missing', stepId, attempt: attempt - 1, what: `attempt ${attempt} is there, and not this one` }]
    }
    const cause = rows[0]?.cause
    if (cause === undefined || hashes.has(cause) || isFaulty.has(stepId)) return []
    const what = `attempt ${attempt} follows from a row that is not there`
    return [{ kind: 'cutOff', ...placeOf(before), seq: before.rows.length, what }]
  })
}

/** A chain against what somebody said of it before. What is at fault by itself is told already. */
function comparedWith(chains: Chains, told: SealedChain, teller: string): readonly Finding[] {
  const { rows: count, head } = told
  const chain = chains.get(chainKey(told))
  const place = placeOf(told)
  if (chain === undefined) {
    if (chains.size === 0) return []
    return [{ kind: 'missing', ...place, what: `${teller} lists the chain with ${count} rows` }]
  }
  if (chain.finding !== undefined) return []
  if (chain.rows.length < count) {
    const what = `${teller} lists ${count} rows, and there are ${chain.rows.length}`
    return [{ kind: 'cutOff', ...place, seq: chain.rows.length, what }]
  }
  if (chain.rows[count - 1]?.hash === head) return []
  const what = `row ${count - 1} is another than ${teller} lists: the chain was written anew`
  return [{ kind: 'rewritten', ...place, seq: count - 1, what }]
}

function bodyFinding(sha256: string, body: Json): readonly Finding[] {
  if (jsonSha256(body) === sha256) return []
  return [{ kind: 'badBody', what: `the content under ${sha256.slice(0, 12)}… has another hash` }]
}

const ENDED: readonly VerifiedHead['status'][] = ['succeeded', 'failed', 'timedOut', 'cancelled']

function headFindings(head: VerifiedHead, chains: Chains): readonly Finding[] {
  const own = [...chains.values()].filter(({ stepId }) => stepId === RUN_CHAIN)
  const first = own.find(({ attempt }) => attempt === 1)?.rows[0]
  const hashes: Readonly<Record<string, Sha256 | undefined>> = first?.hashes ?? {}
  const changed = (['input', 'settings', 'lock'] as const).filter(
    (name) => hashes[name] !== undefined && hashes[name] !== jsonSha256(head[name] as unknown as Json),
  )
  const end = own
    .toSorted((one, other) => one.attempt - other.attempt)
    .flatMap(({ rows }) => rows.filter(({ event, status }) => event === 'end' && status !== undefined))
    .at(-1)
  return [
    ...changed.map((name): Finding => ({ kind: 'badHead', what: `its ${name} is not what it was started with` })),
    ...(own.length > 0 && ENDED.includes(head.status) ? endFindings(head, end) : []),
  ]
}

function endFindings({ status, output }: VerifiedHead, end: JournalRow | undefined): readonly Finding[] {
  if (end?.status !== status) {
    const told = end === undefined ? 'no row says so' : `its last row says ${end.status}`
    return [{ kind: 'badHead', what: `it has ${status}, and ${told}` }]
  }
  const hash = end.hashes?.['output']
  if (hash === undefined || (output !== undefined && hash === jsonSha256(output))) return []
  return [{ kind: 'badHead', what: 'its output is not the one that it ended with' }]
}

function sealedOf(chains: Chains, good: readonly Seal[], keys: readonly SealKey[]): Sealed {
  const sealed = sealedChains(good)
  let rows = 0
  let unsealedSince: string | undefined
  for (const chain of chains.values()) {
    const count = sealed.get(chainKey(chain))?.rows ?? 0
    rows += Math.min(count, chain.rows.length)
    const at = chain.rows[count]?.at
    if (at !== undefined && (unsealedSince === undefined || at < unsealedSince)) unsealedSince = at
  }
  const until = good.at(-1)?.at
  const kinds = good.map(({ keyId }) => keys.find((key) => key.keyId === keyId)?.kind ?? 'local')
  return {
    seals: good.length,
    rows,
    ...(until !== undefined && { until }),
    ...(unsealedSince !== undefined && { unsealedSince }),
    by: [...new Set(kinds)],
  }
}

/** What several tell is told once. */
function unique(findings: readonly Finding[]): readonly Finding[] {
  const seen = new Set<string>()
  return findings.filter((finding) => {
    const { kind, stepId = '', attempt = 0, seq = -1, what } = finding
    const text = canonicalJson({ kind, stepId, attempt, seq, what: stepId === '' ? what : '' })
    if (seen.has(text)) return false
    seen.add(text)
    return true
  })
}
