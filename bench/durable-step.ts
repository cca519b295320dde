/** What a finished step costs on disk: an agent with one model call, one step after the other. Bytes per step, too. */
import { figure, heading } from './report.ts'
import { fanOut, inputOf, measure, median } from './team.ts'

const ROUNDS = 5
/** JSON of a step's own content: input, answer, output. */
const CONTENT_BYTES = 160

heading('durable step, on disk, one after the other, zero model latency')
for (const synchronous of ['NORMAL', 'FULL'] as const) {
  const team = fanOut(200, { concurrency: 1 })
  await measure(team, inputOf(200), { synchronous })
  const rounds: number[] = []
  for (let round = 0; round < ROUNDS; round++)
    rounds.push((await measure(team, inputOf(200), { synchronous })).ms / 200)
  figure(`per step, synchronous ${synchronous}`, median(rounds), 'ms', synchronous === 'NORMAL' ? 1 : undefined)
}
const [few, many] = [50, 1_000]
const empty = (await measure(fanOut(1, { concurrency: 1 }), inputOf(1))).bytes
for (const steps of [few, many]) {
  const { bytes } = await measure(fanOut(steps, { concurrency: 1 }), inputOf(steps))
  figure(`bytes per step beside content, ${steps} steps`, (bytes - empty) / (steps - 1) - CONTENT_BYTES, 'B', 1_024)
}
