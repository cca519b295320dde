/**
 * The few kinds of expressions that compiled workflows mostly consist of, evaluated at once: paths such as
 * `$states.input.run`, texts put together, comparisons with a constant, `? :`, object literals. They cost a fiftieth of
 * what JSONata takes. Whatever JSONata might see differently is left to JSONata.
 */

/** What an expression may read; `states` is one of the variables. */
export type ReadVariable = (name: string) => unknown

export interface QuickExpression {
  /** The value; undefined where JSONata has to be asked. Reads nothing but variables. */
  evaluate(read: ReadVariable): unknown
}

type Evaluate = QuickExpression['evaluate']
type Node = Readonly<Record<string, unknown>>

/** @param ast JSONata's. @returns undefined where all of it is JSONata's business. */
export function quickExpression(ast: unknown): QuickExpression | undefined {
  const evaluate = compile(ast)
  return evaluate === ASK ? undefined : { evaluate }
}

const ASK: Evaluate = () => undefined

/** The fields that each kind of node has; one with more (predicates, grouping, sorting …) is not understood here. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  string: ['value'],
  number: ['value'],
  value: ['value'],
  variable: ['value'],
  name: ['value'],
  path: ['steps'],
  binary: ['value', 'lhs', 'rhs'],
  condition: ['condition', 'then', 'else'],
  unary: ['value', 'lhs'],
  block: ['expressions'],
}

function compile(ast: unknown): Evaluate {
  if (!isPlain(ast)) return ASK
  const { type, value } = ast
  if (type === 'string' || type === 'number' || type === 'value') return () => value
  if (type === 'variable' || type === 'path') return path(type === 'path' ? (ast['steps'] as Node[]) : [ast])
  if (type === 'condition') return condition(compile(ast['condition']), compile(ast['then']), compile(ast['else']))
  if (type === 'binary' && value === '&') return join(compile(ast['lhs']), compile(ast['rhs']))
  if (type === 'binary' && value === '=') return equal(compile(ast['lhs']), compile(ast['rhs']))
  if (type === 'unary' && value === '{') return object(ast['lhs'] as (readonly [Node, Node])[])
  const [only, ...more] = type === 'block' ? (ast['expressions'] as Node[]) : []
  return only !== undefined && more.length === 0 ? compile(only) : ASK
}

function isPlain(ast: unknown): ast is Node {
  if (typeof ast !== 'object' || ast === null) return false
  const { type, position: _, ...rest } = ast as Node
  const fields = FIELDS[String(type)]
  return fields !== undefined && Object.keys(rest).every((field) => fields.includes(field))
}

function path([first, ...rest]: readonly Node[]): Evaluate {
  if (
    !isPlain(first) ||
    first['type'] !== 'variable' ||
    !rest.every((step) => isPlain(step) && step['type'] === 'name')
  )
    return ASK
  const variable = first['value'] as string
  // '' and '$' are the input, which there is none of.
  if (variable === '' || variable === '$') return ASK
  const fields = rest.map((step) => step['value'] as string)
  return (read) => follow(read(variable), fields)
}

function follow(from: unknown, fields: readonly string[]): unknown {
  let value = from
  for (const field of fields) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    if (!Object.hasOwn(value, field) || '_jsonata_function' in value || '_jsonata_lambda' in value) return undefined
    value = (value as Record<string, unknown>)[field]
  }
  return value
}

function condition(test: Evaluate, then: Evaluate, otherwise: Evaluate): Evaluate {
  if (test === ASK) return ASK
  return (read) => {
    const holds = test(read)
    return typeof holds === 'boolean' ? (holds ? then : otherwise)(read) : undefined
  }
}

function join(left: Evaluate, right: Evaluate): Evaluate {
  if (left === ASK || right === ASK) return ASK
  return (read) => {
    const start = textOf(left(read))
    const end = start === undefined ? undefined : textOf(right(read))
    return end === undefined ? undefined : `${start}${end}`
  }
}

/** Below this, JSONata's 15 digits are all there are. */
const EXACT_INTEGERS = 1e15

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < EXACT_INTEGERS
    ? `${value}`
    : undefined
}

function equal(left: Evaluate, right: Evaluate): Evaluate {
  if (left === ASK || right === ASK) return ASK
  return (read) => {
    const [a, b] = [left(read), right(read)]
    return isPrimitive(a) && isPrimitive(b) ? a === b : undefined
  }
}

function isPrimitive(value: unknown): boolean {
  return value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}

function object(pairs: readonly (readonly [Node, Node])[]): Evaluate {
  const fields = pairs.map(([key, value]) => [isPlain(key) ? key['value'] : undefined, compile(value)] as const)
  const names = new Set(fields.map(([name]) => name))
  const isUnderstood = names.size === pairs.length && fields.every(([name, value]) => isOrdinary(name) && value !== ASK)
  if (!isUnderstood) return ASK
  return (read) => {
    const made: Record<string, unknown> = {}
    for (const [name, evaluate] of fields) {
      const value = evaluate(read)
      if (value === undefined) return undefined
      made[name as string] = value
    }
    return made
  }
}

/** Names that JSONata, or JavaScript, takes for something else. */
function isOrdinary(name: unknown): boolean {
  return typeof name === 'string' && name !== '__proto__' && !name.startsWith('_jsonata')
}
