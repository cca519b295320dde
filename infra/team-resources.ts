/** What the functions of a team share, and what of it goes into their environment. */
import { Stack } from 'aws-cdk-lib'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { Construct } from 'constructs'
import type { Team } from '../src/define/team.ts'
import type { DataResources, Place, SealResources } from '../src/permissions/index.ts'
import type { ArtifactStore } from './artifact-store.ts'
import type { AuditTrail } from './audit-trail.ts'
import type { RunRecords } from './run-records.ts'
import type { Stage } from './stage.ts'
import type { TeamBundle } from './team-bundle.ts'

export interface TeamResources {
  readonly team: Team
  readonly stage: Stage
  readonly records: RunRecords
  readonly trail: AuditTrail
  readonly artifacts: ArtifactStore
  readonly key: IKey | undefined
  readonly bundle: TeamBundle
  /** Which model answers, as on the command line. */
  readonly model: string
  /** Whether prompts, answers, arguments and results go into the logs. */
  readonly logContent: boolean
}

export function dataResources(scope: Construct, resources: TeamResources): DataResources {
  const { records, trail, artifacts, key, team } = resources
  return {
    recordsTableArn: records.table.tableArn,
    journalTableArn: trail.table.tableArn,
    artifactsBucketArn: artifacts.bucket.bucketArn,
    keyArn: key?.keyArn,
    place: placeOf(scope, team.name),
  }
}

export function placeOf(scope: Construct, team: string): Place {
  const { partition, region, account } = Stack.of(scope)
  return { partition, region, account, team }
}

export function dataEnvironment({ records, trail, artifacts }: TeamResources): Readonly<Record<string, string>> {
  return {
    BATON_RECORDS_TABLE: records.table.tableName,
    BATON_JOURNAL_TABLE: trail.table.tableName,
    BATON_ARTIFACTS_BUCKET: artifacts.bucket.bucketName,
  }
}

export function sealResources({ trail: { seals } }: Pick<TeamResources, 'trail'>): SealResources {
  return { sealsBucketArn: seals.bucket.bucketArn, sealKeyArn: seals.signingKey.keyArn }
}

export function sealEnvironment({ trail: { seals } }: Pick<TeamResources, 'trail'>): Readonly<Record<string, string>> {
  return { BATON_SEALS_BUCKET: seals.bucket.bucketName, BATON_SEAL_KEY_ARN: seals.signingKey.keyArn }
}
