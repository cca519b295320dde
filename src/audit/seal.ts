/**
 * Seals: how far the chains of a run had come, signed. Each names the one before it, so that none can be left out. Pure:
 * who signs, where seals are kept and who reads them is others' business.
 */
import { createPublicKey, verify } from 'node:crypto'
import type { RunId, Sha256, TeamName } from '../schema/ids.ts'
import type { Json } from '../schema/json.ts'
import type { Seal, SealContent, SealedChain, SealKey } from '../schema/run-audit.ts'
import { sha256 } from '../schema/sha256.ts'
import { canonicalJson } from './canonical.ts'

/** What is signed, as UTF-8. @param seal Its signature, where it has one, is left out. */
export function sealText(seal: SealContent | Seal): string {
  const { signature: _, ...content } = seal as Seal
  return canonicalJson(content as unknown as Json)
}

/** By which the next seal names it. */
export function sealHash(seal: SealContent | Seal): Sha256 {
  return sha256(sealText(seal))
}

/** Whether one of the keys has signed it. */
export function verifySeal(seal: Seal, keys: readonly SealKey[]): boolean {
  const key = keys.find(({ keyId, algorithm }) => keyId === seal.keyId && algorithm === seal.algorithm)
  if (key === undefined) return false
  try {
    const digest = seal.algorithm === 'ED25519' ? null : 'sha256'
    const signature = Buffer.from(seal.signature, 'base64')
    return keyIdOf(key.publicKey) === key.keyId && verify(digest, Buffer.from(sealText(seal)), key.publicKey, signature)
  } catch {
    return false
  }
}

/** @param publicKey SPKI, PEM. @throws where it is none. */
export function keyIdOf(publicKey: string): Sha256 {
  return sha256(createPublicKey(publicKey).export({ type: 'spki', format: 'der' }))
}

export interface NextSeal extends Pick<SealContent, 'keyId' | 'algorithm'> {
  readonly team: TeamName
  readonly runId: RunId
  readonly at: string
  /** How far each chain has come now. */
  readonly chains: readonly SealedChain[]
  /** Those that there are, by seq. */
  readonly seals: readonly Seal[]
  readonly copy?: SealContent['copy']
  readonly faults?: SealContent['faults']
}

/** @returns undefined where no chain has grown and there is no fault to tell: there is nothing to seal. */
export function nextSeal({ chains, seals, copy, faults, ...rest }: NextSeal): SealContent | undefined {
  const sealed = sealedChains(seals)
  const grown = chains.filter((chain) => chain.rows > (sealed.get(chainKey(chain))?.rows ?? 0))
  if (grown.length === 0 && faults === undefined) return undefined
  const last = seals.at(-1)
  return {
    version: 1,
    ...rest,
    seq: seals.length,
    ...(last !== undefined && { prev: sealHash(last) }),
    chains: grown.toSorted(byPlace),
    ...(copy !== undefined && { copy }),
    ...(faults !== undefined && { faults }),
  }
}

/** How far each chain was sealed, by `chainKey`. */
export function sealedChains(seals: readonly SealContent[]): ReadonlyMap<string, SealedChain> {
  const sealed = new Map<string, SealedChain>()
  for (const { chains } of seals) for (const chain of chains) sealed.set(chainKey(chain), chain)
  return sealed
}

/** One text for a chain of a run. */
export function chainKey({ stepId, attempt }: Pick<SealedChain, 'stepId' | 'attempt'>): string {
  return `${stepId}#${attempt}`
}

function byPlace(one: SealedChain, other: SealedChain): number {
  if (one.stepId !== other.stepId) return one.stepId < other.stepId ? -1 : 1
  return one.attempt - other.attempt
}
