/** The log of events: one writer, no gaps, exact from any place on. */
import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import { Conflict } from '../../errors.ts'
import { artifactsOver } from '../../records/artifacts.ts'
import type { AttemptWriter } from '../../records/journal.ts'
import { openJournal } from '../../records/journal.ts'
import type { Records } from '../../records/records.ts'
import { RunId, Sha256, StepId } from '../../schema/ids.ts'
import { fakeClock } from '../fake-clock.ts'
import type { PrimitivesCase } from '../primitives-contract.ts'

const EVENTS = 25

export const LOG_CASES: readonly PrimitivesCase[] = [
  {
    name: 'the log: of many that would write one chain exactly one does',
    async run(records, id) {
      const { claim } = log(records, id)
      const answers = await Promise.all([0, 1, 2, 3].map(() => claim()))
      strictEqual(answers.filter((answer) => !(answer instanceof Conflict)).length, 1)
    },
  },
  {
    name: 'the log: events are read from any place on, exactly, in their order, without a gap',
    async run(records, id) {
      const { claim, journal, place } = log(records, id)
      const writer = await claim()
      if (writer instanceof Conflict) throw writer
      await Promise.all(
        Array.from({ length: EVENTS }, (_, n) => writer.append({ event: 'decision', rule: `rule-${n}` }, { n })),
      )
      const { records: rows, chains } = await journal.readStep(place.runId, place.stepId)
      ok(chains.every(({ verdict }) => verdict.status === 'intact'))
      for (const from of [0, 1, 13, EVENTS]) {
        const replayed = rows.filter(({ row }) => row.seq >= from).map(({ row, body }) => [row.seq, row.rule, body])
        const written = Array.from({ length: EVENTS }, (_, n) => [n + 1, `rule-${n}`, { n }])
        deepStrictEqual(replayed.slice(from === 0 ? 1 : 0), written.slice(Math.max(0, from - 1)))
      }
    },
  },
  {
    name: 'the log: one that was overtaken is told so before it does anything that follows',
    async run(records, id) {
      const { claim } = log(records, id)
      const first = await claim()
      if (first instanceof Conflict) throw first
      strictEqual(await first.isPassed(), false)
      ok(!((await claim(2)) instanceof Conflict))
      strictEqual(await first.isPassed(), true)
    },
  },
]

function log(records: Records, id: string) {
  const journal = openJournal({
    records,
    artifacts: artifactsOver({ write: async () => undefined, read: async () => undefined }),
    clock: fakeClock(),
  })
  const place = { runId: RunId.parse(id), stepId: StepId.parse('step') }
  const actor = { agent: 'agent' as never, version: '1.0.0', sha256: Sha256.parse('0'.repeat(64)), role: 'Clerk' }
  const claim = (attempt = 1): Promise<AttemptWriter | Conflict> => journal.claimAttempt({ ...place, attempt, actor })
  return { journal, place, claim }
}
