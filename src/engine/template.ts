/** A field of a definition that may hold expressions, compiled once. Constant parts are handed on without a copy. */
import type { Json, JsonObject } from '../schema/json.ts'
import type { FunctionSources } from './aws-functions.ts'
import { compileExpression, type Expression, type Scope } from './expression.ts'

export type Template =
  | { readonly kind: 'constant'; readonly field: string; readonly value: Json }
  | { readonly kind: 'expression'; readonly field: string; readonly expression: Expression }
  | { readonly kind: 'array'; readonly field: string; readonly items: readonly Template[] }
  | { readonly kind: 'object'; readonly field: string; readonly entries: readonly (readonly [string, Template])[] }

/** An expression failed: which, in which field, and how. */
export class EvaluationFailure extends Error {
  override readonly name = 'EvaluationFailure'
  readonly field: string
  /** The sentence that AWS's cause ends with. */
  readonly sentence: string

  constructor(field: string, sentence: string) {
    super(sentence)
    this.field = field
    this.sentence = sentence
  }
}

export interface TemplateCompiler {
  readonly functions: FunctionSources
  /** Called for each expression that does not compile. */
  refuse(message: string, field: string): void
  /** Called for each expression that does. */
  found?(expression: Expression, field: string): void
}

export function compileTemplate(value: Json, field: string, compiler: TemplateCompiler): Template {
  if (typeof value === 'string') return compileText(value, field, compiler)
  if (typeof value !== 'object' || value === null) return { kind: 'constant', field, value }
  if (Array.isArray(value)) {
    const items = (value as readonly Json[]).map((item, i) => compileTemplate(item, `${field}[${i}]`, compiler))
    return items.every(isConstant) ? { kind: 'constant', field, value } : { kind: 'array', field, items }
  }
  const entries = Object.entries(value as JsonObject).map(
    ([key, item]) => [key, compileTemplate(item, `${field}/${key}`, compiler)] as const,
  )
  const constant = entries.every(([, item]) => isConstant(item))
  return constant ? { kind: 'constant', field, value } : { kind: 'object', field, entries }
}

/** The value where no part needs more than `Expression.quickly`; undefined: `evaluateTemplate` has to be asked. */
export function quickTemplate(template: Template, scope: Scope): Json | undefined {
  switch (template.kind) {
    case 'constant':
      return template.value
    case 'expression':
      return template.expression.quickly(scope)
    case 'array': {
      const items: Json[] = []
      for (const part of template.items) {
        const item = quickTemplate(part, scope)
        if (item === undefined) return undefined
        items.push(item)
      }
      return items
    }
    case 'object': {
      const made: Record<string, Json> = {}
      for (const [key, part] of template.entries) {
        const item = quickTemplate(part, scope)
        if (item === undefined || key === '__proto__') return undefined
        made[key] = item
      }
      return made
    }
  }
}

/** @throws EvaluationFailure */
export async function evaluateTemplate(template: Template, scope: Scope): Promise<Json> {
  const quick = quickTemplate(template, scope)
  if (quick !== undefined) return quick
  switch (template.kind) {
    case 'constant':
      return template.value
    case 'expression': {
      const { field, expression } = template
      const result = await expression.evaluate(scope)
      if (result.kind === 'value') return result.value
      throw new EvaluationFailure(field, sentence(expression.source, field, result.what))
    }
    case 'array': {
      const items: Json[] = []
      for (const item of template.items) items.push(await evaluateTemplate(item, scope))
      return items
    }
    case 'object': {
      const entries: [string, Json][] = []
      for (const [key, item] of template.entries) entries.push([key, await evaluateTemplate(item, scope)])
      return Object.fromEntries(entries)
    }
  }
}

export function wrongType(template: Template, value: Json, expected: string): EvaluationFailure {
  const what = `returned an unexpected result type. Expected '${expected}', but was '${typeName(value)}' for value: ${JSON.stringify(value)}`
  const source = template.kind === 'expression' ? template.expression.source : JSON.stringify(value)
  return new EvaluationFailure(template.field, sentence(source, template.field, what))
}

function sentence(source: string, field: string, what: string): string {
  return `The JSONata expression '${source}' specified for the field '${field}' ${what}`
}

function typeName(value: Json): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

function isConstant(template: Template): boolean {
  return template.kind === 'constant'
}

function compileText(value: string, field: string, compiler: TemplateCompiler): Template {
  if (!value.startsWith('{%')) return { kind: 'constant', field, value }
  if (!value.endsWith('%}') || value.length < 4) {
    compiler.refuse("A JSONata expression that starts with '{%' must end with '%}'", field)
    return { kind: 'constant', field, value }
  }
  const source = value.slice(2, -2).trim()
  try {
    const expression = compileExpression(source, compiler.functions)
    compiler.found?.(expression, field)
    return { kind: 'expression', field, expression }
  } catch (error) {
    compiler.refuse(`The JSONata expression '${source}' has a syntax error: ${(error as Error).message}`, field)
    return { kind: 'constant', field, value }
  }
}
