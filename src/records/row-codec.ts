/**
 * A journal row as it is stored: one letter a field, hashes as base64url, nothing that the key says, no `prev` (it is the
 * row before), no hash of the body (it lies beside the row). The chain is computed over the full row, never over this
 * form. Letters are a wire format: never reuse one.
 */
import { RecordsCorrupt } from '../errors.ts'
import type { JournalRow } from '../schema/journal-row.ts'
import { isJsonObject, type Json, type JsonObject } from '../schema/json.ts'

/** What is stored of a row; the rest follows from its key and the row before it. */
export type StoredFields = Omit<JournalRow, 'runId' | 'stepId' | 'attempt' | 'seq' | 'prev' | 'bodySha256'>

interface Codec {
  pack(value: Json): Json
  unpack(value: Json): Json
}

const asIs: Codec = { pack: (value) => value, unpack: (value) => value }

/** 64 hexadecimal digits → 43 characters. Anything else is kept, behind a `=`, which base64url does not have. */
const digest: Codec = {
  pack: (value) => {
    const text = String(value)
    return /^[0-9a-f]{64}$/.test(text) ? Buffer.from(text, 'hex').toString('base64url') : `=${text}`
  },
  unpack: (value) => {
    const text = String(value)
    return text.startsWith('=') ? text.slice(1) : Buffer.from(text, 'base64url').toString('hex')
  },
}

/** Milliseconds since 1970, where the text is exactly what they give. */
const time: Codec = {
  pack: (value) => {
    const milliseconds = Date.parse(String(value))
    return Number.isNaN(milliseconds) || new Date(milliseconds).toISOString() !== value ? value : milliseconds
  },
  unpack: (value) => (typeof value === 'number' ? new Date(value).toISOString() : value),
}

const EVENTS: Readonly<Record<JournalRow['event'], string>> = {
  start: 's',
  turn: 't',
  tool: 'c',
  rejection: 'r',
  decision: 'd',
  outcome: 'o',
  end: 'e',
}
const EVENT_OF = Object.fromEntries(Object.entries(EVENTS).map(([event, letter]) => [letter, event]))
const event: Codec = {
  pack: (value) => EVENTS[value as JournalRow['event']],
  unpack: (value) => EVENT_OF[String(value)] ?? value,
}

/** An object as the list of its fields, in this order; `false`, which none of them can be, for an absent one. What has other fields stays as it is. */
function tuple(...fields: readonly (readonly [name: string, codec: Codec])[]): Codec {
  return {
    pack: (value) => {
      if (!isJsonObject(value)) return value
      const packed: Json[] = []
      let known = 0
      for (const [name, codec] of fields) {
        const part = value[name]
        if (part !== undefined) known += 1
        packed.push(part === undefined ? ABSENT : codec.pack(part))
      }
      if (Object.keys(value).length !== known) return value
      while (packed.at(-1) === ABSENT) packed.pop()
      return packed
    },
    unpack: (value) => {
      if (!Array.isArray(value)) return value
      const named: Record<string, Json> = {}
      for (const [index, part] of (value as readonly Json[]).entries()) {
        const [name, codec] = fields[index] ?? []
        if (name !== undefined && codec !== undefined && part !== ABSENT) named[name] = codec.unpack(part)
      }
      return named
    },
  }
}
const ABSENT = false

function listOf(codec: Codec): Codec {
  return {
    pack: (value) => (value as readonly Json[]).map((part) => codec.pack(part)),
    unpack: (value) => (value as readonly Json[]).map((part) => codec.unpack(part)),
  }
}

const digests: Codec = {
  pack: (value) => mapValues(value, digest.pack),
  unpack: (value) => mapValues(value, digest.unpack),
}

function mapValues(value: Json, change: (part: Json) => Json): JsonObject {
  const changed: Record<string, Json> = {}
  for (const [key, part] of Object.entries(value as JsonObject)) define(changed, key, change(part))
  return changed
}

/** Names in these objects are the caller's: `__proto__` too must become a field. */
function define(target: Record<string, Json>, key: string, value: Json): void {
  if (key === '__proto__') Object.defineProperty(target, key, { value, enumerable: true })
  else target[key] = value
}

