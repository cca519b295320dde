/**
 * What memory across runs must do over any records, as cases for any test runner:
 * `for (const { name, run } of MEMORY_CONTRACT) it(name, () => run(records, randomUUID()))`. Opens and closes nothing.
 */
import { deepStrictEqual, ok, partialDeepStrictEqual, rejects, strictEqual } from 'node:assert/strict'
import { type Embedder, type MemoryOptions, openMemory } from '../memory/memory.ts'
import type { Records } from '../records/records.ts'
import { memoryPartition, type NewFact } from '../schema/memory.ts'
import { fakeClock } from './fake-clock.ts'

export interface MemoryCase {
  readonly name: string
  /**
   * @param id That no other call has used: the case writes only under names that hold it.
   * @throws AssertionError (node:assert) where memory does otherwise.
   */
  readonly run: (records: Records, id: string) => Promise<void>
}

const by = { runId: 'run-1', stepId: 'learn', agent: 'scout' }
const person = { by: { person: 'ann' }, reason: 'it is poisoned' }

/** One space of one team, and what opens it again, as another process would. */
function spaceOf(records: Records, id: string) {
  const team = `t${id.replaceAll('-', '').slice(0, 40)}`
  const open = (more: Partial<MemoryOptions> = {}) => {
    const clock = fakeClock('2026-01-01T00:00:00.000Z', { auto: true })
    const memory = openMemory({ records, team, clock, random: () => 0, ...more })
    return {
      remember: (text: string, fact: Partial<NewFact> = {}) =>
        memory.remember('notes', { text, subject: 'prices', source: 'https://a.example', by, ...fact }),
      words: async (query: string, more: { subject?: string; source?: string } = {}) =>
        (await memory.search('notes', { query, limit: 10, by: 'words', ...more })).map(({ fact }) => fact.text),
      search: memory.search,
      history: (subject = 'prices') => memory.history('notes', subject),
      forget: (target: { source: string } | { subject: string }, order: { allow?: boolean } = {}) =>
        memory.forget('notes', target, { ...person, ...order }),
    }
  }
  return { open, partition: memoryPartition(team, 'notes') }
}

/** Vectors of two components: how often a text says `rise`, and `fall`. */
const counting: Embedder = {
  ...{ id: 'counting@1', dimensions: 2 },
  embed: async (texts) =>
    texts.map((text) => Float32Array.of(text.split('rise').length - 1, text.split('fall').length - 1)),
}

