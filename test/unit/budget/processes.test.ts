import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, it } from 'vitest'
import { levelState, newLevelItem, runLevel } from '../../../src/budget/level.ts'
import { openSqliteRecords } from '../../../src/records/sqlite.ts'
import { RunId } from '../../../src/schema/ids.ts'

const folder = mkdtempSync(join(tmpdir(), 'baton-branches-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const PROCESSES = 4
const BRANCHES = 64

it('is not overspent by 64 branches in 4 processes, and bears a turn of each', async () => {
  const path = join(folder, 'records.db')
  const runId = RunId.parse('run-1')
  const budget = { run: { costUsd: 1, tokens: 100_000 } }
  const records = openSqliteRecords({ path, synchronous: 'NORMAL' })
  const level = runLevel(runId, budget)
  await records.transact([
    { kind: 'put', item: newLevelItem(level), condition: { kind: 'absent' } },
    {
      kind: 'put',
      item: { partition: `RUN#${runId}`, sort: 'HEAD', attributes: { budget } },
      condition: { kind: 'absent' },
    },
  ])
  const script = new URL('./branches.ts', import.meta.url).pathname
  const each = BRANCHES / PROCESSES
  const told = await Promise.all(
    Array.from({ length: PROCESSES }, async (_, index) => {
      const words = ['--conditions=baton-source', script, path, String(index * each), String(each), String(PROCESSES)]
      const { stdout } = await promisify(execFile)(process.execPath, words)
      return JSON.parse(stdout) as { readonly turns: number }
    }),
  )
  const turns = told.reduce((sum, one) => sum + one.turns, 0)
  const item = await records.get(level.key)
  const state = item && levelState(item)
  records.close()
  expect(state?.spent).toEqual({ costUsd: turns * 4_000_000, tokens: turns * 700, turns, toolCalls: 0 })
  expect(state?.spent.costUsd).toBeLessThanOrEqual(1_000_000_000)
  expect(state?.left).toEqual({ costUsd: 1_000_000_000 - turns * 4_000_000, tokens: 100_000 - turns * 700 })
  // Nobody is refused before all is handed out, in slices of a 64th at most, each of which bears a turn.
  expect(turns).toBeGreaterThanOrEqual(63)
  // The branches of one process take 48 at most.
  expect(told.filter((one) => one.turns > 0).length).toBeGreaterThanOrEqual(2)
}, 60_000)
