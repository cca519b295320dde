import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { expect, it } from 'vitest'
import { keyIdOf, nextSeal, sealHash, sealText, verifySeal } from '../../../src/audit/seal.ts'
import type { RunId, Sha256, StepId, TeamName } from '../../../src/schema/ids.ts'
import { Seal, type SealAlgorithm, type SealKey } from '../../../src/schema/run-audit.ts'

const HEAD = 'a'.repeat(64) as Sha256
const chain = (stepId: string, rows: number) => ({ stepId: stepId as StepId, attempt: 1, rows, head: HEAD })

const PAIRS = {
  ED25519: () => generateKeyPairSync('ed25519'),
  ECDSA_SHA_256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
} as const

function signerOf(algorithm: SealAlgorithm) {
  const { publicKey, privateKey } = PAIRS[algorithm]() as { publicKey: KeyObject; privateKey: KeyObject }
  const pem = String(publicKey.export({ type: 'spki', format: 'pem' }))
  const key: SealKey = { keyId: keyIdOf(pem), algorithm, publicKey: pem, kind: 'local' }
  const digest = algorithm === 'ED25519' ? null : 'sha256'
  return { key, sign: (text: string) => sign(digest, Buffer.from(text), privateKey).toString('base64') }
}

function sealed(algorithm: SealAlgorithm) {
  const { key, sign: signText } = signerOf(algorithm)
  const place = { team: 'team' as TeamName, runId: 'run-1' as RunId, at: '2026-01-01T00:00:00.000Z' }
  const by = { keyId: key.keyId, algorithm }
  const add = (seals: readonly Seal[], ...chains: ReturnType<typeof chain>[]) => {
    const content = nextSeal({ ...place, ...by, chains, seals })
    return content === undefined
      ? [...seals]
      : [...seals, Seal.parse({ ...content, signature: signText(sealText(content)) })]
  }
  return { key, add }
}

it.each(['ED25519', 'ECDSA_SHA_256'] as const)(
  '%s: holds for what was signed, by the key that signed it',
  (algorithm) => {
    const { key, add } = sealed(algorithm)
    const [seal] = add([], chain('plan', 3))
    if (seal === undefined) throw new Error('nothing was sealed')
    expect(verifySeal(seal, [key])).toBe(true)
    expect(verifySeal({ ...seal, runId: 'run-2' as RunId }, [key])).toBe(false)
    expect(verifySeal({ ...seal, chains: [chain('plan', 2)] }, [key])).toBe(false)
    expect(verifySeal({ ...seal, signature: '' }, [key])).toBe(false)
    expect(verifySeal(seal, [])).toBe(false)
    expect(verifySeal(seal, [signerOf(algorithm).key])).toBe(false)
    // Another key that says that it is this one.
    expect(verifySeal(seal, [{ ...signerOf(algorithm).key, keyId: key.keyId }])).toBe(false)
    expect(verifySeal(seal, [{ ...key, publicKey: 'no key' }])).toBe(false)
  },
)

it('lists only chains that have grown, and names the seal before it', () => {
  const { add } = sealed('ED25519')
  const first = add([], chain('plan', 3), chain('b', 1))
  expect(first[0]).toMatchObject({ seq: 0, chains: [{ stepId: 'b' }, { stepId: 'plan' }] })
  expect(first[0]?.prev).toBeUndefined()
  expect(add(first, chain('plan', 3), chain('b', 1))).toEqual(first)
  const second = add(first, chain('plan', 5), chain('b', 1))
  expect(second).toHaveLength(2)
  expect(second[1]).toMatchObject({ seq: 1, prev: sealHash(first[0] as Seal), chains: [{ stepId: 'plan', rows: 5 }] })
  expect(add(second, chain('plan', 4))).toEqual(second)
})