export const MEMORY_CONTRACT: readonly MemoryCase[] = [
  {
    name: 'holds nothing, then what was remembered, with source, version and author, for every process',
    async run(records, id) {
      const { open } = spaceOf(records, id)
      const one = open()
      deepStrictEqual(await one.words('server'), [])
      const fact = await one.remember('A small server costs four euros.', { labels: ['public'] })
      partialDeepStrictEqual(fact, {
        version: 1,
        subject: 'prices',
        source: 'https://a.example',
        by,
        labels: ['public'],
      })
      strictEqual(fact.at, '2026-01-01T00:00:00.000Z')
      const [hit] = await open().search('notes', { query: 'servers', limit: 1, by: 'words' })
      deepStrictEqual(hit?.fact, fact)
      ok(hit.score > 0)
      deepStrictEqual(await one.words('server', { subject: 'weather' }), [])
      deepStrictEqual(await one.words('server', { source: 'https://a.example' }), [fact.text])
    },
  },
  {
    name: 'keeps the same text, subject and source once, and what is sent under one call id',
    async run(records, id) {
      const memory = spaceOf(records, id).open()
      const first = await memory.remember('one', { callId: 'c' })
      deepStrictEqual(await memory.remember('one'), first)
      deepStrictEqual(await memory.remember('another wording', { callId: 'c' }), first)
      const other = await memory.remember('one', { source: 'https://b.example' })
      ok(other.id !== first.id)
      strictEqual((await memory.history()).length, 2)
    },
  },
  {
    name: 'makes a changed fact of one subject and key a further version',
    async run(records, id) {
      const { open } = spaceOf(records, id)
      const memory = open()
      const first = await memory.remember('four euros', { key: 'small' })
      const second = await memory.remember('five euros', { key: 'small' })
      strictEqual(second.id, first.id)
      strictEqual(second.version, 2)
      deepStrictEqual(await memory.remember('five euros', { key: 'small' }), second)
      deepStrictEqual(await memory.words('euros'), ['five euros'])
      deepStrictEqual(await open().words('euros'), ['five euros'])
      deepStrictEqual(await memory.history(), [first, second])
    },
  },
  {
    name: 'loses no fact of many writers at once, and gives no version twice',
    async run(records, id) {
      const { open } = spaceOf(records, id)
      const writers = Array.from({ length: 4 }, () => open())
      const facts = await Promise.all(
        writers.flatMap((memory, writer) =>
          [0, 1].map((n) => memory.remember(`price ${writer} ${n}`, { key: 'small' })),
        ),
      )
      deepStrictEqual(
        facts.map(({ version }) => version).sort((a, b) => a - b),
        [1, 2, 3, 4, 5, 6, 7, 8],
      )
      const twice = await Promise.all(writers.map((memory) => memory.remember('the same')))
      strictEqual(new Set(twice.map(({ id: fact }) => fact)).size, 1)
      const history = await open().history()
      strictEqual(history.length, 9)
    },
  },
  {
    name: 'finds nothing of a poisoned source once it is forgotten, in any process, and erases its texts',
    async run(records, id) {
      const { open, partition } = spaceOf(records, id)
      const [memory, other] = [open({ embedder: counting }), open({ embedder: counting })]
      const good = await memory.remember('the price is four', { key: 'small' })
      for (let n = 0; n < 30; n += 1) await memory.remember(`poison rise ${n}`, { source: 'https://bad.example' })
      await memory.remember('the price is poison', { key: 'small', source: 'https://bad.example' })
      strictEqual((await other.words('poison')).length, 10)
      deepStrictEqual(await memory.forget({ source: 'https://bad.example' }), { forgotten: 31 })
      for (const reader of [memory, other, open({ embedder: counting })]) {
        deepStrictEqual(await reader.words('poison'), [])
        const found = await reader.search('notes', { query: 'poison rise price', limit: 100 })
        deepStrictEqual(
          found.map(({ fact }) => fact),
          [good],
        )
      }
      const rows = (await records.query(partition)).items.map(({ attributes }) => attributes)
      ok(!JSON.stringify(rows).includes('poison rise'))
      strictEqual(rows.filter(({ kind, vector }) => kind === 'tombstone' && vector === undefined).length, 31)
    },
  },
  {
    name: 'tells what was forgotten by whom and why, and answers the same when asked again',
    async run(records, id) {
      const { open } = spaceOf(records, id)
      const memory = open()
      const { sha256 } = await memory.remember('secret')
      deepStrictEqual(await memory.forget({ subject: 'prices' }), { forgotten: 1 })
      deepStrictEqual(await memory.forget({ subject: 'prices' }), { forgotten: 1 })
      deepStrictEqual(await memory.forget({ subject: 'nothing' }), { forgotten: 0 })
      for (const reader of [memory, open()]) {
        const history = await reader.history()
        partialDeepStrictEqual(history, [
          {
            subject: 'prices',
            source: 'https://a.example',
            sha256,
            forgotten: { ...person, at: '2026-01-01T00:00:00.000Z' },
          },
        ])
        ok(!JSON.stringify(history).includes('secret'))
      }
    },
  },
  {
    name: 'refuses a forgotten source until it is allowed, and gives no number twice',
    async run(records, id) {
      const { open } = spaceOf(records, id)
      const memory = open()
      const source = 'https://a.example'
      await memory.remember('one', { callId: 'c' })
      await memory.forget({ source })
      await rejects(() => open().remember('two'), { name: 'MemoryForgotten' })
      await memory.forget({ source }, { allow: true })
      await rejects(() => open().remember('one', { callId: 'c' }), { name: 'MemoryForgotten' })
      const again = await open().remember('one')
      strictEqual(again.version, 2)
      strictEqual((await memory.forget({ source }, { allow: true })).forgotten, 1)
      strictEqual((await memory.remember('one')).version, 3)
      await memory.forget({ subject: 'prices' })
      strictEqual((await memory.remember('one')).version, 4)
    },
  },
  {
    name: 'finds by meaning what has a vector of the same embedder, and says how much it could not compare',
    async run(records, id) {
      const { open } = spaceOf(records, id)
      await open().remember('rise without a vector')
      await open({ embedder: { ...counting, id: 'other@1' } }).remember('rise by another')
      const memory = open({ embedder: counting })
      for (const text of ['rise', 'rise fall', 'fall']) await memory.remember(text)
      const found = await memory.search('notes', { query: 'riserise', limit: 2, by: 'meaning' })
      deepStrictEqual(
        found.map(({ fact, score }) => [fact.text, Number(score.toFixed(2))]),
        [
          ['rise', 1],
          ['rise fall', 0.71],
        ],
      )
      strictEqual(found.notCompared, 2)
      const both = await memory.search('notes', { query: 'rise', limit: 100 })
      deepStrictEqual([both.by, both.notCompared, both.length], ['both', 2, 5])
      const without = await open().search('notes', { query: 'fall', limit: 100, by: 'both' })
      deepStrictEqual([without.by, without.length], ['words', 2])
      await rejects(() => open().search('notes', { query: 'rise', limit: 1, by: 'meaning' }), {
        name: 'EmbedderMissing',
      })
    },
  },
  {
    name: 'takes so many facts, and none that is no fact',
    async run(records, id) {
      const memory = spaceOf(records, id).open({ mostFacts: 2 })
      await memory.remember('one')
      await memory.remember('two')
      await rejects(() => memory.remember('three'), { name: 'MemoryFull' })
      strictEqual((await memory.remember('two')).version, 1)
      await memory.forget({ subject: 'prices' })
      strictEqual((await memory.remember('three')).version, 1)
      for (const text of ['', 'x'.repeat(4_001)]) await rejects(() => memory.remember(text), { name: 'InvalidRequest' })
      await rejects(() => memory.search('notes', { query: 'x', limit: 101 }), { name: 'InvalidRequest' })
      await rejects(() => memory.search('No such#space', { query: 'x', limit: 1 }), { name: 'InvalidRequest' })
    },
  },
]
