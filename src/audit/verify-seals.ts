/** The seals of a run: whether they are all there, in order, signed by a key that is at hand. Pure. */
import type { RunId, Sha256 } from '../schema/ids.ts'
import type { Seal, SealKey } from '../schema/run-audit.ts'
import type { Finding } from './findings.ts'
import { sealHash, verifySeal } from './seal.ts'

export interface VerifiedSeals {
  /** In order. What they say holds. */
  readonly good: readonly Seal[]
  readonly findings: readonly Finding[]
}

export function verifySeals(runId: RunId, seals: readonly Seal[], keys: readonly SealKey[]): VerifiedSeals {
  const good: Seal[] = []
  const findings: Finding[] = []
  let prev: Sha256 | undefined
  for (const [index, seal] of seals.entries()) {
    const what = fault(runId, seal, index, prev, keys)
    if (what === undefined) good.push(seal)
    else findings.push({ kind: seal.runId === runId ? 'badSeal' : 'foreign', what: `seal ${seal.seq}: ${what}` })
    for (const seen of seal.faults ?? []) findings.push({ kind: 'tampering', what: `the sealer saw: ${seen}` })
    prev = sealHash(seal)
  }
  return { good, findings }
}

function fault(
  runId: RunId,
  seal: Seal,
  index: number,
  prev: Sha256 | undefined,
  keys: readonly SealKey[],
): string | undefined {
  if (seal.runId !== runId) return `it is of run ${seal.runId}`
  if (seal.seq !== index) return `it stands in the place of seal ${index}: one is missing, or there twice`
  if (seal.prev !== prev) return 'it does not follow from the seal before it'
  if (keys.every(({ keyId }) => keyId !== seal.keyId))
    return `its key ${seal.keyId.slice(0, 12)}… is not one to be trusted`
  return verifySeal(seal, keys) ? undefined : 'its signature does not hold'
}