const FIELDS: { readonly [Name in keyof StoredFields]-?: readonly [letter: string, codec: Codec] } = {
  at: ['a', time],
  event: ['e', event],
  actor: ['w', tuple(['agent', asIs], ['version', asIs], ['sha256', digest], ['role', asIs], ['onBehalfOf', asIs])],
  execution: ['x', asIs],
  cause: ['c', digest],
  turn: ['t', asIs],
  reason: ['r', asIs],
  rule: ['y', asIs],
  options: ['o', asIs],
  model: ['m', tuple(['provider', asIs], ['id', asIs], ['parameters', asIs])],
  usage: [
    'u',
    tuple(['inputTokens', asIs], ['outputTokens', asIs], ['cacheReadTokens', asIs], ['cacheWriteTokens', asIs]),
  ],
  costUsd: ['$', asIs],
  tool: ['f', tuple(['name', asIs], ['callId', digest], ['effect', asIs])],
  hashes: ['h', digests],
  sources: ['d', listOf(tuple(['uri', asIs], ['sha256', digest], ['lines', asIs]))],
  policyVersion: ['p', asIs],
  approval: ['v', asIs],
  status: ['s', asIs],
  total: [
    'n',
    tuple(['turns', asIs], ['toolCalls', asIs], ['inputTokens', asIs], ['outputTokens', asIs], ['costUsd', asIs]),
  ],
  chains: ['l', listOf(tuple(['stepId', asIs], ['attempt', asIs], ['rows', asIs], ['head', digest]))],
  labels: ['z', asIs],
  hash: ['#', digest],
}
/** Letters of the fields that have the same value in many rows. */
const COMMON = new Set(['w', 'm', 'k'])
/** Of the hashes, the one that is the same in every attempt of an agent: it lies beside the actor. */
const TOOLS_HASH = 'k'
const BY_NAME = new Map(
  Object.entries(FIELDS).map(([name, [letter, codec]]) => [name, { letter, codec, isCommon: COMMON.has(letter) }]),
)
const BY_LETTER = new Map<string, readonly [string, Codec]>(
  Object.entries(FIELDS).map(([name, [letter, codec]]) => [letter, [name, codec]]),
)

export interface PackedRow {
  readonly own: JsonObject
  /** undefined where it has none. */
  readonly common: JsonObject | undefined
}

export function packRow(row: JournalRow): PackedRow {
  const own: Record<string, Json> = {}
  let common: Record<string, Json> | undefined
  for (const name in row) {
    const value = row[name as keyof JournalRow] as Json | undefined
    const field = BY_NAME.get(name)
    if (value === undefined || field === undefined) continue
    const packed = field.codec === asIs ? value : field.codec.pack(value)
    if (name === 'hashes' && row.actor !== undefined && isJsonObject(packed) && packed['tools'] !== undefined) {
      const { tools, ...others } = packed
      common = { ...common, [TOOLS_HASH]: tools }
      own[field.letter] = others
    } else if (field.isCommon) common = { ...common, [field.letter]: packed }
    else own[field.letter] = packed
  }
  return { own, common }
}

/** @throws RecordsCorrupt for a field that this version does not know. */
export function unpackRow(stored: JsonObject): StoredFields {
  const row: Record<string, Json> = {}
  for (const letter in stored) {
    if (letter === TOOLS_HASH) continue
    const field = BY_LETTER.get(letter)
    if (field === undefined) throw damaged(`it has an unknown field ${JSON.stringify(letter)}`)
    try {
      row[field[0]] = field[1].unpack(stored[letter] as Json)
    } catch (cause) {
      throw damaged(`its ${field[0]} cannot be read`, cause)
    }
  }
  const tools = stored[TOOLS_HASH]
  if (tools !== undefined) row['hashes'] = { ...(row['hashes'] as JsonObject), tools: digest.unpack(tools) }
  return row as unknown as StoredFields
}

function damaged(what: string, cause?: unknown): RecordsCorrupt {
  return new RecordsCorrupt({
    message: `a journal row is damaged, or from a newer version: ${what}`,
    next: 'Use the Baton version that wrote it, or restore the data folder from a copy.',
    cause,
  })
}
