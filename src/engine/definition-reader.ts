/** Reads untrusted JSON field by field and collects what is wrong, with AWS's paths. Knows no state types. */
import { isJsonObject, type Json, type JsonObject } from '../schema/json.ts'
import { refusal } from './asl-fields.ts'

export interface DefinitionFault {
  /** Where, e.g. `/States/Review/Catch[0]/Next`. */
  readonly path: string
  readonly message: string
}

/** What a numeric field may be. */
export interface NumberRange {
  readonly minimum: number
  readonly maximum?: number
  readonly integer?: boolean
}

export class DefinitionReader {
  readonly path: string
  readonly #object: JsonObject
  readonly #faults: DefinitionFault[]

  constructor(object: JsonObject, path: string, faults: DefinitionFault[]) {
    this.#object = object
    this.path = path
    this.#faults = faults
  }

  refuse(message: string, field?: string): void {
    this.#faults.push({ path: field === undefined ? this.path || '/' : this.at(field), message })
  }

  at(field: string): string {
    return `${this.path}/${field}`
  }

  has(field: string): boolean {
    return Object.hasOwn(this.#object, field)
  }

  get(field: string): Json | undefined {
    return this.has(field) ? this.#object[field] : undefined
  }

  keys(): string[] {
    return Object.keys(this.#object)
  }

  /** Refuses every field that is not in `allowed`. */
  onlyFields(allowed: readonly string[], fits: string): void {
    for (const field of this.keys()) if (!allowed.includes(field)) this.refuse(refusal(field, fits), field)
  }

  text(field: string, allowed?: readonly string[]): string | undefined {
    const value = this.get(field)
    if (value === undefined) return undefined
    if (typeof value !== 'string' || value === '') {
      this.refuse(`The field '${field}' must be a text, got ${JSON.stringify(value)}`, field)
      return undefined
    }
    if (allowed !== undefined && !allowed.includes(value)) {
      this.refuse(`The field '${field}' must be one of ${allowed.join(', ')}, got '${value}'`, field)
      return undefined
    }
    return value
  }

  requiredText(field: string): string {
    if (!this.has(field)) this.refuse(`These fields are required: [${field}]`)
    return this.text(field) ?? ''
  }

  number(field: string, range: NumberRange): number | undefined {
    const value = this.get(field)
    if (value === undefined) return undefined
    const fault = numberFault(value, range)
    if (fault === undefined) return value as number
    this.refuse(`The field '${field}' ${fault}, got ${JSON.stringify(value)}`, field)
    return undefined
  }

  flag(field: string): boolean {
    const value = this.get(field)
    if (value !== undefined && typeof value !== 'boolean') {
      this.refuse(`The field '${field}' must be true or false, got ${JSON.stringify(value)}`, field)
    }
    return value === true
  }

  child(field: string): DefinitionReader | undefined {
    const value = this.get(field)
    if (value === undefined) return undefined
    if (isJsonObject(value)) return new DefinitionReader(value, this.at(field), this.#faults)
    this.refuse(`The field '${field}' must be an object`, field)
    return undefined
  }

  requiredChild(field: string): DefinitionReader | undefined {
    if (!this.has(field)) this.refuse(`These fields are required: [${field}]`)
    return this.child(field)
  }

  children(field: string): DefinitionReader[] {
    const value = this.get(field)
    if (value === undefined) return []
    if (!Array.isArray(value)) {
      this.refuse(`The field '${field}' must be an array`, field)
      return []
    }
    return (value as readonly Json[]).flatMap((item, i) => {
      if (isJsonObject(item)) return [new DefinitionReader(item, `${this.at(field)}[${i}]`, this.#faults)]
      this.refuse('must be an object', `${field}[${i}]`)
      return []
    })
  }

  texts(field: string): string[] {
    const value = this.get(field)
    const valid = Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string')
    if (valid) return value as string[]
    this.refuse(`The field '${field}' must be an array of one or more texts`, field)
    return []
  }
}

/** How a number breaks its range, or undefined. */
export function numberFault(value: Json, { minimum, maximum, integer = true }: NumberRange): string | undefined {
  if (typeof value !== 'number' || (integer && !Number.isInteger(value))) {
    return integer ? 'must be an integer' : 'must be a number'
  }
  if (value < minimum) return `must be at least ${minimum}`
  return maximum !== undefined && value > maximum ? `must be at most ${maximum}` : undefined
}
