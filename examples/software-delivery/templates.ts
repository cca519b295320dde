/** What the house has ready: tests and code for tasks that come up often. Without a language model nothing else is delivered. */
import type { Change } from './project.ts'

export interface Template {
  readonly name: string
  /** A task that names all of these, whatever else it says, is this one. */
  readonly words: readonly string[]
  readonly tests: readonly Change[]
  readonly changes: readonly Change[]
}

export function templateFor(task: string): Template | undefined {
  const words = new Set(task.toLowerCase().match(/[a-z]+/g))
  return TEMPLATES.find((template) => template.words.every((word) => words.has(word)))
}

const PARSE_DURATION_TEST = `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseDuration } from '../src/parse-duration.js'

test('adds up hours, minutes and seconds', () => {
  assert.equal(parseDuration('1h 30m'), 5400, '1h 30m is 5400 seconds')
  assert.equal(parseDuration('59s'), 59, '59s is 59 seconds')
})

test('takes parts without a blank between them', () => {
  assert.equal(parseDuration('2h15m5s'), 8105, '2h15m5s is 8105 seconds')
})

test('refuses what is no duration', () => {
  for (const text of ['', 'soon', '5', '1h 1h', '-5m', '5 minutes']) {
    assert.throws(() => parseDuration(text), RangeError, JSON.stringify(text) + ' is refused')
  }
})
`

const PARSE_DURATION = `/** Text → seconds: "1h 30m" → 5400. Each unit once, the larger first. Throws a RangeError for anything else. */
export function parseDuration(text) {
  const match = /^(?:(\\d+)h)? ?(?:(\\d+)m)? ?(?:(\\d+)s)?$/.exec(text.trim())
  const [hours, minutes, seconds] = match?.slice(1) ?? []
  if ((hours ?? minutes ?? seconds) === undefined) throw new RangeError(\`"\${text}" is no duration\`)
  return Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0)
}
`

const TEMPLATES: readonly Template[] = [
  {
    name: 'parse-duration',
    words: ['parse', 'duration'],
    tests: [{ file: 'test/parse-duration.test.js', text: PARSE_DURATION_TEST }],
    changes: [{ file: 'src/parse-duration.js', text: PARSE_DURATION }],
  },
]
