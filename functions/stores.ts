/** The records, journal, run heads and artifacts of a deployed team. Makes no table and no bucket. */
import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb'
import type { S3ClientConfig } from '@aws-sdk/client-s3'
import type { Clock } from '../src/clock.ts'
import type { AgentEnvironment } from '../src/config.ts'
import type { Artifacts } from '../src/records/artifacts.ts'
import { openDynamodbRecords } from '../src/records/dynamodb.ts'
import { type Journal, openJournal } from '../src/records/journal.ts'
import type { Records } from '../src/records/records.ts'
import { openRuns, type Runs } from '../src/records/runs.ts'
import { lazyArtifacts } from './lazy-artifacts.ts'

/** The sparse index of both tables. */
export const INDEX = 'index'

export interface Stores {
  readonly records: Records
  readonly journal: Journal
  readonly runs: Runs
  readonly artifacts: Artifacts
}

type Names = Pick<AgentEnvironment, 'BATON_RECORDS_TABLE' | 'BATON_JOURNAL_TABLE' | 'BATON_ARTIFACTS_BUCKET'>

/** Credentials and connections, where they are not the function's own. */
export type ClientConfig = Pick<DynamoDBClientConfig & S3ClientConfig, 'credentials' | 'requestHandler'>

export function openStores(names: Names, clock: Clock, client: ClientConfig = {}): Stores {
  const tables = { records: names.BATON_RECORDS_TABLE, journal: names.BATON_JOURNAL_TABLE }
  const records = openDynamodbRecords({ tables, index: INDEX, client })
  const bucket = names.BATON_ARTIFACTS_BUCKET
  const artifacts = lazyArtifacts(async () => {
    const { openS3Artifacts } = await import('../src/records/artifacts-s3.ts')
    return openS3Artifacts({ bucket, client })
  })
  const journal = openJournal({ records, artifacts, clock })
  return { records, artifacts, journal, runs: openRuns({ records, journal, artifacts }) }
}
