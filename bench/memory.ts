/** Memory of a process that runs 500 agents side by side, once, on disk. */
import { figure, heading } from './report.ts'
import { inputOf, measure, planFanJoin } from './team.ts'

const WORKERS = 500
const BYTES_A_MEGABYTE = 1_000_000

heading(`memory of a process with ${WORKERS} agents side by side, on disk`)
const before = process.memoryUsage().rss / BYTES_A_MEGABYTE
await measure(planFanJoin(WORKERS), inputOf(WORKERS), { latencyMs: 50 })
figure('before the run, everything imported', before, 'MB')
figure('at its peak', (process.resourceUsage().maxRSS * 1_024) / BYTES_A_MEGABYTE, 'MB', 200)
