/** The plainest value that fits a JSON Schema, for what nothing is known of. Says nothing and claims nothing. */
import { isJsonObject, type Json, type JsonObject } from '../../schema/json.ts'
import {
  alternativesOf,
  conforms,
  numberFits,
  numberOf,
  propertiesOf,
  requiredOf,
  resolveSchema,
  stringFits,
  typesOf,
} from './json-schema.ts'
import { sampleOf } from './pattern-sample.ts'

const FORMATS: Readonly<Record<string, string>> = {
  'date-time': '1970-01-01T00:00:00Z',
  date: '1970-01-01',
  time: '00:00:00',
  duration: 'PT0S',
  email: 'nobody@example.com',
  uri: 'https://example.com/',
  uuid: '00000000-0000-4000-8000-000000000000',
  guid: '00000000-0000-4000-8000-000000000000',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  hostname: 'example.com',
  emoji: '📄',
  base64: 'AAAA',
  base64url: 'AAAA',
  cidrv4: '192.0.2.0/24',
  cidrv6: '2001:db8::/32',
  e164: '+15550100000',
  jwt: 'eyJhbGciOiJub25lIn0.e30.',
}
const FILLERS = ['unknown', 'n/a', 'none', 'a', '0', '1', 'A', '1.0.0', 'a-b', '#000000', '00000000', '/', 'x@y.zz']
const DEEPEST = 24
const MOST_PADDING = 100_000

/** @param ordinal distinguishes the items of a list that must differ. */
export function minimalValue(schema: Json | undefined, root: JsonObject, ordinal = 0, depth = 0): Json {
  const resolved = resolveSchema(schema, root)
  if (resolved === false || depth > DEEPEST) return null
  if (resolved['const'] !== undefined) return resolved['const']
  const { enum: allowed } = resolved
  if (Array.isArray(allowed) && allowed.length > 0) return allowed[ordinal % allowed.length] ?? null
  const alternatives = alternativesOf(resolved)
  if (alternatives) {
    // The plainest branch first: in a recursive schema it is the one that ends the recursion.
    const ranked = [...alternatives].sort((a, b) => weight(a, root) - weight(b, root))
    for (const branch of ranked) {
      const value = minimalValue(branch, root, ordinal, depth + 1)
      if (conforms(value, resolved, root)) return value
    }
  }
  const types = typesOf(resolved)
  if (types.includes('null')) return null
  if (types.includes('object')) return minimalObject(resolved, root, depth)
  if (types.includes('array')) return minimalArray(resolved, root, depth)
  if (types.includes('boolean')) return ordinal % 2 === 1
  if (types.includes('integer') || types.includes('number')) return minimalNumber(resolved, ordinal)
  if (types.includes('string')) return minimalString(resolved, ordinal)
  return resolved['pattern'] !== undefined || resolved['minLength'] !== undefined
    ? minimalString(resolved, ordinal)
    : null
}

/** Makes a text fit a string's bounds; undefined where it cannot be. */
export function fitString(text: string, schema: JsonObject): string | undefined {
  const longest = numberOf(schema, 'maxLength') ?? Number.POSITIVE_INFINITY
  const shortest = numberOf(schema, 'minLength') ?? 0
  const cut = text.length <= longest ? text : cutAtWord(text, longest)
  if (cut.trim() === '' || cut.length < shortest) return undefined
  if (typeof schema['format'] === 'string' && schema['pattern'] === undefined) return undefined
  return stringFits(cut, schema) ? cut : undefined
}

export function cutAtWord(text: string, longest: number): string {
  if (text.length <= longest) return text
  if (longest < 12) return text.slice(0, Math.max(0, longest))
  const cut = text.slice(0, longest - 1)
  const space = cut.lastIndexOf(' ')
  const whole = (space > longest / 2 ? cut.slice(0, space) : cut)
    .replace(/[\s,;:.–-]+$/u, '')
    .replace(/[\uD800-\uDBFF]$/, '')
  return `${whole}…`
}

