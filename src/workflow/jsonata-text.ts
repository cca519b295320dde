/** Expressions as JSONata text. Pure; which variable a source lives in is the resolver's business. */
import type { Expression, Source } from '../define/expressions.ts'
import { assertNever } from '../errors.ts'
import type { Json } from '../schema/json.ts'

/** The JSONata text, e.g. `$out_plan.subtopics`, that a field of a source is read by at the place of use. */
export type Resolve = (source: Source, path: readonly (string | number)[]) => string

/** Words that JSONata's parser takes for something else than a field name. */
const RESERVED = new Set(['and', 'or', 'in', 'true', 'false', 'null', 'function'])

/** An ASL field that is evaluated. */
export function evaluated(text: string): string {
  return `{% ${text} %}`
}

export function render(expression: Expression, resolve: Resolve): string {
  switch (expression.op) {
    case 'literal':
      return literal(expression.value)
    case 'ref':
      return resolve(expression.source, expression.path)
    case 'object':
      return `{${Object.entries(expression.fields)
        .map(([key, part]) => `${literal(key)}: ${render(part, resolve)}`)
        .join(', ')}}`
    case 'array':
      return list(expression.parts, resolve)
    case 'and':
    case 'or':
      if (expression.parts.length === 0) return String(expression.op === 'and')
      return `(${expression.parts.map((part) => `(${render(part, resolve)})`).join(` ${expression.op} `)})`
    case 'text':
      return `(${expression.parts.map((part) => render(part, resolve)).join(' & ') || '""'})`
    case 'eq':
      return `(${render(expression.left, resolve)} = ${render(expression.right, resolve)})`
    case 'lt':
      return `(${render(expression.left, resolve)} < ${render(expression.right, resolve)})`
    case 'gt':
      return `(${render(expression.left, resolve)} > ${render(expression.right, resolve)})`
    case 'not':
      // Of an absent value `$not` gives nothing and `!=` false, but `=` false too.
      return `$not((${render(expression.of, resolve)}) = true)`
    case 'count':
      return `$count(${render(expression.of, resolve)})`
    case 'exists': {
      const of = render(expression.of, resolve)
      return `($exists(${of}) and ${of} != null)`
    }
    case 'jsonata': {
      const bound = Object.entries(expression.bindings).map(([name, part]) => `$${name} := ${render(part, resolve)}; `)
      return `(${bound.join('')}${expression.text})`
    }
    default:
      return assertNever(expression)
  }
}

/** A condition that is false, not an error, where what it reads is absent. */
export function condition(expression: Expression, resolve: Resolve): string {
  return `${render(expression, resolve)} = true`
}

/** JSON is JSONata, but for `-1` in places; text must not close the `{% %}` that it stands in. */
export function literal(value: Json): string {
  if (typeof value === 'string') return JSON.stringify(value).replaceAll('{%', '{\\u0025').replaceAll('%}', '\\u0025}')
  if (typeof value === 'number') return value < 0 ? `(${JSON.stringify(value)})` : JSON.stringify(value)
  if (value === null || typeof value === 'boolean') return String(value)
  if (Array.isArray(value)) return `[${value.map((part: Json) => literal(part)).join(', ')}]`
  return `{${Object.entries(value)
    .map(([key, part]) => `${literal(key)}: ${literal(part)}`)
    .join(', ')}}`
}

/** `.field` or `[0]` of what `text` reads. */
export function access(text: string, key: string | number): string {
  if (typeof key === 'number') return `${text}[${key}]`
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(key) && !RESERVED.has(key)) return `${text}.${key}`
  return /[`\\]|\{%|%\}/.test(key) ? `$lookup(${text}, ${literal(key)})` : `${text}.\`${key}\``
}

/**
 * A JSONata array constructor flattens what it holds, unless that is a constructor itself; `$append` does not. An absent
 * element becomes null, so that the others keep their places.
 */
function list(parts: readonly Expression[], resolve: Resolve): string {
  if (parts.length === 0) return '[]'
  return parts.map((part) => element(part, resolve)).reduce((all, next) => `$append(${all}, ${next})`)
}

/** A list of the one element. */
function element(part: Expression, resolve: Resolve): string {
  const text = render(part, resolve)
  if (part.op === 'array' || (part.op === 'literal' && Array.isArray(part.value))) return `[[${text}]]`
  if (part.op !== 'ref' && part.op !== 'jsonata') return `[${text}]`
  return `($exists(${text}) ? ($type(${text}) = "array" ? [[${text}]] : [${text}]) : [null])`
}
