/** What to do about a value that does not fit its schema, in words to follow. Which faults there are zod says. */
import * as z from 'zod'

/** @param more Names of fields that are checked elsewhere, so that they count as known at the top. */
export function remedyOf(issue: z.core.$ZodIssue, schema: z.ZodType, value: unknown, more: readonly string[]): string {
  const path = issue.path.map(String).join('.')
  const at = path === '' ? 'it' : path
  const given = issue.path.reduce<unknown>(
    (from, key) => (typeof from === 'object' && from !== null ? Reflect.get(from, key) : undefined),
    value,
  )
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = [...fieldsAt(schema, issue.path), ...(path === '' ? more : [])]
      return issue.keys.map((key) => unknownField(key, known)).join('; ')
    }
    case 'invalid_type':
      return given === undefined ? `add ${at}: ${aKind(issue.expected)}` : `set ${at} to ${aKind(issue.expected)}`
    case 'invalid_value':
      return oneOf(at, given, issue.values.map(String))
    case 'too_small':
      return bounded(at, issue.origin, issue.inclusive ? 'at least' : 'more than', issue.minimum)
    case 'too_big':
      return bounded(at, issue.origin, issue.inclusive ? 'at most' : 'less than', issue.maximum)
    case 'invalid_format':
      return formatted(at, given, issue.message)
    case 'custom':
      return typeof issue.params?.['remedy'] === 'string' ? issue.params['remedy'] : `correct ${at}: ${issue.message}`
    default:
      return `correct ${at}: ${issue.message}`
  }
}

/** The known name that was probably meant, else all of them. */
export function unknownField(key: string, known: readonly string[]): string {
  const near = nearest(key, known)
  if (near !== undefined) return `write ${near} instead of ${key}`
  return known.length === 0 ? `remove ${key}` : `remove ${key}; the known fields are ${known.join(', ')}`
}

function oneOf(at: string, given: unknown, values: readonly string[]): string {
  const near = typeof given === 'string' ? nearest(given, values) : undefined
  return near === undefined
    ? `set ${at} to one of ${values.map((one) => JSON.stringify(one)).join(', ')}`
    : `set ${at} to ${JSON.stringify(near)}`
}

const VERSION = 'version'

function formatted(at: string, given: unknown, rule: string): string {
  if (at.endsWith(VERSION)) return `set ${at} to three numbers, e.g. "${versionLike(given)}"`
  if (!at.endsWith('name')) return `replace ${JSON.stringify(given)}: ${rule}`
  const words = String(given).match(/[A-Za-z0-9]+/g) ?? []
  const joined = words.map((word, index) => (index === 0 ? word.toLowerCase() : word[0]?.toUpperCase() + word.slice(1)))
  const name = joined.join('').replace(/^\d+/, '').slice(0, NAME_CHARACTERS)
  return `set ${at} to a name of letters, digits, _ and -, e.g. "${/^[a-z]/.test(name) ? name : 'first'}"`
}

const NAME_CHARACTERS = 48

function versionLike(given: unknown): string {
  const numbers = String(given).match(/\d+/g)?.slice(0, 3) ?? ['1']
  return [...numbers, '0', '0'].slice(0, 3).join('.')
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a finite number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list [ … ]',
  tuple: 'a list [ … ]',
  object: 'an object { … }',
  record: 'an object { … }',
}

function aKind(expected: string): string {
  return KINDS[expected] ?? `a value of type ${expected}`
}

function bounded(at: string, origin: string, bound: string, limit: number | bigint): string {
  if (origin !== 'string' && origin !== 'array') return `set ${at} to ${bound} ${limit}`
  const unit = origin === 'string' ? 'character' : 'entry'
  if (limit === 1) return `give ${at} ${bound} one ${unit}`
  return `give ${at} ${bound} ${limit} ${unit === 'entry' ? 'entries' : 'characters'}`
}

/** The fields of the object schema that a path leads to. */
function fieldsAt(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  let at: unknown = unwrapped(schema)
  for (const key of path) {
    if (at instanceof z.ZodObject) at = unwrapped(at.shape[String(key)])
    else if (at instanceof z.ZodArray) at = unwrapped(at.element)
    else return []
  }
  return at instanceof z.ZodObject ? Object.keys(at.shape) : []
}

function unwrapped(schema: unknown): unknown {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return unwrapped(schema.unwrap())
  }
  return schema
}

/** A slip of a key or two, a plural, other capitals. */
function nearest(given: string, known: readonly string[]): string | undefined {
  const scored = known.map((name) => [distance(given.toLowerCase(), name.toLowerCase()), name] as const)
  const [best] = scored.toSorted(([a], [b]) => a - b)
  return best !== undefined && best[0] <= Math.min(2, Math.floor(given.length / 3)) ? best[1] : undefined
}

/** Levenshtein's, with a swap of neighbours as one slip. */
function distance(a: string, b: string): number {
  let [before, last] = [[] as number[], Array.from({ length: b.length + 1 }, (_, index) => index)]
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      const swap = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (before[j - 2] ?? Infinity) + 1 : Infinity
      row[j] = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same, swap)
    }
    ;[before, last] = [last, row]
  }
  return last[b.length] ?? 0
}