function minimalObject(schema: JsonObject, root: JsonObject, depth: number): JsonObject {
  const required = requiredOf(schema)
  const properties = new Map(propertiesOf(schema))
  const filled: Record<string, Json> = {}
  for (const name of required) {
    const part = properties.get(name) ?? schema['additionalProperties'] ?? {}
    filled[name] = minimalValue(part, root, 0, depth + 1)
  }
  return filled
}

function minimalArray(schema: JsonObject, root: JsonObject, depth: number): Json {
  const prefix = Array.isArray(schema['prefixItems']) ? schema['prefixItems'] : []
  const count = Math.max(numberOf(schema, 'minItems') ?? 0, prefix.length)
  const most = Math.min(count, numberOf(schema, 'maxItems') ?? count)
  return Array.from({ length: most }, (_, index) =>
    minimalValue(prefix[index] ?? schema['items'] ?? {}, root, schema['uniqueItems'] === true ? index : 0, depth + 1),
  )
}

export function minimalNumber(schema: JsonObject, ordinal = 0): number {
  const whole = typesOf(schema).includes('integer')
  const low = numberOf(schema, 'minimum')
  const above = numberOf(schema, 'exclusiveMinimum')
  const high = numberOf(schema, 'maximum')
  const below = numberOf(schema, 'exclusiveMaximum')
  const step = numberOf(schema, 'multipleOf') ?? (whole ? 1 : undefined)
  const floor = Math.max(low ?? Number.NEGATIVE_INFINITY, above ?? Number.NEGATIVE_INFINITY)
  const ceiling = Math.min(high ?? Number.POSITIVE_INFINITY, below ?? Number.POSITIVE_INFINITY)
  const candidates = [0, 1, low, high]
  if (step !== undefined) {
    const first = Number.isFinite(floor) ? Math.ceil(floor / step) * step : Math.floor(ceiling / step) * step
    candidates.push(first, first + step, first - step)
  }
  candidates.push((floor + ceiling) / 2, floor + 1, ceiling - 1, floor + Math.abs(floor) * 1e-9, floor + 1e-9)
  if (above !== undefined && Number.isFinite(ceiling)) candidates.push(above + (ceiling - above) / 4)
  const start = numberFits(ordinal, schema) ? ordinal : undefined
  const fits = (value: number | undefined): value is number =>
    value !== undefined && Number.isFinite(value) && (!whole || Number.isInteger(value)) && numberFits(value, schema)
  const base = start ?? candidates.find(fits) ?? 0
  const moved = base + ordinal * (step ?? 1)
  const value = ordinal > 0 && start === undefined && fits(moved) ? moved : base
  return value === 0 ? 0 : value
}

function minimalString(schema: JsonObject, ordinal: number): string {
  const format = schema['format']
  const known = typeof format === 'string' ? FORMATS[format] : undefined
  const shortest = numberOf(schema, 'minLength') ?? 0
  const mark = ordinal > 0 ? String(ordinal) : ''
  const pattern = schema['pattern']
  const sample = typeof pattern === 'string' ? sampleOf(pattern, shortest) : undefined
  const longest = Math.min(numberOf(schema, 'maxLength') ?? MOST_PADDING, MOST_PADDING)
  const padded = 'unknown '.repeat(Math.ceil(shortest / 8)).slice(0, Math.max(shortest, 0))
  const fillers = FILLERS.map((filler) => `${filler}${mark}`)
  const candidates = [known, ...fillers, sample, padded.trimEnd().padEnd(shortest, '.'), padded]
  const found = candidates.find((text) => text !== undefined && text !== '' && stringFits(text, schema))
  if (found !== undefined) return found
  return stringFits('', schema) ? '' : 'unknown'.slice(0, longest)
}

function weight(schema: Json, root: JsonObject): number {
  const resolved = resolveSchema(schema, root)
  if (resolved === false) return 100
  const types = typesOf(resolved)
  if (types.includes('null')) return 0
  if (resolved['const'] !== undefined || resolved['enum'] !== undefined) return 1
  if (types.includes('object')) return 10 + requiredOf(resolved).size
  if (types.includes('array')) return (numberOf(resolved, 'minItems') ?? 0) > 0 ? 20 : 3
  return isJsonObject(schema) && schema['$ref'] !== undefined ? 5 : 2
}
