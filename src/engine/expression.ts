/** One JSONata expression, compiled once: what it refers to, and its evaluation with AWS's rules for results. */
import jsonata from 'jsonata'
import type { Json } from '../schema/json.ts'
import { type FunctionSources, registerAwsFunctions } from './aws-functions.ts'
import { EVALUATION_MS } from './limits.ts'
import { quickExpression } from './quick-expression.ts'

/** What an expression may read. */
export interface Scope {
  readonly states: object
  variable(name: string): Json | undefined
  /** True for values that are stored already, so need no check. */
  isKnown(value: object): boolean
}

export type Evaluation =
  | { readonly kind: 'value'; readonly value: Json }
  /** How the sentence "The JSONata expression … specified for the field …" goes on. */
  | { readonly kind: 'failure'; readonly what: string }

export interface Expression {
  readonly source: string
  /** Names of the variables it reads, `states` included. */
  readonly names: readonly string[]
  /** The value of a simple expression; undefined where `evaluate` has to be asked. */
  quickly(scope: Scope): Json | undefined
  evaluate(scope: Scope): Promise<Evaluation>
}

class UnsupportedResult extends Error {}

const COMPILED = new WeakMap<FunctionSources, Map<string, Expression>>()

/** The same for the same text: a definition says most things many times. @throws JSONata's error for a syntax error. */
export function compileExpression(source: string, functions: FunctionSources): Expression {
  let known = COMPILED.get(functions)
  if (known === undefined) {
    known = new Map()
    COMPILED.set(functions, known)
  }
  let expression = known.get(source)
  if (expression === undefined) {
    expression = newExpression(source, functions)
    known.set(source, expression)
  }
  return expression
}

function newExpression(source: string, functions: FunctionSources): Expression {
  const parsed = jsonata(source)
  const { names, loops } = lookInto(parsed.ast())
  const quick = quickExpression(parsed.ast())
  let ready: jsonata.Expression | undefined
  return {
    source,
    names,
    quickly(scope) {
      const found = quick?.evaluate((name) => (name === 'states' ? scope.states : scope.variable(name)))
      return found === undefined || isFunction(found) ? undefined : toJson(found, scope)
    },
    async evaluate(scope) {
      ready ??= prepared(loops ? jsonata(source, { timeout: EVALUATION_MS }) : parsed, functions)
      const bindings: Record<string, unknown> = {}
      for (const name of names) {
        const value = name === 'states' ? scope.states : scope.variable(name)
        if (value !== undefined) bindings[name] = value
      }
      try {
        const result = await ready.evaluate(undefined, bindings)
        if (result === undefined) return { kind: 'failure', what: 'returned nothing (undefined).' }
        return { kind: 'value', value: toJson(result, scope) }
      } catch (thrown) {
        if (thrown instanceof UnsupportedResult) {
          return { kind: 'failure', what: 'returned an unsupported result type.' }
        }
        const { code, message } = thrown as { code?: string; message?: string }
        const text = code === undefined ? String(message) : `${code}: ${message}`
        return { kind: 'failure', what: `threw an error during evaluation. ${text}` }
      }
    },
  }
}

/** Not before it is needed: most expressions are simple, and this costs more than parsing them. */
function prepared(expression: jsonata.Expression, functions: FunctionSources): jsonata.Expression {
  registerAwsFunctions(expression, functions)
  return expression
}

/** Only a lambda can go on for ever; the check for that costs as much as a short evaluation, so others go without. */
function lookInto(ast: unknown): { readonly names: readonly string[]; readonly loops: boolean } {
  const names = new Set<string>()
  const seen = new Set<object>()
  let loops = false
  function visit(part: unknown): void {
    if (typeof part !== 'object' || part === null || seen.has(part)) return
    seen.add(part)
    const node = part as Record<string, unknown>
    if (node['type'] === 'variable' && typeof node['value'] === 'string') names.add(node['value'])
    loops ||= node['type'] === 'lambda'
    for (const child of Object.values(node)) visit(child)
  }
  visit(ast)
  return { names: [...names].filter((name) => name !== '' && name !== '$'), loops }
}

/**
 * Plain JSON, without the marks that JSONata leaves on arrays, sharing whatever is plain already. Functions are no
 * results on AWS.
 */
export function toJson(value: unknown, { isKnown }: Pick<Scope, 'isKnown'>): Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new UnsupportedResult()
    return Object.is(value, -0) ? 0 : value
  }
  if (typeof value !== 'object' || isFunction(value)) throw new UnsupportedResult()
  if (isKnown(value)) return value as Json
  return Array.isArray(value) ? arrayToJson(value, { isKnown }) : objectToJson(value, { isKnown })
}

function isFunction(value: unknown): boolean {
  const { _jsonata_function: native, _jsonata_lambda: lambda } = Object(value) as Record<string, unknown>
  return native === true || lambda === true
}

function arrayToJson(value: readonly unknown[], known: Pick<Scope, 'isKnown'>): Json {
  let copy: Json[] | undefined = isMarked(value) ? [] : undefined
  for (let i = 0; i < value.length; i++) {
    const item = value[i] === undefined ? null : toJson(value[i], known)
    if (copy === undefined && item !== value[i]) copy = value.slice(0, i) as Json[]
    copy?.push(item)
  }
  return copy ?? (value as readonly Json[])
}

function isMarked(value: readonly unknown[]): boolean {
  return 'sequence' in value || 'cons' in value || 'keepSingleton' in value || 'outerWrapper' in value
}

/** Objects of JSONata's own, and the scope itself, have no prototype: those are copied. */
function objectToJson(value: object, known: Pick<Scope, 'isKnown'>): Json {
  const source = value as Record<string, unknown>
  const keys = Object.keys(source)
  let entries: [string, unknown][] | undefined = Object.getPrototypeOf(value) === Object.prototype ? undefined : []
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string
    const child = source[key]
    const json = child === undefined ? undefined : toJson(child, known)
    if (entries === undefined && (json === undefined || json !== child)) {
      entries = keys.slice(0, i).map((before) => [before, source[before]])
    }
    if (json !== undefined) entries?.push([key, json])
  }
  return entries === undefined ? (value as Json) : (Object.fromEntries(entries) as Json)
}
