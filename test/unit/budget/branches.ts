/**
 * One of several processes that draw from one run's budget: `node branches.ts DATABASE FIRST COUNT PROCESSES`. Each
 * branch takes turns until it is refused. Prints how many they took together, as JSON.
 */
import { openBudgets } from '../../../src/budget/open-budgets.ts'
import { systemClock } from '../../../src/clock.ts'
import { openSqliteRecords } from '../../../src/records/sqlite.ts'
import { RunId, StepId } from '../../../src/schema/ids.ts'

const [, , path = '', first = '0', count = '0', processes = '1'] = process.argv
/** Of each branch: together more than the budget bears. */
const TURNS = 3
const most = { costUsd: 0.01, tokens: 1_000, turns: 1, toolCalls: 0 }
const used = { costUsd: 0.004, tokens: 700, turns: 1, toolCalls: 0 }

const records = openSqliteRecords({ path, synchronous: 'NORMAL' })
const budgets = openBudgets({ records, clock: systemClock })
const runId = RunId.parse('run-1')
let turns = 0

// All begin at once, however long each took to start.
await records.write({
  kind: 'put',
  item: { partition: 'READY', sort: first, attributes: {} },
  condition: { kind: 'absent' },
})
for (let look = 1; look <= 3_000; look += 1) {
  if ((await records.query('READY')).items.length >= Number(processes)) break
  await systemClock.sleep(10)
}

await Promise.all(
  Array.from({ length: Number(count) }, async (_, index) => {
    const step = await budgets.openStep({ runId, stepId: StepId.parse(`parts:${Number(first) + index}/read`) })
    let mine = 0
    const spent = () => ({ costUsd: mine * used.costUsd, tokens: mine * used.tokens, turns: mine, toolCalls: 0 })
    for (let turn = 1; turn <= TURNS; turn += 1) {
      if (!(await step?.reserve(turn, most, spent()))?.granted) break
      await systemClock.sleep((index + turn) % 5)
      mine += 1
    }
    turns += mine
    await step?.close(spent())
  }),
)
records.close()
process.stdout.write(JSON.stringify({ turns }))
