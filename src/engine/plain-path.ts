/**
 * Expressions that are nothing but a variable and field names, `$states.input.run`: most of those in a compiled workflow.
 * Read directly, they cost a fiftieth. Whatever JSONata might see differently (arrays on the way, a missing field, its own
 * functions) is left to JSONata.
 */

const PLAIN_PATH = /^\$[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/
/** Operators and literals of JSONata, which are no field names there. */
const WORDS: ReadonlySet<string> = new Set(['and', 'or', 'in', 'true', 'false', 'null', 'function'])

export interface PlainPath {
  readonly variable: string
  readonly fields: readonly string[]
}

export function plainPathOf(source: string): PlainPath | undefined {
  if (!PLAIN_PATH.test(source)) return undefined
  const [variable = '', ...fields] = source.slice(1).split('.')
  return fields.some((field) => WORDS.has(field)) ? undefined : { variable, fields }
}

/** The value; undefined where JSONata has to be asked. */
export function followPath(from: unknown, fields: readonly string[]): unknown {
  let value = from
  for (const field of fields) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    if (!Object.hasOwn(value, field) || '_jsonata_function' in value || '_jsonata_lambda' in value) return undefined
    value = (value as Record<string, unknown>)[field]
  }
  return value
}
