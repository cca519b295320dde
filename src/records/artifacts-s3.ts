/**
 * Artifacts in an S3 bucket: `runs/<runId>/<sha256>`. An object is written once and never again: a bucket policy may insist
 * on it. Makes no bucket: that is deployment's business. Repeats what AWS's client repeats, and no more.
 */
import { GetObjectCommand, NoSuchKey, PutObjectCommand, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import { InvalidRequest, NotFound } from '../errors.ts'
import { RunId, Sha256 } from '../schema/ids.ts'
import { type Artifacts, artifactsOver } from './artifacts.ts'
import { s3StatusOf, translatedS3Error } from './s3-errors.ts'

export interface S3ArtifactsOptions {
  readonly bucket: string
  /** Given to AWS's client: region, endpoint, credentials. */
  readonly client?: S3ClientConfig
}

export interface S3Artifacts extends Artifacts {
  close(): void
}

/** There already: the same content, as its hash is its name. */
const PRECONDITION_FAILED = 412
const FORBIDDEN = 403

export function openS3Artifacts({ bucket, client: config = {} }: S3ArtifactsOptions): S3Artifacts {
  // Each object is checked against its name: a checksum of the client's own would be a second one.
  const client = new S3Client({
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    ...config,
  })
  const artifacts = artifactsOver({
    async write(runId, sha256, bytes) {
      const command = new PutObjectCommand({
        Bucket: bucket,
        Key: keyOf(runId, sha256),
        Body: bytes,
        ContentLength: bytes.byteLength,
        ChecksumSHA256: Buffer.from(sha256, 'hex').toString('base64'),
        IfNoneMatch: '*',
      })
      try {
        await client.send(command)
      } catch (error) {
        if (s3StatusOf(error) !== PRECONDITION_FAILED) throw translatedS3Error(error)
      }
    },
    async read(runId, sha256) {
      const command = new GetObjectCommand({ Bucket: bucket, Key: keyOf(runId, sha256) })
      try {
        const { Body } = await client.send(command)
        return await Body?.transformToByteArray()
      } catch (error) {
        if (error instanceof NoSuchKey) return undefined
        throw s3StatusOf(error) === FORBIDDEN ? unreadable(runId, sha256, error) : translatedS3Error(error)
      }
    },
  })
  return { ...artifacts, close: () => client.destroy() }
}

/** Parsed again here: a reference may come from a model's output, and must not lead to another run's objects. */
function keyOf(runId: string, sha256: string): string {
  const parsed = { runId: RunId.safeParse(runId), sha256: Sha256.safeParse(sha256) }
  if (parsed.runId.success && parsed.sha256.success) return `runs/${parsed.runId.data}/${parsed.sha256.data}`
  throw new InvalidRequest({
    message: `${JSON.stringify(sha256)} of run ${JSON.stringify(runId)} names no artifact`,
    next: 'Give a run id and a reference that `put` returned.',
  })
}

/** S3 tells a role that may not list the bucket nothing of whether an object is there. */
function unreadable(runId: string, sha256: string, cause: unknown): NotFound {
  return new NotFound({
    message: `artifact sha256:${sha256} of run ${runId} is missing, or this role may not read it`,
    next: 'Check that the object is in the bucket, and the rights of the role.',
    cause,
  })
}
