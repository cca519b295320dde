/** Whether every value of one schema can be given where another is wanted, as far as the schemas tell. */
import { isJsonObject, type Json } from '../schema/json.ts'
import { alternatives, fieldOf, type Shape, within } from './workflow-schemas.ts'

const MAX_DEPTH = 12

/** What does not fit, at which path; undefined where nothing is known to be wrong. */
export function misfit(given: Shape, wanted: Shape, path = '', depth = 0): string | undefined {
  if (depth > MAX_DEPTH) return undefined
  const choices = alternatives(wanted)
  for (const one of alternatives(given)) {
    const problems = choices.map((choice) => misfitOne(one, choice, path, depth))
    if (!problems.includes(undefined))
      return problems.length === 1 ? problems[0] : (problems.find(isDeep) ?? problems[0])
  }
  return undefined
}

/** Of several alternatives, the one that matched furthest says most. */
function isDeep(problem: string | undefined): boolean {
  return problem?.includes(' is missing') ?? false
}

function misfitOne(given: Shape, wanted: Shape, path: string, depth: number): string | undefined {
  const have = typeOf(given)
  const want = typeOf(wanted)
  const at = path === '' ? 'it' : path
  if (have === undefined || want === undefined) return undefined
  if (have !== want && !(have === 'integer' && want === 'number')) return `${at} is ${have}, ${want} is expected`
  if (want === 'object') return misfitObject(given, wanted, path, depth)
  if (want === 'array') {
    const items = [given.schema.items, wanted.schema.items]
    if (!isJsonObject(items[0]) || !isJsonObject(items[1])) return undefined
    return misfit(within(given, items[0]), within(wanted, items[1]), `${path}[]`, depth + 1)
  }
  return misfitConstant(given, wanted, at)
}

function misfitObject(given: Shape, wanted: Shape, path: string, depth: number): string | undefined {
  const properties = isJsonObject(wanted.schema.properties) ? wanted.schema.properties : {}
  const required = Array.isArray(wanted.schema.required) ? wanted.schema.required : []
  for (const [key, property] of Object.entries(properties)) {
    if (!isJsonObject(property)) continue
    const inner = path === '' ? key : `${path}.${key}`
    const field = fieldOf(given, key)
    const needed = required.includes(key) && property.default === undefined
    if (needed && (field === undefined || (field.optional && !isOpen(field)))) {
      return field === undefined ? `${inner} is missing` : `${inner} is missing in some cases`
    }
    const problem = field && misfit(field, within(wanted, property), inner, depth + 1)
    if (problem !== undefined) return problem
  }
  return undefined
}

/** A field of an object that says nothing of its fields. */
function isOpen(field: Shape): boolean {
  return Object.keys(field.schema).length === 0
}

function misfitConstant(given: Shape, wanted: Shape, at: string): string | undefined {
  const allowed: readonly Json[] | undefined =
    wanted.schema.const !== undefined
      ? [wanted.schema.const]
      : Array.isArray(wanted.schema.enum)
        ? wanted.schema.enum
        : undefined
  if (allowed === undefined || given.schema.const === undefined || allowed.includes(given.schema.const))
    return undefined
  return `${at} is ${JSON.stringify(given.schema.const)}, one of ${JSON.stringify(allowed)} is expected`
}

function typeOf({ schema }: Shape): string | undefined {
  if (typeof schema.type === 'string') return schema.type
  if (schema.const === null) return 'null'
  if (schema.const !== undefined) return typeof schema.const
  return isJsonObject(schema.properties) ? 'object' : undefined
}
