/**
 * The key that a data folder seals its runs with: Ed25519, made at the first use. It lies beside what it seals, so that it
 * shows changes by anybody who does not hold it, and nothing against somebody who does.
 */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { RecordsCorrupt } from '../errors.ts'
import type { Sha256 } from '../schema/ids.ts'
import type { SealKey } from '../schema/run-audit.ts'

/** In the data folder; only its owner may read it. */
const FILE = 'seal-key.pem'

export interface SealSigner {
  readonly key: SealKey
  /** @param text Signed as UTF-8. @returns base64 */
  readonly sign: (text: string) => string
}

/** @throws RecordsCorrupt where the file is no key. */
export function openSealKey(folder: string): SealSigner {
  const file = join(folder, FILE)
  const found = readPrivate(file) ?? makePrivate(folder, file)
  return { key: publicOf(found), sign: (text) => sign(null, Buffer.from(text), found).toString('base64') }
}

/** Its public half; none where nothing was sealed here. @throws RecordsCorrupt */
export function readSealKeys(folder: string): readonly SealKey[] {
  const found = readPrivate(join(folder, FILE))
  return found === undefined ? [] : [publicOf(found)]
}

function readPrivate(file: string): KeyObject | undefined {
  let pem: string
  try {
    pem = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  try {
    return createPrivateKey(pem)
  } catch (cause) {
    throw new RecordsCorrupt({
      message: `${file} is no private key`,
      next: 'Restore it from a copy. Without it, what was sealed can be verified with its public key, and nothing be sealed.',
      cause,
    })
  }
}

/** Whole or not at all, and once: another process may be at it. */
function makePrivate(folder: string, file: string): KeyObject {
  const { privateKey } = generateKeyPairSync('ed25519')
  mkdirSync(folder, { recursive: true })
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
  try {
    linkSync(draft, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(draft)
  }
  return readPrivate(file) ?? privateKey
}

function publicOf(key: KeyObject): SealKey {
  const half = createPublicKey(key)
  const der = half.export({ type: 'spki', format: 'der' })
  return {
    keyId: createHash('sha256').update(der).digest('hex') as Sha256,
    algorithm: 'ED25519',
    publicKey: String(half.export({ type: 'spki', format: 'pem' })),
    kind: 'local',
  }
}
