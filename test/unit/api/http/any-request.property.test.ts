/** Whatever a client sends is its own fault or nobody's: never a 5xx, and nothing is stored of what is refused. */
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { ALL_ROUTES } from '../../../../src/api/http/routes.ts'
import { bench, START } from './bench.ts'

const trick = fc.constantFrom(
  '..',
  '..%2f',
  '%2e%2e',
  '%00',
  '%',
  '%zz',
  '%E0%A4%A',
  ':runId',
  '{runId}',
  '*',
  '..\\',
  'é',
)
const word = fc.oneof(
  trick,
  fc.string({ unit: 'binary', maxLength: 50 }).map((text) => encodeURIComponent(text.toWellFormed())),
)
const known = fc.constantFrom('/runs', '/runs', '/runs', ...ALL_ROUTES.map(({ path }) => path))
const path = fc.oneof(
  fc.tuple(known, word).map(([known, id]) => known.replace('{runId}', id || 'x')),
  fc.array(word, { maxLength: 4 }).map((words) => `/${words.join('/')}`),
)
const query = fc.oneof(
  { weight: 3, arbitrary: fc.constant('') },
  fc.tuple(fc.constantFrom('limit', 'after', 'x', '__proto__'), word).map(([name, value]) => `?${name}=${value}`),
)
const method = fc.constantFrom('GET', 'POST', 'POST', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS')
const header = fc.constantFrom<Record<string, string>>(
  {},
  { 'content-type': 'text/plain' },
  { 'content-type': 'application/json; charset=utf-8' },
  { 'content-type': 'application/json;;' },
  { accept: 'text/event-stream' },
  { 'idempotency-key': 'k', 'last-event-id': '\u00ff' },
  { 'content-length': '-1' },
  { 'content-length': 'NaN' },
)
/** Almost a start, so that what lies behind the first check is reached. */
const almost = fc.oneof(
  fc.jsonValue().map((input) => ({ ...START, input })),
  fc.record({
    ...Object.fromEntries(Object.keys(START).map((key) => [key, fc.jsonValue()])),
    settings: fc.jsonValue(),
  }),
  fc.record({ workflow: fc.constantFrom('short', 'child', 'constructor', '__proto__'), input: fc.object() }),
)
const fit = fc.record({ workflow: fc.constant('short'), input: fc.record({ question: fc.string({ unit: 'binary' }) }) })
const body = fc.oneof(
  { weight: 5, arbitrary: fit.map((value) => JSON.stringify(value)) },
  almost.map((value) => JSON.stringify(value)),
  fc.json(),
  fc.string({ unit: 'binary' }),
  fc.uint8Array({ maxLength: 200 }),
  fc.constant('{"workflow":"short","input":{"__proto__":{"question":"q"}}}'),
)

it('never fails, and stores nothing of what it refuses', async () => {
  const { ask, stores, faults } = bench()
  const answered: number[] = []
  await fc.assert(
    fc.asyncProperty(method, path, query, header, body, async (method, path, query, headers, body) => {
      const carries = method !== 'GET' && method !== 'HEAD'
      const { status } = await ask(method, `${path}${query}`, { headers, ...(carries ? { body } : {}) })
      answered.push(status)
      expect(status).toBeLessThan(500)
    }),
    { numRuns: 1_500 },
  )
  expect((await stores.runs.list({ limit: 1_000 })).runs).toHaveLength(
    answered.filter((status) => status === 202).length,
  )
  expect(faults).toEqual([])
  expect(answered).toEqual(expect.arrayContaining([200, 202, 204, 400, 404, 405, 415]))
}, 60_000)
