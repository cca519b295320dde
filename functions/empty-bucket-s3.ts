/** Removes what a bucket holds, so that CloudFormation can remove the bucket. For stages that keep no data. */
import {
  DeleteObjectsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  type ObjectIdentifier,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3'
import { InvalidRequest } from '../src/errors.ts'

/** @param options.isLocked Its objects have versions under a lock of the mode "governance": all are removed. */
export type EmptyBucket = (bucket: string, options?: { readonly isLocked?: boolean }) => Promise<void>

/** Of a thousand objects each: what fits well into a function's time. */
const MAX_PAGES = 500

/** @throws InvalidRequest where objects are left, with the command that removes them. */
export function s3EmptyBucket(config: S3ClientConfig): EmptyBucket {
  const client = new S3Client(config)
  return async (bucket, { isLocked = false } = {}) => {
    for (let page = 0; page < MAX_PAGES; page++) {
      const Objects = isLocked ? await someVersions(client, bucket) : await someObjects(client, bucket)
      if (Objects.length === 0) return
      const command = new DeleteObjectsCommand({
        Bucket: bucket,
        Delete: { Objects: [...Objects], Quiet: true },
        ...(isLocked && { BypassGovernanceRetention: true }),
      })
      const { Errors: [refused] = [] } = await client.send(command)
      if (refused !== undefined) throw notEmpty(bucket, `${refused.Key}: ${refused.Code}: ${refused.Message}`)
    }
    throw notEmpty(bucket, `it holds more than ${MAX_PAGES * 1_000} objects`)
  }
}

async function someObjects(client: S3Client, Bucket: string): Promise<readonly ObjectIdentifier[]> {
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }))
  return Contents.flatMap(({ Key }) => (Key === undefined ? [] : [{ Key }]))
}

/** A page of versions and of the marks that stand for removed ones: a thousand together. */
async function someVersions(client: S3Client, Bucket: string): Promise<readonly ObjectIdentifier[]> {
  const { Versions = [], DeleteMarkers = [] } = await client.send(new ListObjectVersionsCommand({ Bucket }))
  return [...Versions, ...DeleteMarkers].flatMap(({ Key, VersionId }) => {
    return Key === undefined || VersionId === undefined ? [] : [{ Key, VersionId }]
  })
}

function notEmpty(bucket: string, why: string): InvalidRequest {
  return new InvalidRequest({
    message: `the bucket ${bucket} could not be emptied: ${why}`,
    next: `Empty it: aws s3 rm s3://${bucket} --recursive, then destroy the stack again.`,
  })
}
