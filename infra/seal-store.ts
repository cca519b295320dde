/**
 * Where the journal is vouched for: a bucket whose objects are written once and locked, and a key that signs and that nobody
 * can read. What signs and writes is AuditSealer's.
 */
import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import { AnyPrincipal, Effect, type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { type IKey, Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms'
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectLockRetention, ObjectOwnership } from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import { policyOf, type Stage } from './stage.ts'

export interface SealStoreProps {
  readonly team: string
  readonly stage: Stage
  /** Encrypts the bucket. @default a key of S3's own */
  readonly key?: IKey | undefined
}

const UNFINISHED_UPLOADS = Duration.days(7)
const TLS_VERSION = 1.2
/** In a stage to try things in: long enough to see that the lock holds. */
const TRIAL = Duration.days(1)
/** Nobody can shorten it, the account's root included: no longer than what most rules of evidence ask for. */
const KEPT = Duration.days(365)

export class SealStore extends Construct {
  readonly bucket: Bucket
  readonly signingKey: Key

  constructor(scope: Construct, id: string, { team, stage, key }: SealStoreProps) {
    super(scope, id)
    const { removalPolicy, keepsData } = policyOf(stage)
    this.bucket = new Bucket(this, 'Bucket', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      minimumTLSVersion: TLS_VERSION,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      ...(key === undefined
        ? { encryption: BucketEncryption.S3_MANAGED }
        : { encryption: BucketEncryption.KMS, encryptionKey: key, bucketKeyEnabled: true }),
      versioned: true,
      objectLockEnabled: true,
      objectLockDefaultRetention: keepsData
        ? ObjectLockRetention.compliance(KEPT)
        : ObjectLockRetention.governance(TRIAL),
      lifecycleRules: [{ abortIncompleteMultipartUploadAfter: UNFINISHED_UPLOADS }],
      removalPolicy,
    })
    this.deny('WrittenOnce', ['s3:PutObject'], { Null: { 's3:if-none-match': 'true' } })
    // In a stage that keeps no data the bucket is emptied before it goes with the stack.
    if (keepsData) this.deny('NeverRemoved', ['s3:DeleteObject', 's3:DeleteObjectVersion'])
    this.signingKey = new Key(this, 'Key', {
      description: `Seals the journal of the team ${team}`,
      keySpec: KeySpec.ECC_NIST_P256,
      keyUsage: KeyUsage.SIGN_VERIFY,
      // What it has signed can be verified without it; a stage that keeps data goes on signing with it.
      removalPolicy: keepsData ? RemovalPolicy.RETAIN : removalPolicy,
    })
  }

  /** Nobody else can sign, whatever their own policies say. */
  signedBy(role: IRole): void {
    this.signingKey.addToResourcePolicy(
      new PolicyStatement({
        sid: 'SealerAlone',
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: ['kms:Sign'],
        // A key's policy speaks of that key alone.
        resources: ['*'],
        conditions: { ArnNotEquals: { 'aws:PrincipalArn': role.roleArn } },
      }),
    )
    this.deny('SealerWrites', ['s3:PutObject'], { ArnNotEquals: { 'aws:PrincipalArn': role.roleArn } })
  }

  private deny(sid: string, actions: string[], conditions: Record<string, Record<string, string>> = {}): void {
    this.bucket.addToResourcePolicy(
      new PolicyStatement({
        sid,
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions,
        resources: [this.bucket.arnForObjects('*')],
        conditions,
      }),
    )
  }
}
