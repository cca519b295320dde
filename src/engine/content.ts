/**
 * Values on their way into a history: JSON text in which what an earlier event of the same execution already holds is a
 * reference, and its size as AWS would count it. Identity decides what is the same, so values are never changed in
 * place. Does not know what the fields mean.
 */
import type { Json, JsonObject } from '../schema/json.ts'
import { Shapes } from './content-shapes.ts'

/** Where a value is stored: event id, field position, then the path inside. */
type Place = readonly (number | string)[]
interface Known {
  readonly place: Place
  readonly bytes: number
}
interface Encoded {
  readonly text: string
  readonly bytes: number
}

/** Below this, a reference would be longer than the value. */
const WORTH_REFERRING_BYTES = 48
/** How deep values are split into parts that can be referred to. */
const SPLIT_DEPTH = 5
/** Long strings are remembered up to this many bytes in all: they have no identity, so equality must be looked up. */
const REMEMBERED_BYTES = 1_048_576
const ABSENT = '{"@":0}'

type LookUp = (eventId: number, field: number) => Json | undefined

export class Content {
  readonly #known = new WeakMap<object, Known>()
  readonly #strings = new Map<string, Known>()
  readonly #shapes = new Shapes()
  #stringBytes = 0
  /** Where the value that is being encoded stands, and the bytes of what is encoded so far. */
  #path: (number | string)[] = []
  #bytes = 0
  #fresh: { value: object | string; place: Place; bytes: number }[] = []

  /** True for values that a history holds already: JSON, never changed. */
  readonly isKnown = (value: object): boolean => this.#known.has(value)

  /** Size as AWS counts it; known at once for what is stored. */
  readonly bytesOf = (value: Json): number => {
    if (typeof value === 'number' || typeof value === 'boolean') return String(value).length
    const known = typeof value === 'object' && value !== null ? this.#known.get(value) : undefined
    return known?.bytes ?? Buffer.byteLength(JSON.stringify(value))
  }

  /** Encodes one field; what it holds is remembered only after `keep`. */
  encode(value: Json | undefined, eventId: number, field: number): Encoded {
    if (value === undefined) return { text: ABSENT, bytes: 0 }
    this.#path = [eventId, field]
    this.#bytes = 0
    const text = this.#encode(value, SPLIT_DEPTH)
    return { text, bytes: this.#bytes }
  }

  keep(): void {
    for (const { value, place, bytes } of this.#fresh) {
      if (typeof value === 'string') this.#remember(value, { place, bytes })
      else if (!this.#known.has(value)) this.#known.set(value, { place, bytes })
    }
    this.#fresh = []
    this.#shapes.keep()
  }

  forget(): void {
    this.#fresh = []
    this.#shapes.forget()
  }

  /** The inverse of `encode`. `lookUp` gives an earlier event's field. */
  decode(stored: Json, lookUp: LookUp, depth = SPLIT_DEPTH): Json | undefined {
    if (typeof stored !== 'object' || stored === null) return stored
    const below = Math.max(0, depth - 1)
    if (Array.isArray(stored)) {
      for (let i = 0; i < stored.length; i++) stored[i] = this.decode(stored[i] as Json, lookUp, below)
      return stored
    }
    const object = stored as Record<string, Json>
    const names = Object.keys(object)
    const mark = object['@']
    if (mark !== undefined && names.length === 1) {
      if (mark === 0) return undefined
      if (!Array.isArray(mark)) return { '@': this.decode((mark as JsonObject)['@'] as Json, lookUp, below) as Json }
      const [first] = mark as Json[]
      if (typeof first !== 'number' || first > 0) return follow(mark as Place, lookUp)
      return this.#ofShape(-first, (mark as Json[]).slice(1), lookUp, below)
    }
    if (depth > 0) this.#shapes.numberOf(names, bytesOfNames(names))
    for (const key of names) {
      const child = object[key] as Json
      if (typeof child === 'object' && child !== null) define(object, key, this.decode(child, lookUp, below) as Json)
    }
    return object
  }

  #ofShape(number: number, values: readonly Json[], lookUp: LookUp, below: number): Json {
    const object: Record<string, Json> = {}
    for (const [index, name] of (this.#shapes.namesOf(number) ?? []).entries()) {
      define(object, name, this.decode(values[index] as Json, lookUp, below) as Json)
    }
    return object
  }

  #encode(value: Json, depth: number): string {
    if (typeof value === 'string') return this.#encodeString(value)
    if (typeof value !== 'object' || value === null) return this.#counted(JSON.stringify(value))
    const known = this.#known.get(value)
    if (known !== undefined) return this.#referred(known)
    const before = this.#bytes
    const text = Array.isArray(value) ? this.#encodeArray(value, depth) : this.#encodeObject(value as JsonObject, depth)
    const bytes = this.#bytes - before
    if (bytes >= WORTH_REFERRING_BYTES) this.#fresh.push({ value, place: this.#path.slice(), bytes })
    return text
  }

  #encodeString(value: string): string {
    if (value.length < WORTH_REFERRING_BYTES) return this.#counted(JSON.stringify(value))
    const known = this.#strings.get(value)
    if (known !== undefined) return this.#referred(known)
    const text = JSON.stringify(value)
    const bytes = Buffer.byteLength(text)
    this.#bytes += bytes
    this.#fresh.push({ value, place: this.#path.slice(), bytes })
    return text
  }

