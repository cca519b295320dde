/** Publishes, starts a canary, counts a run that breaks its guard, and rolls back: the same in each process. */
import { openSqliteRecords } from '../../src/records/sqlite.ts'
import { openReleases } from '../../src/versions/releases.ts'
import { at, endedRun, releaseOf } from '../unit/versions/versions-contract.ts'

const [path = ''] = process.argv.slice(2)
const records = openSqliteRecords({ path, synchronous: 'NORMAL' })
const releases = openReleases(records)
const why = { by: 'ada', reason: 'a look', at }

await releases.publish(releaseOf('work', 'one'))
await releases.publish({ ...releaseOf('work', 'two'), held: true })
const { moves } = await releases.moves('work')
if (!moves.some(({ kind }) => kind === 'canaryStarted')) {
  await releases.startCanary('work', { release: 2, percent: 20, guard: { minRuns: 1, errorRate: 0.5 }, ...why })
}
await releases.recordRunEnd('work', endedRun('run-1', { sequence: 2, arm: 'canary' }, { status: 'failed' }))
records.close()
