import { describe, expect, it } from 'vitest'
import type { Stage } from '../../infra/index.ts'
import { statementsIn } from '../../infra/policy-statements.ts'
import { ofType, type Resource, resourcesOf } from './stacks.ts'

const STAGES: readonly Stage[] = ['dev', 'prod']
const LONG = { timeout: 180_000 }

function sealsOf(stage: Stage) {
  const resources = resourcesOf('everything', stage)
  const within = (type: string, path: string) =>
    ofType(resources, type).find((resource) => resource.path.includes(path)) as Resource
  return {
    resources,
    bucket: within('AWS::S3::Bucket', '/Trail/Seals/'),
    policy: within('AWS::S3::BucketPolicy', '/Trail/Seals/'),
    key: within('AWS::KMS::Key', '/Trail/Seals/'),
    role: within('AWS::IAM::Role', '/Sealer/Seal/Exec/'),
    mapping: within('AWS::Lambda::EventSourceMapping', '/Sealer/Stream/'),
  }
}

describe('seals', LONG, () => {
  it.each(STAGES)('are locked: nobody can replace one, nor write one but the sealer (%s)', (stage) => {
    const { bucket, policy, role } = sealsOf(stage)
    expect(bucket.Properties).toMatchObject({
      ObjectLockEnabled: true,
      VersioningConfiguration: { Status: 'Enabled' },
      ObjectLockConfiguration: {
        Rule: {
          DefaultRetention: stage === 'prod' ? { Mode: 'COMPLIANCE', Days: 365 } : { Mode: 'GOVERNANCE', Days: 1 },
        },
      },
    })
    const denied = statementsIn(policy.Properties).filter(({ effect }) => effect === 'Deny')
    expect(denied.map(({ actions, condition }) => [actions, condition])).toEqual(
      expect.arrayContaining([
        [['s3:PutObject'], { Null: { 's3:if-none-match': 'true' } }],
        [['s3:PutObject'], { ArnNotEquals: { 'aws:PrincipalArn': { 'Fn::GetAtt': [role.id, 'Arn'] } } }],
      ]),
    )
    expect(denied.some(({ actions }) => actions.includes('s3:DeleteObjectVersion'))).toBe(stage === 'prod')
  })

  it.each(STAGES)('are signed by a key that the sealer alone may use, whatever other policies say (%s)', (stage) => {
    const { resources, key, role } = sealsOf(stage)
    expect(key.Properties).toMatchObject({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' })
    expect(statementsIn(key.Properties)).toMatchObject([
      { effect: 'Allow' },
      {
        effect: 'Deny',
        actions: ['kms:Sign'],
        condition: { ArnNotEquals: { 'aws:PrincipalArn': { 'Fn::GetAtt': [role.id, 'Arn'] } } },
      },
    ])
    const signing = ofType(resources, 'AWS::IAM::Policy').filter(({ Properties }) =>
      statementsIn(Properties).some(({ effect, actions }) => effect === 'Allow' && actions.includes('kms:Sign')),
    )
    expect(signing.map(({ path }) => path)).toEqual([expect.stringContaining('/Sealer/Seal/Exec/')])
  })

  it.each(STAGES)('are no business of an agent: no role of one names the bucket or the key (%s)', (stage) => {
    const { resources, bucket, key } = sealsOf(stage)
    const naming = Object.values(resources).filter(
      ({ Type, Properties }) =>
        Type.startsWith('AWS::IAM::') && [bucket.id, key.id].some((id) => JSON.stringify(Properties).includes(id)),
    )
    expect(naming.map(({ path }) => path.split('/').slice(2, 4).join('/')).sort()).toEqual(
      stage === 'prod' ? ['Functions/Api', 'Sealer/Seal'] : ['Functions/Api', 'Functions/Release', 'Sealer/Seal'],
    )
  })

  it.each(STAGES)('are made of the stream, once a minute; what cannot be sealed lies in a queue (%s)', (stage) => {
    const { mapping } = sealsOf(stage)
    expect(mapping.Properties).toMatchObject({
      StartingPosition: 'TRIM_HORIZON',
      MaximumBatchingWindowInSeconds: 60,
      BisectBatchOnFunctionError: true,
      MaximumRetryAttempts: 8,
      DestinationConfig: { OnFailure: { Destination: expect.anything() } },
    })
  })

  it('raise alarms where data is kept', () => {
    const alarms = ofType(resourcesOf('everything', 'prod'), 'AWS::CloudWatch::Alarm').map(
      ({ Properties }) => Properties,
    )
    expect(alarms).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ MetricName: 'AuditFaults', Threshold: 0 }),
        expect.objectContaining({ MetricName: 'IteratorAge', Threshold: 600_000 }),
      ]),
    )
  })
})
