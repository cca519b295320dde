/**
 * `npm run figures`: what holds under crashes, duplicates, wrong clocks and people who may not, in numbers. First the fault tests
 * (each death at each write, for each kind of effect; any order, lost replies, zombies), then what can be counted.
 */
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { figure, heading } from '../report.ts'
import { abusedApprovals } from './approvals.ts'
import { deadModel } from './breaker.ts'
import { parallelBranches } from './budget.ts'
import { resumeAfterKill } from './resume.ts'
import { scratchFolder } from './scratch-folder.ts'
import { simultaneousStarts } from './starts.ts'

const FAULT_TESTS = [
  'test/faults/ledger',
  'test/unit/approval/approvals.property',
  'test/unit/budget/budgets.property',
  'test/unit/breaker/interleaved.property',
]

heading('fault tests: duplicated effects, silent losses, doubts without a fault, overspending, foreign approvals')
const { status } = spawnSync(
  process.execPath,
  ['node_modules/vitest/vitest.mjs', 'run', '--reporter=dot', ...FAULT_TESTS],
  { stdio: 'inherit' },
)
figure('fault tests: 0 all passed, 1 some failed', status === 0 ? 0 : 1, '', 0)

const folder = scratchFolder()
heading('starts, resumption')
const starts = await simultaneousStarts(5, 10)
figure('50 simultaneous starts with one key in 5 processes: runs', starts.runs, '', 1)
figure('  of those, refused', starts.refused.length, '', 0)
figure('  model calls of the one run', starts.modelCalls, '', 1)
const resumed = await resumeAfterKill()
figure('kill -9, then another process: until the run goes on', resumed.firstMs, 'ms', 1_000)
figure('  recorded turns that were sampled again', resumed.turns - resumed.steps, '', 0)

heading('money, models')
const spending = await parallelBranches(folder)
figure('64 branches in 4 processes: overspent of $1', Math.max(0, spending.spentUsd - spending.limitUsd), '$', 0)
figure('  turns that they took of it', spending.turns, '')
const dead = await deadModel(folder)
figure('40 processes, clocks up to 10 minutes wrong: calls a minute to a dead model', dead.callsAMinute, '', 60)
figure('  probes in a cool-down', dead.probesACoolDown, '', 2)

heading('approvals')
const abuse = await abusedApprovals(folder)
figure(`${abuse.tried} forged, foreign, replayed, late decisions: accepted`, abuse.accepted, '', 0)
figure('  rightful ones between them, accepted', abuse.rightful, '')
rmSync(folder, { recursive: true, force: true })
process.exitCode = status === 0 ? 0 : 1
