/** 64 parallel branches in four processes that draw from one run's budget, far too small for all of them. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { levelState, newLevelItem, runLevel } from '../../src/budget/level.ts'
import { usdOf } from '../../src/budget/units.ts'
import { openSqliteRecords } from '../../src/records/sqlite.ts'
import { RunId } from '../../src/schema/ids.ts'

export interface Spending {
  readonly limitUsd: number
  readonly spentUsd: number
  readonly turns: number
}

const BRANCHES = 64
const PROCESSES = 4
const LIMIT_USD = 1
const BRANCH = new URL('../../test/unit/budget/branches.ts', import.meta.url).pathname
const run = promisify(execFile)

export async function parallelBranches(folder: string): Promise<Spending> {
  const path = join(folder, 'budget.db')
  const records = openSqliteRecords({ path, synchronous: 'NORMAL' })
  try {
    const budget = { run: { costUsd: LIMIT_USD } }
    const runId = RunId.parse('run-1')
    const level = runLevel(runId, budget)
    const head = { partition: `RUN#${runId}`, sort: 'HEAD', attributes: { budget } }
    await records.transact(
      [newLevelItem(level), head].map((item) => ({ kind: 'put', item, condition: { kind: 'absent' } })),
    )
    const told = await Promise.all(Array.from({ length: PROCESSES }, (_, index) => branchesOf(path, index)))
    const item = await records.get(level.key)
    const spent = item === undefined ? Number.NaN : usdOf(levelState(item).spent.costUsd)
    return { limitUsd: LIMIT_USD, spentUsd: spent, turns: told.reduce((sum, turns) => sum + turns, 0) }
  } finally {
    records.close()
  }
}

async function branchesOf(path: string, index: number): Promise<number> {
  const each = BRANCHES / PROCESSES
  const words = [path, index * each, each, PROCESSES].map(String)
  const { stdout } = await run(process.execPath, ['--conditions=baton-source', BRANCH, ...words])
  return Number(JSON.parse(stdout).turns)
}
