/** What the function that seals reaches: the journal, to read; the bucket of seals, to add to; the key, to sign. */
import { systemClock } from '../src/clock.ts'
import { sealEnvironment } from '../src/config.ts'
import type { Team } from '../src/define/team.ts'
import { openDynamodbRecords } from '../src/records/dynamodb.ts'
import { itemChanges } from '../src/records/dynamodb-stream.ts'
import { readStoredItems, type SealerDependencies, sealChanges } from '../src/records/seal-changes.ts'
import { openS3Seals } from '../src/records/seals-s3.ts'
import type { TeamName } from '../src/schema/ids.ts'
import { kmsSealKey } from './kms-seal-key.ts'
import type { SealSurroundings } from './seal.ts'
import { INDEX } from './stores.ts'
import { createTelemetry, loggingOf } from './telemetry.ts'

/** @throws InvalidRequest naming the variable that is missing or impossible. */
export function openSealSurroundings({ name }: Team): SealSurroundings {
  const environment = sealEnvironment()
  const { BATON_JOURNAL_TABLE: journal, BATON_SEALS_BUCKET: bucket, BATON_SEAL_KEY_ARN: keyArn } = environment
  // The journal alone: this function has no right to the other table.
  const records = openDynamodbRecords({ tables: { records: journal, journal }, index: INDEX })
  const sealer: SealerDependencies = {
    team: name as TeamName,
    seals: openS3Seals({ bucket }),
    ...kmsSealKey(keyArn),
    readItems: readStoredItems(records),
    clock: systemClock,
  }
  return {
    seal: (event) => sealChanges(itemChanges(event), sealer),
    telemetry: createTelemetry({ team: name, ...loggingOf(environment) }),
  }
}
