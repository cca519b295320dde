import { beforeAll, describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../src/schema/json.ts'
import { SAVED_QUERIES } from '../../../src/telemetry/saved-queries.ts'
import { loggedLines } from './logged-lines.ts'
import { fieldsOf } from './query-fields.ts'

let lines: JsonObject[] = []
beforeAll(async () => {
  lines = (await loggedLines()).filter((line) => !('_aws' in line))
})

describe.each(SAVED_QUERIES)('$name', ({ text }) => {
  it('names only fields that lines have', () => {
    const known = new Set(lines.flatMap((line) => Object.keys(line)))
    expect(fieldsOf(text).length).toBeGreaterThan(2)
    expect(fieldsOf(text).filter((field) => !known.has(field))).toEqual([])
  })

  it('finds lines that have all its fields between them', () => {
    const found = lines.filter((line) => passes(text, line))
    expect(found.length).toBeGreaterThan(0)
    const known = new Set(found.flatMap((line) => Object.keys(line)))
    expect(fieldsOf(text).filter((field) => !known.has(field))).toEqual([])
  })

  it('is one command a line', () => {
    const [first = '', ...rest] = text.split('\n').filter((line) => !line.startsWith('#'))
    expect(first).toMatch(/^(fields|filter) /)
    for (const line of rest) expect(line).toMatch(/^\| (filter|stats|sort|limit) /)
  })
})

it('reads fields out of a query', () => {
  const query =
    "# note\nfields @timestamp, step, `a.b_c`\n| filter run = 'x' and ispresent(hash)\n| stats sum(x.y) as z by agent\n| sort z"
  expect(fieldsOf(query)).toEqual(['step', 'a.b_c', 'run', 'hash', 'x.y', 'agent'])
})

/** The `filter` of a query, as far as ours go: equality, membership and presence, joined by `and`. */
function passes(query: string, line: JsonObject): boolean {
  const filter = /(?:^|\| )filter (.*)$/m.exec(query)?.[1] ?? ''
  return filter.split(' and ').every((condition) => {
    const [, present] = /^ispresent\(`?([\w.]+)`?\)$/.exec(condition) ?? []
    if (present !== undefined) return present in line
    const [, name = '', list] = /^`?([\w.]+)`? in (\[.*\])$/.exec(condition) ?? []
    if (list !== undefined) return list.includes(`'${line[name]}'`)
    const [, field = '', value] = /^`?([\w.]+)`? = '([^']*)'$/.exec(condition) ?? []
    expect(value).toBeDefined()
    return value === 'RUN_ID' ? line[field] === 'run-1' : line[field] === value
  })
}
