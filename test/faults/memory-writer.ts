/** A process that remembers or forgets, for tests that kill it: `node memory-writer.ts <file> remember|forget`. */
import { systemClock } from '../../src/clock.ts'
import { openMemory } from '../../src/memory/memory.ts'
import { openSqliteRecords } from '../../src/records/sqlite.ts'

const [path = '', what] = process.argv.slice(2)
const records = openSqliteRecords({ path, synchronous: 'NORMAL' })
const memory = openMemory({ records, team: 'team', clock: systemClock })
const by = { runId: 'run-1', stepId: 'learn', agent: 'scout' }
if (what === 'forget') {
  const { forgotten } = await memory.forget('notes', { source: 'bad' }, { by: { person: 'ann' }, reason: 'poisoned' })
  process.stdout.write(`${forgotten}`)
} else {
  // Two of one key, so that each must get a version of its own, under call ids.
  for (const [index, text] of ['four euros', 'five euros'].entries()) {
    const fact = { text, subject: 'prices', source: 'good', key: 'small', by, callId: `call-${index}` }
    const { version } = await memory.remember('notes', fact)
    process.stdout.write(`${version}`)
  }
}
