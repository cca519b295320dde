/** Whether a typed condition holds on a stored item: the meaning that every adapter must give it. */
import { canonicalJson } from '../audit/canonical.ts'
import { assertNever } from '../errors.ts'
import type { Json, JsonObject } from '../schema/json.ts'
import type { Condition } from './records.ts'

/** @param stored The attributes of the item, undefined where there is none. */
export function holds(condition: Condition, stored: JsonObject | undefined): boolean {
  switch (condition.kind) {
    case 'absent':
      return stored === undefined
    case 'exists':
      return stored !== undefined
    case 'equals':
      return equal(stored?.[condition.attribute], condition.value)
    case 'notEquals':
      return !equal(stored?.[condition.attribute], condition.value)
    case 'less':
      return isNumber(stored?.[condition.attribute], (value) => value < condition.than)
    case 'atLeast':
      return isNumber(stored?.[condition.attribute], (value) => value >= condition.value)
    case 'and':
      return condition.conditions.every((part) => holds(part, stored))
    case 'or':
      return condition.conditions.some((part) => holds(part, stored))
    default:
      return assertNever(condition)
  }
}

function equal(stored: Json | undefined, value: Json): boolean {
  if (stored === undefined) return false
  if (typeof stored !== 'object' || stored === null) return stored === value
  return canonicalJson(stored) === canonicalJson(value)
}

function isNumber(value: Json | undefined, test: (value: number) => boolean): boolean {
  return typeof value === 'number' && test(value)
}
