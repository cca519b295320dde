/**
 * References to values of a run and expressions over them: plain data that the compiler turns into JSONata and the
 * validation checks against the schemas. Nothing here evaluates anything, and no text of a user becomes JSONata, save
 * through `jsonata`.
 */
import { InvalidDefinition } from '../errors.ts'
import type { Json } from '../schema/json.ts'

declare const TYPE: unique symbol
/** Something that stands for a value of type T at run time. The property exists in types only. */
export interface Typed<out T> {
  readonly [TYPE]: T
}

/** A reference: its fields are references too, so that `from(plan).subtopics` reads as it will run. */
export type Ref<T> = Typed<T> & Fields<NonNullable<T>>
type Fields<T> = T extends readonly (infer Item)[]
  ? { readonly [index: number]: Ref<Item> }
  : T extends object
    ? { readonly [Key in keyof T]-?: Ref<T[Key]> }
    : unknown

/** A condition, or another computed value. */
export type Expr<T> = Typed<T>

/** What may be given where a T is wanted at run time: the value itself, a reference, a node's output, or a mix. */
export type Value<T> = Typed<T> | Literal<T>
type Literal<T> = T extends readonly (infer Item)[]
  ? readonly Value<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Value<T[Key]> }
    : T

/** What a mix of values and references stands for. */
export type Resolved<V> =
  V extends Typed<infer T>
    ? T
    : V extends readonly (infer Item)[]
      ? Resolved<Item>[]
      : V extends object
        ? { -readonly [Key in keyof V]: Resolved<V[Key]> }
        : V

export type Source =
  | { readonly of: 'input' | 'settings' }
  /** Within the `otherwise` of a node: why the node gave no output. */
  | { readonly of: 'failure' }
  /** The output of a node of the same workflow, by its name. */
  | { readonly of: 'node'; readonly name: string }
  /** The current item or its index in the named `forEach`; the last result or the count in the named `repeat`. */
  | { readonly of: 'item' | 'index' | 'previous' | 'iteration'; readonly name: string }

export type Comparison = 'eq' | 'lt' | 'gt'

export type Expression =
  | { readonly op: 'literal'; readonly value: Json }
  | { readonly op: 'ref'; readonly source: Source; readonly path: readonly (string | number)[] }
  | { readonly op: 'object'; readonly fields: Readonly<Record<string, Expression>> }
  | { readonly op: 'array' | 'and' | 'or' | 'text'; readonly parts: readonly Expression[] }
  | { readonly op: Comparison; readonly left: Expression; readonly right: Expression }
  | { readonly op: 'not' | 'count' | 'exists'; readonly of: Expression }
  | { readonly op: 'jsonata'; readonly text: string; readonly bindings: Readonly<Record<string, Expression>> }

const EXPRESSIONS = new WeakMap<object, Expression>()

/** What a value made by this file, or by the patterns, stands for. */
export function registerExpression<T>(value: object, expression: Expression): Typed<T> {
  EXPRESSIONS.set(value, expression)
  return value as Typed<T>
}

/** `jsonata`, with no more bound than its text reads: each binding is evaluated. */
export function jsonataOf<T>(source: string, bindings: Readonly<Record<string, unknown>>): Expr<T> {
  const read = Object.entries(bindings).filter(([name]) => new RegExp(`\\$${name}\\b`).test(source))
  return jsonata<T>(source, Object.fromEntries(read))
}

/** Whether a value was made by this file, or by the patterns. */
export function isRegistered(value: unknown): boolean {
  return typeof value === 'object' && value !== null && EXPRESSIONS.has(value)
}

/** A reference to `source`, with its fields reachable as properties. */
export function reference<T>(source: Source, path: readonly (string | number)[] = []): Ref<T> {
  const expression: Expression = Object.freeze({ op: 'ref', source, path })
  const proxy = new Proxy(expression, {
    get(_target, key) {
      if (key === Symbol.toPrimitive) throw new TypeError('a reference is no text: join it with text(…) instead')
      if (typeof key === 'symbol') return undefined
      return reference(source, [...path, /^(0|[1-9]\d*)$/.test(key) ? Number(key) : key])
    },
  })
  return registerExpression<T>(proxy, expression) as Ref<T>
}

/** Why a node gave no output, for its own `otherwise`: `{ gap: failure.reason }`. The reason is cut at 300 characters. */
export const failure: Ref<{ readonly cause: string; readonly reason: string }> = reference({ of: 'failure' })

