/**
 * Values on their way into a history: JSON text in which what an earlier event of the same execution already holds is a
 * reference, and its size as AWS would count it. Identity decides what is the same, so values are never changed in
 * place. Does not know what the fields mean.
 */
import type { Json, JsonObject } from '../schema/json.ts'

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

export class Content {
  readonly #known = new WeakMap<object, Known>()
  readonly #strings = new Map<string, Known>()
  #stringBytes = 0
  #fresh: { value: object | string; place: Place; bytes: number }[] = []

  /** True for values that a history holds already: JSON, never changed. */
  readonly isKnown = (value: object): boolean => this.#known.has(value)

  /** Size as AWS counts it; known at once for what is stored. */
  readonly bytesOf = (value: Json): number => {
    const known = typeof value === 'object' && value !== null ? this.#known.get(value) : undefined
    return known?.bytes ?? Buffer.byteLength(JSON.stringify(value))
  }

  /** Encodes one field; what it holds is remembered only after `keep`. */
  encode(value: Json | undefined, eventId: number, field: number): Encoded {
    return value === undefined ? { text: ABSENT, bytes: 0 } : this.#encode(value, [eventId, field], SPLIT_DEPTH)
  }

  keep(): void {
    for (const { value, place, bytes } of this.#fresh) {
      if (typeof value === 'string') this.#remember(value, { place, bytes })
      else if (!this.#known.has(value)) this.#known.set(value, { place, bytes })
    }
    this.#fresh = []
  }

  forget(): void {
    this.#fresh = []
  }

  /** The inverse of `encode`. `lookUp` gives an earlier event's field. */
  decode(stored: Json, lookUp: (eventId: number, field: number) => Json | undefined): Json | undefined {
    if (typeof stored !== 'object' || stored === null) return stored
    if (Array.isArray(stored)) {
      for (let i = 0; i < stored.length; i++) stored[i] = this.decode(stored[i] as Json, lookUp)
      return stored
    }
    const object = stored as Record<string, Json>
    const mark = object['@']
    if (mark !== undefined && Object.keys(object).length === 1) {
      if (mark === 0) return undefined
      if (Array.isArray(mark)) return follow(mark as Place, lookUp)
      return { '@': this.decode((mark as JsonObject)['@'] as Json, lookUp) as Json }
    }
    for (const key of Object.keys(object)) {
      const child = object[key] as Json
      if (typeof child === 'object' && child !== null) define(object, key, this.decode(child, lookUp) as Json)
    }
    return object
  }

  #encode(value: Json, place: Place, depth: number): Encoded {
    if (typeof value === 'string') return this.#encodeString(value, place)
    if (typeof value !== 'object' || value === null) {
      const text = JSON.stringify(value)
      return { text, bytes: text.length }
    }
    const known = this.#known.get(value)
    if (known !== undefined) return { text: refer(known), bytes: known.bytes }
    const encoded = Array.isArray(value)
      ? this.#encodeArray(value, place, depth)
      : this.#encodeObject(value as JsonObject, place, depth)
    if (encoded.bytes >= WORTH_REFERRING_BYTES) this.#fresh.push({ value, place, bytes: encoded.bytes })
    return encoded
  }

  #encodeString(value: string, place: Place): Encoded {
    if (value.length < WORTH_REFERRING_BYTES) {
      const text = JSON.stringify(value)
      return { text, bytes: Buffer.byteLength(text) }
    }
    const known = this.#strings.get(value)
    if (known !== undefined) return { text: refer(known), bytes: known.bytes }
    const text = JSON.stringify(value)
    const bytes = Buffer.byteLength(text)
    this.#fresh.push({ value, place, bytes })
    return { text, bytes }
  }

  #encodeArray(value: readonly Json[], place: Place, depth: number): Encoded {
    if (depth === 0) return plain(value)
    let text = '['
    let bytes = 1 + Math.max(1, value.length)
    for (let i = 0; i < value.length; i++) {
      const item = this.#encode(value[i] as Json, [...place, i], depth - 1)
      text += i === 0 ? item.text : `,${item.text}`
      bytes += item.bytes
    }
    return { text: `${text}]`, bytes }
  }

  #encodeObject(value: JsonObject, place: Place, depth: number): Encoded {
    const keys = Object.keys(value)
    const marked = keys.length === 1 && keys[0] === '@'
    if (depth === 0 && !marked) return plain(value)
    let text = ''
    let bytes = 1 + Math.max(1, keys.length)
    for (const key of keys) {
      const name = JSON.stringify(key)
      const item = this.#encode(value[key] as Json, [...place, key], Math.max(0, depth - 1))
      text += text === '' ? `${name}:${item.text}` : `,${name}:${item.text}`
      bytes += item.bytes + Buffer.byteLength(name) + 1
    }
    return { text: marked ? `{"@":{${text}}}` : `{${text}}`, bytes }
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

/** At the depth limit nothing is split, so that decoding must not look inside either: marks there are escaped. */
function plain(value: Json): Encoded {
  const text = JSON.stringify(value)
  const bytes = Buffer.byteLength(text)
  return text.includes('{"@":') ? { text: JSON.stringify(escapeMarks(value)), bytes } : { text, bytes }
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

function follow(place: Place, lookUp: (eventId: number, field: number) => Json | undefined): Json {
  let value: Json | undefined = lookUp(place[0] as number, place[1] as number)
  for (const step of place.slice(2)) value = (value as Record<string | number, Json>)[step]
  return value as Json
}

function define(object: Record<string, Json>, key: string, value: Json): void {
  if (key === '__proto__')
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
  else object[key] = value
}
