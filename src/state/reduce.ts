/** What the writes to a key come to, one after the other. Pure: the same writes in the same order give the same. */
import { canonicalJson } from '../audit/canonical.ts'
import { assertNever } from '../errors.ts'
import { isJsonObject, type Json } from '../schema/json.ts'
import type { StateReducer, StateRules } from '../schema/state.ts'

export function initialOf({ reducer, initial }: Pick<StateRules, 'reducer' | 'initial'>): Json {
  return initial ?? EMPTY[reducer]
}

const EMPTY: Readonly<Record<StateReducer, Json>> = { replace: null, append: [], merge: {}, max: null, union: [] }

/**
 * @throws TypeError for a delta that no key with that reducer takes: what is written was held against the key's schema.
 */
export function reduceState(rules: Pick<StateRules, 'reducer' | 'initial'>, deltas: Iterable<Json>): Json {
  const { reducer } = rules
  const initial = initialOf(rules)
  switch (reducer) {
    case 'replace':
      return [initial, ...deltas].at(-1) ?? null
    case 'append': {
      const all = [...listOf(initial)]
      for (const delta of deltas) all.push(...listOf(delta))
      return all
    }
    case 'union':
      return unionOf(initial, deltas)
    case 'merge':
      return Object.fromEntries([initial, ...deltas].flatMap((fields) => Object.entries(fieldsOf(fields))))
    case 'max':
      return [...deltas].reduce(larger, initial)
    default:
      return assertNever(reducer)
  }
}

/** In the order in which each item came first. */
function unionOf(initial: Json, deltas: Iterable<Json>): Json {
  const items = new Map<string, Json>()
  for (const delta of [initial, ...deltas]) {
    for (const item of listOf(delta)) {
      const text = canonicalJson(item)
      if (!items.has(text)) items.set(text, item)
    }
  }
  return [...items.values()]
}

/** Texts by their code units, so that ISO 8601 times in UTC are in order. */
function larger(one: Json, other: Json): Json {
  if (one === null) return other
  if (typeof one === 'number' && typeof other === 'number') return other > one ? other : one
  if (typeof one === 'string' && typeof other === 'string') return other > one ? other : one
  throw new TypeError('the largest of numbers, or of texts')
}

function listOf(value: Json): readonly Json[] {
  if (Array.isArray(value)) return value
  throw new TypeError('a list is expected')
}

function fieldsOf(value: Json) {
  if (isJsonObject(value)) return value
  throw new TypeError('an object is expected')
}
