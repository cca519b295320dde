/** What evidence costs: a row appended on disk against a bare insert, sealing a run, and verifying 10,000 rows. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { readAudit, wholeAudit } from '../src/api/run-audit.ts'
import { exportLines, parseExport } from '../src/audit/export-format.ts'
import { verifyRun } from '../src/audit/verify-run.ts'
import { systemClock } from '../src/clock.ts'
import { sealRun } from '../src/engine/host-seal.ts'
import { openStores } from '../src/engine/host-stores.ts'
import { readSealKeys } from '../src/engine/seal-key.ts'
import { Conflict } from '../src/errors.ts'
import { openRecordsSeals } from '../src/records/seals.ts'
import type { AgentName, Sha256, StepId } from '../src/schema/ids.ts'
import { Run } from '../src/schema/run.ts'
import { figure, heading } from './report.ts'
import { median } from './team.ts'

const ROUNDS = 5
const STEPS = 100
const ROWS_A_STEP = 100
const HASH = 'a'.repeat(64) as Sha256
const ACTOR = { agent: 'worker' as AgentName, version: '1.0.0', sha256: HASH, role: 'Worker' }
const USAGE = { inputTokens: 1_200, outputTokens: 300, cacheReadTokens: 0, cacheWriteTokens: 0 }
const TURN = {
  event: 'turn',
  model: { provider: 'bedrock', id: 'model', parameters: {} },
  usage: USAGE,
  costUsd: 0.01,
} as const

const folder = mkdtempSync(join(tmpdir(), 'baton-bench-'))
const stores = openStores({ folder, synchronous: 'NORMAL', clock: systemClock })

async function recordRun(runId: string): Promise<{ run: Run; msARow: number }> {
  const run = Run.parse({
    ...{ runId, team: 'bench', teamSha256: HASH, workflow: 'work', workflowVersion: '1.0.0', input: {}, settings: {} },
    ...{ model: 'offline', status: 'running', execution: 1, cancelRequested: false },
    ...{ startedAt: systemClock.now().toISOString(), lock: { agents: {}, workflows: {} } },
  })
  await stores.runs.create(run)
  const begun = performance.now()
  for (let step = 0; step < STEPS; step += 1) {
    const place = { runId: run.runId, stepId: `work=${step}` as StepId }
    const writer = await stores.journal.claimAttempt({ ...place, attempt: 1, actor: ACTOR, execution: 1 })
    if (writer instanceof Conflict) throw writer
    for (let row = 1; row < ROWS_A_STEP; row += 1)
      await writer.append({ ...TURN, turn: row }, { text: `answer ${row}` })
  }
  return { run, msARow: (performance.now() - begun) / (STEPS * ROWS_A_STEP) }
}

/** A row of the same size, without hash, chain or condition. */
function bareInsertMs(): number {
  const database = new DatabaseSync(join(folder, 'bare.db'))
  database.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; CREATE TABLE rows (id INTEGER PRIMARY KEY, text TEXT)',
  )
  const insert = database.prepare('INSERT INTO rows (text) VALUES (?)')
  const text = JSON.stringify({ ...TURN, hash: HASH })
  const begun = performance.now()
  for (let row = 0; row < STEPS * ROWS_A_STEP; row += 1) insert.run(text)
  database.close()
  return (performance.now() - begun) / (STEPS * ROWS_A_STEP)
}

const timed = async <T>(work: () => T | Promise<T>): Promise<readonly [ms: number, result: T]> => {
  const begun = performance.now()
  const result = await work()
  return [performance.now() - begun, result]
}

heading('evidence, on disk, synchronous NORMAL')
await recordRun('warm-up')
const appended: number[] = []
let run: Run | undefined
for (let round = 1; round <= ROUNDS; round += 1) {
  const recorded = await recordRun(`run-${round}`)
  run = recorded.run
  appended.push(recorded.msARow)
}
if (run === undefined) throw new Error('no run was recorded')
const { runId } = run
figure('a row of the journal, with its content', median(appended), 'ms', 0.3)
figure('against a bare insert of as many bytes', median(appended) / bareInsertMs(), '×')

const [sealMs] = await timed(() => sealRun(runId, { stores, clock: systemClock }))
figure(`sealing a run of ${STEPS} chains`, sealMs, 'ms')
const seals = openRecordsSeals(stores.records)
const reading = {
  ...stores,
  seals,
  sealKeys: async () => readSealKeys(folder),
  isHeld: async () => true,
  now: () => systemClock.now(),
}
const audit = await wholeAudit(runId, (id, query) => readAudit(id, query, reading))
const text = [...exportLines(audit, systemClock.now().toISOString())].join('\n')
const verified: number[] = []
for (let round = 0; round < ROUNDS; round += 1) {
  const [ms, { status }] = await timed(() => verifyRun(parseExport(text).audit))
  if (status !== 'intact') throw new Error('a record that nobody has touched is not intact')
  verified.push(ms)
}
figure(`reading and verifying an export of ${audit.rows.length} rows`, median(verified), 'ms', 1_000)
stores.close()
rmSync(folder, { recursive: true, force: true })
