/** 5,000 steps in one run, on disk. */
import { figure, heading } from './report.ts'
import { fanOut, inputOf, measure } from './team.ts'

const ITEMS = 1_000
const TURNS = 1

heading('one run of 5,000 steps, on disk')
const { ms, run } = await measure(longRun(), inputOf(ITEMS))
figure('whole run', ms / 1_000, 's')
figure('per step', ms / (run.usage?.turns ?? 1), 'ms')
figure('memory of the process, at its peak', process.resourceUsage().maxRSS / 1_024, 'MB')

function longRun() {
  return fanOut(ITEMS, { concurrency: 10, turns: TURNS })
}
