/** Memory across runs: what a search over many facts takes, the first one apart, which reads and indexes them all. */
import { systemClock } from '../src/clock.ts'
import { type Embedder, openMemory } from '../src/memory/memory.ts'
import { openSqliteRecords } from '../src/records/sqlite.ts'
import { figure, heading } from './report.ts'

const FACTS = 10_000
const ROUNDS = 25
const AIM_MS = 50
const DIMENSIONS = 512
const WORDS = 3_000

let seed = 1
/** From 0 to 1, the same in each run (Lehmer). */
function next(): number {
  seed = (seed * 48_271) % 2_147_483_647
  return seed / 2_147_483_647
}

/** Its vectors mean nothing, and cost nothing: what is measured is the search. */
const embedder: Embedder = {
  ...{ id: 'random@1', dimensions: DIMENSIONS },
  embed: async (texts) => texts.map(() => Float32Array.from({ length: DIMENSIONS }, () => next() - 0.5)),
}

const records = openSqliteRecords({ path: ':memory:', synchronous: 'NORMAL' })
const open = (folds = new Map()) => openMemory({ records, team: 'team', clock: systemClock, embedder, folds })
// Few words come often, as in prose.
const word = () => `word${Math.floor(WORDS * next() ** 3)}`
const text = (words: number) => Array.from({ length: words }, word).join(' ')
const by = { runId: 'run-1', stepId: 'learn', agent: 'scout' }

heading(`memory across runs, ${FACTS} facts of 30 words, vectors of ${DIMENSIONS} components, SQLite in memory`)
const writer = open()
const start = performance.now()
for (let n = 0; n < FACTS; n += 1) {
  await writer.remember('notes', { text: text(30), subject: `subject ${n % 100}`, source: `source ${n % 50}`, by })
}
figure('remember, without the embedder', (performance.now() - start) / FACTS, 'ms')

const folds = new Map()
const first = performance.now()
await open(folds).search('notes', { query: text(6), limit: 10 })
figure('the first search, which reads them all', performance.now() - first, 'ms')
for (const way of ['words', 'meaning', 'both'] as const) {
  const rounds: number[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = performance.now()
    await open(folds).search('notes', { query: text(6), limit: 10, by: way })
    rounds.push(performance.now() - before)
  }
  rounds.sort((a, b) => a - b)
  figure(`a further search by ${way}`, rounds[Math.floor(ROUNDS / 2)] ?? 0, 'ms', AIM_MS)
}
records.close()