  #encodeArray(value: readonly Json[], depth: number): string {
    if (depth === 0) return this.#plain(value)
    this.#bytes += 1 + Math.max(1, value.length)
    let text = ''
    for (let i = 0; i < value.length; i++) {
      const item = this.#encodePart(i, value[i] as Json, depth - 1)
      text = i === 0 ? item : `${text},${item}`
    }
    return `[${text}]`
  }

  #encodeObject(value: JsonObject, depth: number): string {
    const keys = Object.keys(value)
    const marked = keys.length === 1 && keys[0] === '@'
    if (depth === 0 && !marked) return this.#plain(value)
    const nameBytes = bytesOfNames(keys)
    this.#bytes += 1 + Math.max(1, keys.length) + nameBytes
    const shape = marked || depth === 0 ? undefined : this.#shapes.numberOf(keys, nameBytes)
    let text = shape === undefined ? '' : `-${shape}`
    for (const key of keys) {
      const item = this.#encodePart(key, value[key] as Json, Math.max(0, depth - 1))
      const part = shape === undefined ? `${nameOf(key).text}${item}` : item
      text = text === '' ? part : `${text},${part}`
    }
    if (shape !== undefined) return `{"@":[${text}]}`
    return marked ? `{"@":{${text}}}` : `{${text}}`
  }

  #encodePart(step: number | string, part: Json, depth: number): string {
    this.#path.push(step)
    const text = this.#encode(part, depth)
    this.#path.pop()
    return text
  }

  /** At the depth limit nothing is split, so that decoding must not look inside either: marks there are escaped. */
  #plain(value: Json): string {
    const text = this.#counted(JSON.stringify(value))
    return text.includes('{"@":') ? JSON.stringify(escapeMarks(value)) : text
  }

  #referred(known: Known): string {
    this.#bytes += known.bytes
    return refer(known)
  }

  #counted(text: string): string {
    this.#bytes += Buffer.byteLength(text)
    return text
  }

  #remember(text: string, known: Known): void {
    if (this.#strings.has(text)) return
    this.#stringBytes += known.bytes
    for (const [oldest, { bytes }] of this.#strings) {
      if (this.#stringBytes <= REMEMBERED_BYTES) break
      this.#strings.delete(oldest)
      this.#stringBytes -= bytes
    }
    this.#strings.set(text, known)
  }
}

interface Name {
  /** With the colon. */
  readonly text: string
  readonly bytes: number
}
const NAMES = new Map<string, Name>()
/** Names of fields that are kept: far more than all definitions and schemas together have. */
const KEPT_NAMES = 10_000

function nameOf(key: string): Name {
  const known = NAMES.get(key)
  if (known !== undefined) return known
  const text = `${JSON.stringify(key)}:`
  const name = { text, bytes: Buffer.byteLength(text) }
  if (NAMES.size < KEPT_NAMES && key.length < WORTH_REFERRING_BYTES) NAMES.set(key, name)
  return name
}

function bytesOfNames(names: readonly string[]): number {
  let bytes = 0
  for (const name of names) bytes += nameOf(name).bytes
  return bytes
}

function escapeMarks(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(escapeMarks)
  const entries = Object.entries(value).map(([key, child]) => [key, escapeMarks(child)] as const)
  const escaped = Object.fromEntries(entries) as JsonObject
  return entries.length === 1 && entries[0]?.[0] === '@' ? { '@': escaped } : escaped
}

function refer({ place }: Known): string {
  return `{"@":${JSON.stringify(place)}}`
}

function follow(place: Place, lookUp: LookUp): Json {
  let value: Json | undefined = lookUp(place[0] as number, place[1] as number)
  for (const step of place.slice(2)) value = (value as Record<string | number, Json>)[step]
  return value as Json
}

function define(object: Record<string, Json>, key: string, value: Json): void {
  if (key === '__proto__')
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
  else object[key] = value
}
