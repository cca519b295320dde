/**
 * Who may seal the journal, and who may read seals. Sealing adds: it may neither replace nor remove what is there, and the
 * bucket itself refuses both. No agent has any of these.
 */
import { leadingKeys } from './data-statements.ts'
import type { DataResources } from './resources.ts'
import type { Statement } from './statement.ts'

export interface SealResources {
  readonly sealsBucketArn: string
  /** Of the key that signs. */
  readonly sealKeyArn: string
}

export interface SealerResources extends SealResources, Pick<DataResources, 'journalTableArn'> {
  /** Of the journal's table. */
  readonly streamArn: string
}

export function sealStatements({ streamArn, journalTableArn, ...seals }: SealerResources): readonly Statement[] {
  const { sealsBucketArn, sealKeyArn } = seals
  return [
    {
      ...allow(
        'ReadStream',
        ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
        [streamArn],
      ),
    },
    // It knows no resource; it tells the names of streams and nothing of what is in them.
    allow('ListStreams', ['dynamodb:ListStreams'], ['*']),
    { ...allow('ReadJournal', ['dynamodb:Query'], [journalTableArn]), Condition: leadingKeys(['RUN#*']) },
    allow('AddSeals', ['s3:PutObject'], [`${sealsBucketArn}/seals/*`, `${sealsBucketArn}/rows/*`]),
    ...readSealStatements(seals),
    allow('Sign', ['kms:Sign'], [sealKeyArn]),
  ]
}

export function readSealStatements({ sealsBucketArn, sealKeyArn }: SealResources): readonly Statement[] {
  return [
    allow('ReadSeals', ['s3:GetObject'], [`${sealsBucketArn}/seals/*`]),
    // Without it S3 does not say that an object is not there.
    allow('KnowSeals', ['s3:ListBucket'], [sealsBucketArn]),
    allow('ReadSealKey', ['kms:GetPublicKey'], [sealKeyArn]),
  ]
}

/** Of a stage that keeps no data: what is locked goes only by its version, and only with the right to pass the lock. */
export function emptySealsStatements({ sealsBucketArn }: SealResources): readonly Statement[] {
  const objects = [`${sealsBucketArn}/seals/*`, `${sealsBucketArn}/rows/*`]
  return [
    allow('ListSeals', ['s3:ListBucketVersions'], [sealsBucketArn]),
    allow('RemoveSeals', ['s3:BypassGovernanceRetention', 's3:DeleteObject', 's3:DeleteObjectVersion'], objects),
  ]
}

function allow(Sid: string, Action: readonly string[], Resource: readonly string[]): Statement {
  return { Sid, Effect: 'Allow', Action, Resource }
}
