/** 5,000 steps in one run, on disk. */
import { figure, heading } from './report.ts'
import { fourSteps, inputOf, measure } from './team.ts'

const ITEMS = 1_250

heading('one run of 5,000 steps, on disk: 1,250 items of four steps, ten items at a time')
const { ms, run } = await measure(fourSteps(ITEMS), inputOf(ITEMS))
const steps = run.usage?.turns ?? 0
if (steps !== ITEMS * 4) throw new Error(`${steps} model calls were made`)
figure('whole run', ms / 1_000, 's')
figure('per step', ms / steps, 'ms', 1)
figure('memory of the process, at its peak', process.resourceUsage().maxRSS / 1_024, 'MB')
