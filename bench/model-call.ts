/** What a model call costs at zero model latency: engine, agent loop, journal and hash chain, in memory. */
import { figure, heading } from './report.ts'
import { fanOut, inputOf, measure, median } from './team.ts'

const TURNS = 100
const ROUNDS = 9

heading('model call, in memory, zero model latency, each with one tool call')
const team = fanOut(1, { concurrency: 1, turns: TURNS })
await measure(team, inputOf(1), { memory: true })
const rounds: number[] = []
for (let round = 0; round < ROUNDS; round++) rounds.push((await measure(team, inputOf(1), { memory: true })).ms / TURNS)
figure('per model call', median(rounds), 'ms', 0.5)
