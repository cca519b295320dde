/**
 * An item ↔ DynamoDB's attributes. Strings, numbers, booleans and null are DynamoDB's own; whatever is nested is canonical
 * JSON in a binary attribute: of any depth (DynamoDB nests 32 levels), compact, and comparable as a whole.
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { canonicalJson } from '../audit/canonical.ts'
import { RecordsCorrupt } from '../errors.ts'
import type { Json, JsonObject } from '../schema/json.ts'
import type { Item, Key } from './records.ts'

export type Stored = Record<string, AttributeValue>

export function valueTo(value: Json): AttributeValue {
  if (typeof value === 'string') return { S: value.toWellFormed() }
  if (typeof value === 'number') return { N: String(value) }
  if (typeof value === 'boolean') return { BOOL: value }
  return value === null ? { NULL: true } : { B: Buffer.from(canonicalJson(value)) }
}

export function keyTo({ partition, sort }: Key): Stored {
  return { pk: { S: partition }, sk: { S: sort } }
}

export function itemTo(item: Item): Stored {
  const stored: Stored = keyTo(item)
  if (item.index !== undefined) {
    stored['ipk'] = { S: item.index.partition }
    stored['isk'] = { S: item.index.sort }
  }
  for (const [name, value] of Object.entries(item.attributes)) if (value !== undefined) stored[name] = valueTo(value)
  return stored
}

/** @throws RecordsCorrupt for attributes that this adapter does not write. */
export function itemFrom({ pk, sk, ipk, isk, ...rest }: Stored): Item {
  const key = { partition: pk?.S ?? '', sort: sk?.S ?? '' }
  const attributes: JsonObject = Object.fromEntries(
    Object.entries(rest).map(([name, value]) => [name, valueFrom(key, name, value)]),
  )
  if (ipk?.S === undefined || isk?.S === undefined) return { ...key, attributes }
  return { ...key, attributes, index: { partition: ipk.S, sort: isk.S } }
}

function valueFrom(key: Key, name: string, value: AttributeValue): Json {
  if (value.S !== undefined) return value.S
  if (value.N !== undefined) return Number(value.N)
  if (value.BOOL !== undefined) return value.BOOL
  if (value.NULL !== undefined) return null
  try {
    return JSON.parse(new TextDecoder().decode(value.B)) as Json
  } catch (cause) {
    throw new RecordsCorrupt({
      message: `item ${key.partition} ${key.sort} is damaged: ${name} is no JSON`,
      next: 'Restore the table to a point in time before it was changed.',
      cause,
    })
  }
}
