/**
 * Seals in an S3 bucket: `seals/<runId>/<seq>.json`, and the rows that each names in `rows/<runId>/<sha256>.jsonl`. Every
 * object is written only where there is none: of two sealers with the same number one is refused. That nobody can remove or
 * replace one is the bucket's business (Object Lock).
 */
import { GetObjectCommand, NoSuchKey, PutObjectCommand, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import { type CrashPoint, crashPoint } from '../crash-point.ts'
import { RecordsCorrupt } from '../errors.ts'
import type { RunId } from '../schema/ids.ts'
import { parseJson } from '../schema/parse-json.ts'
import { Seal } from '../schema/run-audit.ts'
import { s3StatusOf, translatedS3Error } from './s3-errors.ts'
import type { RowCopies } from './seal-changes.ts'
import type { SealStore } from './seals.ts'

export interface S3SealsOptions {
  readonly bucket: string
  /** Given to AWS's client: region, endpoint, credentials. */
  readonly client?: S3ClientConfig
}

const PRECONDITION_FAILED = 412
/** Objects that are asked for at once, at most: one more than there are costs a request, a list would cost twelve. */
const WIDTH = 32
/** Runs whose seals are remembered: what is locked never changes. */
const REMEMBERED = 100
const BEFORE: CrashPoint = 'seal.write.before'
const AFTER: CrashPoint = 'seal.write.after'

export function openS3Seals({ bucket, client: config = {} }: S3SealsOptions): SealStore & RowCopies {
  const client = new S3Client(config)
  const known = new Map<RunId, readonly Seal[]>()

  /** False: there is an object of that name. */
  async function write(key: string, text: string): Promise<boolean> {
    const command = new PutObjectCommand({
      Bucket: bucket,
      Key: key,
      Body: text,
      // What is written under a lock must come with a checksum.
      ChecksumAlgorithm: 'SHA256',
      IfNoneMatch: '*',
    })
    try {
      await client.send(command)
      return true
    } catch (error) {
      if (s3StatusOf(error) === PRECONDITION_FAILED) return false
      throw translatedS3Error(error)
    }
  }

  async function read(runId: RunId, seq: number): Promise<Seal | undefined> {
    const key = sealKey(runId, seq)
    let text: string | undefined
    try {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
      text = await Body?.transformToString()
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined
      throw translatedS3Error(error)
    }
    const parsed = parseJson(text ?? '')
    const seal = parsed.ok ? Seal.safeParse(parsed.value).data : undefined
    if (seal?.runId === runId && seal.seq === seq) return seal
    throw new RecordsCorrupt({
      message: `the object ${key} of ${bucket} is not seal ${seq} of run ${runId}`,
      next: 'Look who wrote it: the versions of the object and the trail of the bucket say so.',
    })
  }

  /** One after the other, in growing groups: a run has few. */
  async function list(runId: RunId): Promise<readonly Seal[]> {
    const seals = [...(known.get(runId) ?? [])]
    for (let width = 1; ; width = Math.min(2 * width, WIDTH)) {
      const from = seals.length
      const next = await Promise.all(Array.from({ length: width }, (_, index) => read(runId, from + index)))
      const end = next.indexOf(undefined)
      for (const seal of end === -1 ? next : next.slice(0, end)) if (seal !== undefined) seals.push(seal)
      if (end !== -1) break
    }
    const [oldest] = known.keys()
    if (known.size >= REMEMBERED && oldest !== undefined) known.delete(oldest)
    known.set(runId, seals)
    return seals
  }

  return {
    list,
    async add(seal) {
      crashPoint(BEFORE)
      const isWritten = await write(sealKey(seal.runId, seal.seq), JSON.stringify(seal))
      crashPoint(AFTER)
      // The answer to an earlier try may have been lost.
      return isWritten || (await read(seal.runId, seal.seq))?.signature === seal.signature
    },
    async addCopy(runId, hash, text) {
      crashPoint(BEFORE)
      await write(`rows/${runId}/${hash}.jsonl`, text)
      crashPoint(AFTER)
    },
  }
}

function sealKey(runId: RunId, seq: number): string {
  return `seals/${runId}/${String(seq).padStart(9, '0')}.json`
}
