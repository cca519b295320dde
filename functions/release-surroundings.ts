/** What the function that records releases reaches. */
import { SFNClient } from '@aws-sdk/client-sfn'
import { systemClock } from '../src/clock.ts'
import { releaseEnvironment } from '../src/config.ts'
import type { Team } from '../src/define/team.ts'
import { openDynamodbRecords } from '../src/records/dynamodb.ts'
import { openReleases } from '../src/versions/releases.ts'
import type { ReleaseSurroundings } from './release.ts'
import { stepFunctionsVersions } from './step-functions-versions.ts'
import { INDEX } from './stores.ts'
import { createTelemetry, loggingOf } from './telemetry.ts'

/** A deployment would rather wait than fail for a throttled request. */
const MAX_ATTEMPTS = 8

/** @throws InvalidRequest naming the variable that is missing or impossible. */
export function openReleaseSurroundings({ name }: Team): ReleaseSurroundings {
  const environment = releaseEnvironment()
  const { BATON_RECORDS_TABLE: records } = environment
  const client = { maxAttempts: MAX_ATTEMPTS }
  const telemetry = createTelemetry({ team: name, ...loggingOf(environment) })
  // Releases lie in the records table: this function has no right to the journal's.
  const stored = openDynamodbRecords({ tables: { records, journal: records }, index: INDEX, client })
  return {
    releases: openReleases(stored, { onMove: telemetry.moved }),
    publishVersion: stepFunctionsVersions(new SFNClient(client), systemClock),
    // Of a deletion only: no deployment loads it.
    emptyBucket: async (...what) => (await import('./empty-bucket-s3.ts')).s3EmptyBucket(client)(...what),
    clock: systemClock,
    telemetry,
  }
}
