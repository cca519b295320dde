/** What a finished step costs on disk: an agent with one model call, one step after the other. Bytes per step, too. */
import { figure, heading } from './report.ts'
import { inputOf, inSequence, measure, median } from './team.ts'

const ROUNDS = 5
/** JSON of a step's own content: input, answer, output. */
const CONTENT_BYTES = 160

heading('durable step, on disk, one after the other, zero model latency')
for (const synchronous of ['NORMAL', 'FULL'] as const) {
  const team = inSequence(200)
  await measure(team, inputOf(0), { synchronous })
  const rounds: number[] = []
  for (let round = 0; round < ROUNDS; round++) rounds.push((await measure(team, inputOf(0), { synchronous })).ms / 200)
  figure(`per step, synchronous ${synchronous}`, median(rounds), 'ms', synchronous === 'NORMAL' ? 1 : undefined)
}
const empty = (await measure(inSequence(1), inputOf(0))).bytes
for (const steps of [50, 500, 5_000]) {
  const { bytes } = await measure(inSequence(steps), inputOf(0))
  figure(`bytes per step beside content, ${steps} steps`, (bytes - empty) / (steps - 1) - CONTENT_BYTES, 'B', 1_024)
}