/** An item of a list by its number, from 0. */
export function at<T>(list: Typed<readonly T[]>, index: number): Ref<T> {
  const known = lower(list)
  if (known.op === 'ref') return reference<T>(known.source, [...known.path, index])
  throw new InvalidDefinition('expression', [
    {
      path: 'at',
      message: 'the list is no reference',
      remedy: 'give a reference to a list, e.g. from(plan).subtopics',
    },
  ])
}

/** The data behind a value: references and nodes become `ref`, everything else a literal or a structure of both. */
export function lower(value: unknown, path = 'value'): Expression {
  if (typeof value === 'object' && value !== null) {
    const known = EXPRESSIONS.get(value)
    if (known !== undefined) return known
    if (Array.isArray(value)) return lowerArray(value, path)
    const prototype = Object.getPrototypeOf(value)
    if (prototype === Object.prototype || prototype === null) return lowerObject(value, path)
  }
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return { op: 'literal', value }
  if (typeof value === 'number' && Number.isFinite(value)) return { op: 'literal', value }
  throw new InvalidDefinition('expression', [
    { path, message: `${String(value)} is no JSON value`, remedy: 'give plain JSON, a reference or a node' },
  ])
}

function lowerArray(value: readonly unknown[], path: string): Expression {
  const parts = value.map((part, index) => lower(part, `${path}.${index}`))
  if (parts.every((part) => part.op === 'literal')) {
    return { op: 'literal', value: parts.map((part) => part.value) }
  }
  return { op: 'array', parts }
}

function lowerObject(value: object, path: string): Expression {
  const fields = Object.entries(value)
    .filter(([, part]) => part !== undefined)
    .map(([key, part]) => [key, lower(part, `${path}.${key}`)] as const)
  const literals: [string, Json][] = []
  for (const [key, part] of fields) if (part.op === 'literal') literals.push([key, part.value])
  if (literals.length === fields.length) return { op: 'literal', value: Object.fromEntries(literals) }
  return { op: 'object', fields: Object.fromEntries(fields) }
}

function expression<T>(data: Expression): Expr<T> {
  const frozen = Object.freeze({ ...data })
  return registerExpression<T>(frozen, frozen)
}

type Boolish = Typed<boolean> | boolean

/** Deep equality. A value that is absent equals nothing. */
export function eq<T>(left: Typed<T>, right: Value<T>): Expr<boolean> {
  return expression({ op: 'eq', left: lower(left), right: lower(right) })
}
/** Numbers or texts. False where either is absent. */
export function lt<T extends number | string>(left: Value<T>, right: Value<T>): Expr<boolean> {
  return expression({ op: 'lt', left: lower(left), right: lower(right) })
}
export function gt<T extends number | string>(left: Value<T>, right: Value<T>): Expr<boolean> {
  return expression({ op: 'gt', left: lower(left), right: lower(right) })
}
export function and(...conditions: readonly Boolish[]): Expr<boolean> {
  return expression({ op: 'and', parts: conditions.map((part) => lower(part)) })
}
export function or(...conditions: readonly Boolish[]): Expr<boolean> {
  return expression({ op: 'or', parts: conditions.map((part) => lower(part)) })
}
export function not(condition: Boolish): Expr<boolean> {
  return expression({ op: 'not', of: lower(condition) })
}
/** How many items a list has; 0 where it is absent. */
export function count(list: Typed<readonly unknown[] | undefined>): Expr<number> {
  return expression({ op: 'count', of: lower(list) })
}
/** Whether a value is there and not null. */
export function exists(value: Typed<unknown>): Expr<boolean> {
  return expression({ op: 'exists', of: lower(value) })
}
/** Texts and numbers joined to one text. */
export function text(...parts: readonly (Value<string> | Value<number>)[]): Expr<string> {
  return expression({ op: 'text', parts: parts.map((part) => lower(part)) })
}
/**
 * Raw JSONata, for what the others cannot say. What it reads is bound by name and thereby checked:
 * `jsonata<number>('$sum($scores)', { scores: from(review).scores })`.
 */
export function jsonata<T>(source: string, bindings: Readonly<Record<string, unknown>> = {}): Expr<T> {
  if (typeof source !== 'string' || typeof bindings !== 'object' || bindings === null) {
    const remedy = "give the expression as text: jsonata('$sum($scores)', { scores })"
    throw new InvalidDefinition('jsonata', [
      { path: '(root)', message: 'a text and its bindings are expected', remedy },
    ])
  }
  const lowered = Object.entries(bindings).map(([name, value]) => [name, lower(value, `bindings.${name}`)])
  return expression({ op: 'jsonata', text: source, bindings: Object.fromEntries(lowered) })
}
