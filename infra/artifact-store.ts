/** The bucket of what is too large for the records, by run and content hash. */
import { Duration } from 'aws-cdk-lib'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { BlockPublicAccess, Bucket, BucketEncryption, type IBucket, ObjectOwnership } from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import { policyOf, type Stage } from './stage.ts'

export interface ArtifactStoreProps {
  readonly stage: Stage
  /** @default a key of S3's own */
  readonly key?: IKey | undefined
}

const UNFINISHED_UPLOADS = Duration.days(7)
const ACCESS_LOGS = Duration.days(365)
const TLS_VERSION = 1.2

export class ArtifactStore extends Construct {
  readonly bucket: Bucket
  /** Who read and wrote what. Only where data is kept. */
  readonly accessLogs: Bucket | undefined

  constructor(scope: Construct, id: string, { stage, key }: ArtifactStoreProps) {
    super(scope, id)
    const { removalPolicy, keepsData } = policyOf(stage)
    // Without ACLs a bucket policy is the one way for logs to come in; apps that do not say so get an ACL from CDK.
    this.node.setContext('@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy', true)
    const closed = {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      minimumTLSVersion: TLS_VERSION,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      // In dev TeamRelease empties it: CDK's own way is a function that needs an AWS SDK in the runtime.
      removalPolicy,
    }
    this.accessLogs = keepsData
      ? new Bucket(this, 'AccessLogs', {
          ...closed,
          // Log delivery takes no key of ours.
          encryption: BucketEncryption.S3_MANAGED,
          lifecycleRules: [{ expiration: ACCESS_LOGS, abortIncompleteMultipartUploadAfter: UNFINISHED_UPLOADS }],
        })
      : undefined
    this.bucket = new Bucket(this, 'Bucket', {
      ...closed,
      ...(key === undefined
        ? { encryption: BucketEncryption.S3_MANAGED }
        : { encryption: BucketEncryption.KMS, encryptionKey: key, bucketKeyEnabled: true }),
      versioned: keepsData,
      lifecycleRules: [{ abortIncompleteMultipartUploadAfter: UNFINISHED_UPLOADS }],
      ...(this.accessLogs === undefined ? {} : { serverAccessLogsBucket: this.accessLogs as IBucket }),
    })
  }
}
