import { describe, expect, it } from 'vitest'
import type { Stage } from '../../infra/index.ts'
import { statementsIn } from '../../infra/policy-statements.ts'
import { ofType, resourcesOf } from './stacks.ts'

const STAGES: readonly Stage[] = ['dev', 'prod']
const LONG = { timeout: 180_000 }

describe('tables', LONG, () => {
  it.each(STAGES)('cost nothing idle, can be restored to any second, and are encrypted (%s)', (stage) => {
    const tables = ofType(resourcesOf('research', stage), 'AWS::DynamoDB::Table')

    expect(tables.length).toBe(2)
    for (const { Properties } of tables) {
      expect(Properties).toMatchObject({
        BillingMode: 'PAY_PER_REQUEST',
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        SSESpecification: { SSEEnabled: true },
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        GlobalSecondaryIndexes: [{ IndexName: 'index', Projection: { ProjectionType: 'ALL' } }],
      })
    }
  })

  it('let working data expire, and evidence never', () => {
    const [records, journal] = ofType(resourcesOf('research', 'dev'), 'AWS::DynamoDB::Table')

    expect(records?.Properties).toMatchObject({
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
    })
    expect(journal?.Properties['TimeToLiveSpecification']).toBeUndefined()
    expect(journal?.Properties).toMatchObject({ StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' } })
  })
})

describe('the bucket', LONG, () => {
  it('is emptied before it goes with the stack, in dev alone', () => {
    const [dev = '', prod = ''] = STAGES.map((stage) => JSON.stringify(resourcesOf('research', stage)))
    for (const word of ['bucketToEmpty', 'sealsToEmpty', 's3:BypassGovernanceRetention']) {
      expect(dev).toContain(word)
      expect(prod).not.toContain(word)
    }
  })

  it.each(STAGES)('is closed to the public, encrypted, and takes TLS 1.2 alone (%s)', (stage) => {
    const resources = resourcesOf('research', stage)
    const buckets = ofType(resources, 'AWS::S3::Bucket')
    const policies = ofType(resources, 'AWS::S3::BucketPolicy').map((policy) => JSON.stringify(policy.Properties))

    // Artifacts, seals; the log of who read artifacts.
    expect(buckets.length).toBe(stage === 'prod' ? 3 : 2)
    for (const { Properties } of buckets) {
      expect(Properties).toMatchObject({
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        BucketEncryption: { ServerSideEncryptionConfiguration: [expect.anything()] },
        LifecycleConfiguration: {
          Rules: [{ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 }, Status: 'Enabled' }],
        },
      })
    }
    expect(policies.length).toBe(buckets.length)
    for (const policy of policies) {
      expect(policy).toContain('"aws:SecureTransport":"false"')
      expect(policy).toContain('"s3:TlsVersion":1.2')
    }
  })
})

describe('the queue of events that could not be handled', LONG, () => {
  it.each(STAGES)(
    'is encrypted, takes TLS alone, from its rule alone, and keeps them as long as SQS does (%s)',
    (stage) => {
      const resources = resourcesOf('research', stage)
      const [rule] = ofType(resources, 'AWS::Events::Rule')
      const those = (type: string) => ofType(resources, type).filter(({ path }) => path.includes('/FailedEvents/'))
      const queues = those('AWS::SQS::Queue')
      const policies = those('AWS::SQS::QueuePolicy').map((policy) => statementsIn(policy.Properties))

      expect(queues.map(({ Properties }) => Properties)).toMatchObject([
        { SqsManagedSseEnabled: true, MessageRetentionPeriod: 14 * 24 * 3_600 },
      ])
      expect(policies.flat()).toMatchObject([
        { effect: 'Deny', condition: { Bool: { 'aws:SecureTransport': 'false' } } },
        {
          effect: 'Allow',
          actions: ['sqs:SendMessage'],
          condition: { ArnEquals: { 'aws:SourceArn': { 'Fn::GetAtt': [rule?.id, 'Arn'] } } },
        },
      ])
    },
  )
})

describe('prod', LONG, () => {
  it('keeps data: nothing that holds any goes with the stack', () => {
    const resources = resourcesOf('everything', 'prod')
    const types = ['AWS::DynamoDB::Table', 'AWS::S3::Bucket', 'AWS::KMS::Key', 'AWS::Logs::LogGroup']

    for (const type of types) {
      for (const { DeletionPolicy, UpdateReplacePolicy, path } of ofType(resources, type)) {
        expect([path, DeletionPolicy, UpdateReplacePolicy]).toEqual([path, 'Retain', 'Retain'])
      }
    }
    for (const { Properties } of ofType(resources, 'AWS::DynamoDB::Table')) {
      expect(Properties['DeletionProtectionEnabled']).toBe(true)
    }
  })

  it('encrypts tables, bucket and logs with a key that is rotated, and keeps versions of artifacts', () => {
    const resources = resourcesOf('everything', 'prod')
    const [key] = ofType(resources, 'AWS::KMS::Key')
    const arn = { 'Fn::GetAtt': [key?.id, 'Arn'] }
    const artifacts = ofType(resources, 'AWS::S3::Bucket').find(({ path }) => path.endsWith('/Bucket/Resource'))

    expect(key?.Properties['EnableKeyRotation']).toBe(true)
    for (const { Properties } of ofType(resources, 'AWS::DynamoDB::Table')) {
      expect(Properties).toMatchObject({ SSESpecification: { KMSMasterKeyId: arn, SSEType: 'KMS' } })
    }
    for (const { Properties, path } of ofType(resources, 'AWS::Logs::LogGroup')) {
      expect([path, Properties['KmsKeyId']]).toEqual([path, arn])
    }
    expect(artifacts?.Properties).toMatchObject({ VersioningConfiguration: { Status: 'Enabled' } })
    expect(JSON.stringify(artifacts?.Properties['BucketEncryption'])).toContain(key?.id)
  })

  it('has what costs money idle, and dev nothing of it but the key that seals', () => {
    const idle = ['AWS::KMS::Key', 'AWS::CloudWatch::Dashboard', 'AWS::CloudWatch::Alarm']
    const counts = (stage: Stage) => idle.map((type) => ofType(resourcesOf('everything', stage), type).length)

    expect(counts('dev')).toEqual([1, 0, 0])
    expect(counts('prod')).toEqual([2, 1, expect.any(Number)])
  })
})

describe('objects', LONG, () => {
  it('are removed by the release’s function alone, in dev alone', () => {
    const removers = (stage: Stage) =>
      Object.values(resourcesOf('everything', stage))
        .filter(({ Properties }) =>
          statementsIn(Properties).some(
            ({ effect, actions }) => effect === 'Allow' && actions.some((action) => action.startsWith('s3:Delete')),
          ),
        )
        .map(({ path }) => path)
    const [release] = ofType(resourcesOf('everything', 'prod'), 'Custom::BatonRelease')

    expect(removers('dev')).toEqual([expect.stringContaining('/Functions/Release/')])
    expect(removers('prod')).toEqual([])
    expect(release?.Properties).not.toHaveProperty('bucketToEmpty')
    expect(release?.Properties).not.toHaveProperty('sealsToEmpty')
  })
})

describe('dev', LONG, () => {
  it('goes with the stack', () => {
    for (const { path, DeletionPolicy } of ofType(resourcesOf('everything', 'dev'), 'AWS::DynamoDB::Table')) {
      expect([path, DeletionPolicy]).toEqual([path, 'Delete'])
    }
  })
})
