/** A process that keeps a journal until it is killed, and says what it was told is durable. Run by the fault tests. */
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../../src/clock.ts'
import { Conflict } from '../../../src/errors.ts'
import { openFolderArtifacts } from '../../../src/records/artifacts-folder.ts'
import { openJournal } from '../../../src/records/journal.ts'
import { openSqliteRecords } from '../../../src/records/sqlite.ts'
import { AgentName, RunId, Sha256, StepId } from '../../../src/schema/ids.ts'

const [folder = '', turns = '5'] = process.argv.slice(2)
const records = openSqliteRecords({ path: join(folder, 'records.db'), synchronous: 'NORMAL' })
const journal = openJournal({ records, artifacts: openFolderArtifacts(folder), clock: systemClock })
const [runId, stepId] = [RunId.parse('run-1'), StepId.parse('plan')]
const actor = {
  agent: AgentName.parse('planner'),
  version: '1.0.0',
  sha256: Sha256.parse('a'.repeat(64)),
  role: 'plans',
}

const { nextAttempt, head } = await journal.readStep(runId, stepId)
const writer = await journal.claimAttempt({ runId, stepId, attempt: nextAttempt, actor, cause: head })
if (writer instanceof Conflict) {
  writeSync(1, 'conflict\n')
  process.exit(3)
}
acknowledge(writer.start.hash)
for (let turn = 1; turn <= Number(turns); turn++) {
  await append({ event: 'turn', turn }, { text: 'x'.repeat(turn === 2 ? 300_000 : 100) })
  await append({ event: 'tool', turn, tool: { name: 'search', callId: `call ${turn}` } }, { hits: turn })
}
await append({ event: 'outcome', status: 'completed' }, 'done')

async function append(...row: Parameters<Exclude<typeof writer, Conflict>['append']>): Promise<void> {
  if (writer instanceof Conflict) return
  const written = await writer.append(...row)
  if (written instanceof Conflict) throw written
  acknowledge(written.hash)
}

function acknowledge(hash: string): void {
  writeSync(1, `${hash}\n`)
}
