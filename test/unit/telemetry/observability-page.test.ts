/** docs/observability.md lists what is written, all of it, and nothing else. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { BATON, GENAI, PLACE } from '../../../src/telemetry/genai-names.ts'
import { METRIC_UNITS } from '../../../src/telemetry/metric-names.ts'
import { CONTENT_CHARACTERS } from '../../../src/telemetry/row-content.ts'
import { SAVED_QUERIES } from '../../../src/telemetry/saved-queries.ts'

const page = readFileSync('docs/observability.md', 'utf8')
const named = new Set([...page.matchAll(/`([^`\n]+)`/g)].map(([, name]) => name))
const fields: readonly string[] = [GENAI, BATON, PLACE].flatMap((names) => Object.values(names))

it('lists every field', () => {
  expect(fields.filter((field) => !named.has(field))).toEqual([])
})

it('lists no field of ours, or of OpenTelemetry, that is not written', () => {
  const values = ['baton.scripted', 'baton.offline', 'baton.…']
  const listed = [...named].filter((name) => /^(gen_ai|baton)\./.test(name ?? '') && !values.includes(name ?? ''))
  expect(listed.filter((name) => !fields.includes(name ?? ''))).toEqual([])
})

it('lists every metric and every query', () => {
  expect(Object.keys(METRIC_UNITS).filter((name) => !named.has(name))).toEqual([])
  expect(SAVED_QUERIES.filter(({ name }) => !page.includes(name))).toEqual([])
})

it('says where content is cut', () => {
  expect(page).toContain(`cut at ${CONTENT_CHARACTERS.toLocaleString('en')} characters`)
})
