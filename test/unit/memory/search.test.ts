import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Embedder, openMemory } from '../../../src/memory/memory.ts'
import { cosine, fromBase64, lengthOf, quantised, toBase64 } from '../../../src/memory/vectors.ts'
import { openSqliteRecords } from '../../../src/records/sqlite.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'

const by = { runId: 'run-1', stepId: 'learn', agent: 'scout' }
const SIZE = 8

/** Of a text that is itself a list of numbers. */
const written: Embedder = {
  ...{ id: 'written@1', dimensions: SIZE },
  embed: async (texts) => texts.map((text) => Float32Array.from(JSON.parse(text) as number[])),
}

/** Few different components, so that many scores are equal. */
const vectors = (component: fc.Arbitrary<number>) => fc.array(component, { minLength: SIZE, maxLength: SIZE })

it.each([
  ['with ties', fc.integer({ min: -1, max: 1 })],
  ['of any numbers', fc.double({ min: -5, max: 5, noNaN: true })],
])('the best k by meaning are those of a brute-force sort, %s', async (_, component) => {
  const records = openSqliteRecords({ path: ':memory:', synchronous: 'NORMAL' })
  const facts = fc.uniqueArray(vectors(component), { maxLength: 25, selector: (one) => JSON.stringify(one) })
  await fc.assert(
    fc.asyncProperty(facts, vectors(component), fc.integer({ min: 1, max: 30 }), async (given, query, limit) => {
      const team = `t${randomUUID().slice(0, 30)}`
      const memory = openMemory({ records, team, clock: fakeClock(), embedder: written })
      const remembered = []
      for (const one of given) {
        const fact = { text: JSON.stringify(one), subject: 'numbers', source: 'a test', by }
        remembered.push(await memory.remember('notes', fact))
      }
      const asked = Float32Array.from(query)
      const scored = remembered.map(({ id, text }) => {
        const stored = [...quantised(Float32Array.from(JSON.parse(text) as number[]))]
        const dot = stored.reduce((sum, one, index) => sum + one * (asked[index] ?? 0), 0)
        const lengths = Math.hypot(...stored) * Math.hypot(...asked)
        return { id, score: Math.round((lengths > 0 ? dot / lengths : 0) * 1e9) / 1e9 }
      })
      const told = await memory.search('notes', { query: JSON.stringify(query), limit, by: 'meaning' })
      const sorted = scored.toSorted((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1)).slice(0, limit)
      expect(told.map(({ score }) => score.toFixed(6))).toEqual(sorted.map(({ score }) => (score || 0).toFixed(6)))
      const scoreOf = new Map(scored.map(({ id, score }) => [id, score]))
      for (const { fact, score } of told) expect(scoreOf.get(fact.id)).toBeCloseTo(score, 8)
      for (const [index, { fact, score }] of told.slice(1).entries()) {
        const before = told[index]
        expect(before !== undefined && (before.score > score || before.fact.id < fact.id)).toBe(true)
      }
    }),
    { numRuns: 60 },
  )
  records.close()
})

it('a stored vector says about what the vector said', () => {
  const vector = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 64, maxLength: 64 })
  fc.assert(
    fc.property(vector, (components) => {
      const exact = Float32Array.from(components)
      const stored = fromBase64(toBase64(quantised(exact)))
      fc.pre(lengthOf(exact) > 0.001)
      expect(cosine(exact, stored, lengthOf(exact) * lengthOf(stored))).toBeGreaterThan(0.999)
    }),
  )
  expect([...quantised(new Float32Array(2))]).toEqual([0, 0])
})

it('reads only what is new after the first search', async () => {
  const records = openSqliteRecords({ path: ':memory:', synchronous: 'NORMAL' })
  let rows = 0
  const counted: typeof records = {
    ...records,
    async query(partition, options) {
      const page = await records.query(partition, options)
      rows += page.items.length
      return page
    },
  }
  const folds = new Map()
  const open = () => openMemory({ records: counted, team: 'team', clock: fakeClock(), folds })
  const remember = (text: string) => open().remember('notes', { text, subject: 's', source: 'a test', by })
  for (let n = 0; n < 5; n += 1) await remember(`fact ${n}`)
  rows = 0
  await open().search('notes', { query: 'fact', limit: 1 })
  // What this process wrote it has read already; what others write it has not.
  expect(rows).toBe(0)
  const other = openMemory({ records, team: 'team', clock: fakeClock() })
  await other.remember('notes', { text: 'one more', subject: 's', source: 'a test', by })
  await open().search('notes', { query: 'fact', limit: 1 })
  expect(rows).toBe(1)
})
