/** A process that calls a model as fast as its guard lets it, and says so. Run by the test of several processes. */
import { writeSync } from 'node:fs'
import { openModelGuard } from '../../../src/breaker/open-model-guard.ts'
import { type Clock, systemClock } from '../../../src/clock.ts'
import { openSqliteRecords } from '../../../src/records/sqlite.ts'
import { down, MODEL } from './simulation.ts'

const [path = '', skew = '0', milliseconds = '0', model = 'down'] = process.argv.slice(2)
const records = openSqliteRecords({ path, synchronous: 'NORMAL' })
const clock: Clock = { ...systemClock, now: () => new Date(Date.now() + Number(skew)) }
const guard = openModelGuard({ records, clock, region: 'local' })
const endMs = Date.now() + Number(milliseconds)
do {
  const admission = await guard.admit(MODEL)
  writeSync(1, `${admission.admitted ? (admission.probe === undefined ? 'call' : 'probe') : admission.rule}\n`)
  if (!admission.admitted) await systemClock.sleep(20)
  else if (model === 'down') await guard.failed(admission, down())
  else await guard.succeeded(admission)
} while (Date.now() < endMs)
records.close()
