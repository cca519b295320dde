/** Answers an output that was sent back: leaves out what was complained of. It cannot do better the second time, only less. */
import { isJsonObject, type Json, type JsonObject } from '../../schema/json.ts'
import { flat, roleOf } from './field-roles.ts'
import { conforms } from './json-schema.ts'
import { minimalValue } from './minimal.ts'

const PATH = /[A-Za-z_$][\w$-]*(?:\.\w+|\[\d+\])*(?:\.\d+|\[\d+\])(?:\.\w+|\[\d+\])*/g
const MOST_PATHS = 200

export function repairOutput(output: Json, problems: string, times: number, schema: JsonObject): Json {
  const paths = pathsIn(problems)
  const named = paths.length > 0 ? paths : pathsOfQuoted(output, problems)
  if (named.length > 0 && times < 3) {
    const repaired = prune(withoutPaths(output, named), schema)
    if (conforms(repaired, schema, schema)) return repaired
  }
  const bare = withoutLists(output)
  return conforms(bare, schema, schema) ? bare : minimalValue(schema, schema)
}

/** `claims.2.quote: …` and `claims[2].quote` both name item 2 of claims. */
function pathsIn(problems: string): (readonly string[])[] {
  const found = [...problems.matchAll(PATH)].slice(0, MOST_PATHS)
  return found.map(([path]) => path.split(/[.[\]]+/).filter(Boolean)).map(upToLastIndex)
}

function upToLastIndex(path: readonly string[]): readonly string[] {
  const last = path.findLastIndex((part) => /^\d+$/.test(part))
  return path.slice(0, last + 1)
}

/** Where no path is named: items some text of which the problems repeat. */
function pathsOfQuoted(output: Json, problems: string): (readonly string[])[] {
  const found: string[][] = []
  const visit = (value: Json, path: readonly string[]) => {
    if (found.length >= MOST_PATHS || path.length > 12) return
    if (Array.isArray(value)) {
      for (const [index, item] of (value as readonly Json[]).entries()) {
        const texts = isJsonObject(item) ? Object.values(item) : [item]
        const named = texts.some((text) => typeof text === 'string' && text.length > 11 && problems.includes(text))
        if (named) found.push([...path, String(index)])
        else visit(item, [...path, String(index)])
      }
    } else if (isJsonObject(value)) for (const [key, part] of Object.entries(value)) visit(part, [...path, key])
  }
  visit(output, [])
  return found
}

function withoutPaths(output: Json, paths: readonly (readonly string[])[]): Json {
  const keys = new Set(paths.map((path) => path.join('.')))
  const gone = new Set<number>()
  const visit = (value: Json, path: string): Json => {
    const at = (key: string | number) => (path === '' ? String(key) : `${path}.${key}`)
    if (Array.isArray(value)) {
      return (value as readonly Json[]).flatMap((item, index) => {
        if (!keys.has(at(index))) return [visit(item, at(index))]
        const number = ordinalOf(item)
        if (number !== undefined) gone.add(number)
        return []
      })
    }
    if (!isJsonObject(value)) return value
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, visit(part, at(key))]))
  }
  return withoutReferences(visit(output, ''), gone)
}

/** A citation that went takes its mentions along. */
function withoutReferences(value: Json, gone: ReadonlySet<number>, name = ''): Json {
  if (gone.size === 0) return value
  if (Array.isArray(value)) {
    const items = value as readonly Json[]
    const refers = ['reference', 'ordinal', 'file'].includes(roleOf(name))
    const kept = refers ? items.filter((item) => typeof item !== 'number' || !gone.has(item)) : items
    return kept.map((item) => withoutReferences(item, gone, name))
  }
  if (typeof value === 'string') return value.replace(/ ?\[(\d+)\]/g, (mark, n) => (gone.has(Number(n)) ? '' : mark))
  if (!isJsonObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, withoutReferences(part, gone, key)]))
}

function ordinalOf(item: Json): number | undefined {
  if (!isJsonObject(item)) return undefined
  const found = Object.entries(item).find(
    ([name, value]) => typeof value === 'number' && (roleOf(name) === 'ordinal' || flat(name) === 'number'),
  )
  return found?.[1] as number | undefined
}

/** Items of lists that no longer fit, such as a point left without its citation, go too. */
function prune(value: Json, schema: JsonObject): Json {
  if (!isJsonObject(value) || !isJsonObject(schema['properties'])) return value
  const properties = schema['properties']
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => {
      const list = properties[name]
      const item = isJsonObject(list) ? list['items'] : undefined
      if (!Array.isArray(part) || !isJsonObject(item)) return [name, part]
      const kept = (part as readonly Json[]).map((one) => prune(one, item))
      return [name, kept.filter((one) => conforms(one, item, schema))]
    }),
  )
}

function withoutLists(output: Json): Json {
  if (!isJsonObject(output)) return output
  return Object.fromEntries(
    Object.entries(output).map(([name, part]) => [
      name,
      Array.isArray(part) && part.some((item) => isJsonObject(item)) ? [] : part,
    ]),
  )
}
