/** The artifacts port: content too large for the records, kept under its own hash. Knows nothing of what it means. */
import { canonicalJson } from '../audit/canonical.ts'
import { NotFound, RecordsCorrupt } from '../errors.ts'
import type { RunId } from '../schema/ids.ts'
import type { Json } from '../schema/json.ts'
import { sha256 } from '../schema/sha256.ts'
import type { Reference } from '../schema/step.ts'

export interface Artifacts {
  /** JSON is kept as its canonical text. Durable when it resolves; putting the same content again changes nothing. */
  put(runId: RunId, content: Json | Uint8Array): Promise<Reference>
  /** @throws NotFound where it is missing, RecordsCorrupt where it is not what was put. */
  getBytes(runId: RunId, reference: Pick<Reference, '$ref'>): Promise<Uint8Array>
  /** As `getBytes`; RecordsCorrupt as well where the content is no JSON. */
  get(runId: RunId, reference: Pick<Reference, '$ref'>): Promise<Json>
}

/** What an adapter adds: where bytes lie. `read` gives undefined for a missing one. */
export interface ArtifactStore {
  write(runId: RunId, sha256: string, bytes: Uint8Array): Promise<void>
  read(runId: RunId, sha256: string): Promise<Uint8Array | undefined>
}

/** The port over a store: hashing, and verification on the way out, are the same for all. */
export function artifactsOver(store: ArtifactStore): Artifacts {
  async function getBytes(runId: RunId, { $ref }: Pick<Reference, '$ref'>): Promise<Uint8Array> {
    const expected = $ref.slice('sha256:'.length)
    const bytes = await store.read(runId, expected)
    if (bytes === undefined) {
      throw new NotFound({
        message: `artifact ${$ref} of run ${runId} is missing`,
        next: 'Restore the data folder from a copy, or start the run again.',
      })
    }
    const actual = sha256(bytes)
    if (actual !== expected) throw damaged(runId, $ref, `its content has the hash ${actual}`)
    return bytes
  }
  return {
    async put(runId, content) {
      const bytes = content instanceof Uint8Array ? content : Buffer.from(canonicalJson(content))
      const hash = sha256(bytes)
      await store.write(runId, hash, bytes)
      return { $ref: `sha256:${hash}`, bytes: bytes.byteLength }
    },
    getBytes,
    async get(runId, reference) {
      const bytes = await getBytes(runId, reference)
      try {
        return JSON.parse(new TextDecoder().decode(bytes)) as Json
      } catch (error) {
        throw damaged(runId, reference.$ref, 'it is no JSON', error)
      }
    },
  }
}

function damaged(runId: RunId, $ref: string, what: string, cause?: unknown): RecordsCorrupt {
  return new RecordsCorrupt({
    message: `artifact ${$ref} of run ${runId} is damaged: ${what}`,
    next: 'Restore the data folder from a copy, or start the run again.',
    cause,
  })
}
