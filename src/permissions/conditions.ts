/**
 * Conditions of statements as IAM evaluates them: every operator and every key must hold, of a key's values one.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
import { arnPattern, exactPattern, type Lookup, likePattern, type Pattern } from './pattern.ts'
import type { ConditionOperator, Conditions } from './statement.ts'

/** What a request says of itself, by condition key. A list is a key with several values, even where it has one. */
export type RequestContext = Readonly<Record<string, string | readonly string[] | undefined>>

/** A context with its keys in lower case, as keys are compared without regard to case. */
export interface ReadContext {
  readonly lookup: Lookup
  /** undefined: the request does not have the key. An empty list, or one of empty texts, counts as that. */
  values(key: string): readonly string[] | undefined
}

/** One key of one operator. */
export interface Test {
  readonly key: string
  holds(context: ReadContext): boolean
}

export function readContext(context: RequestContext): ReadContext {
  const known = new Map<string, string | readonly string[]>()
  for (const [key, value] of Object.entries(context)) {
    const isNull = value === undefined || (typeof value !== 'string' && value.every((one) => one === ''))
    if (!isNull) known.set(key.toLowerCase(), value)
  }
  return {
    lookup(key) {
      const value = known.get(key)
      return typeof value === 'string' ? value : undefined
    },
    values(key) {
      const value = known.get(key)
      return typeof value === 'string' ? [value] : value
    },
  }
}

export function compileConditions(conditions: Conditions = {}): readonly Test[] {
  return Object.entries(conditions).flatMap(([name, keys]) => {
    const operator = name as ConditionOperator
    return Object.entries(keys).map(([key, value]): Test => {
      const expected = [value].flat()
      return { key, holds: testOf(operator, key.toLowerCase(), expected) }
    })
  })
}

const PATTERNS: Readonly<Record<Exclude<ConditionOperator, 'Null'>, (text: string) => Pattern>> = {
  StringEquals: exactPattern,
  StringLike: likePattern,
  ArnLike: arnPattern,
  'ForAllValues:StringEquals': exactPattern,
  'ForAllValues:StringLike': likePattern,
}

function testOf(operator: ConditionOperator, key: string, expected: readonly string[]): Test['holds'] {
  if (operator === 'Null') return ({ values }) => expected.includes(String(values(key) === undefined))
  const compile = Object.hasOwn(PATTERNS, operator) ? PATTERNS[operator] : undefined
  // What is not understood must not be passed over.
  if (compile === undefined) throw new TypeError(`the condition operator ${operator} is not known`)
  const patterns = expected.map(compile)
  const isOne = (value: string, lookup: Lookup) => patterns.some((fits) => fits(value, lookup))
  if (operator.startsWith('ForAllValues:')) {
    // True of a request without the key: hence the `Null` guard beside it.
    return ({ values, lookup }) => (values(key) ?? []).every((value) => isOne(value, lookup))
  }
  return ({ values, lookup }) => {
    const [value, ...others] = values(key) ?? []
    return value !== undefined && others.length === 0 && isOne(value, lookup)
  }
}
