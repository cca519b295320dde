/** JSON ↔ DynamoDB's attribute values: users' own tables, so everything in DynamoDB's own types. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { isJsonObject, type Json, type JsonObject } from '../schema/json.ts'

export type Attributes = Record<string, AttributeValue>

export function valueTo(value: Json): AttributeValue {
  if (value === null) return { NULL: true }
  if (typeof value === 'string') return { S: value.toWellFormed() }
  if (typeof value === 'number') return { N: String(value) }
  if (typeof value === 'boolean') return { BOOL: value }
  return isJsonObject(value) ? { M: attributesTo(value) } : { L: value.map(valueTo) }
}

export function attributesTo(value: JsonObject): Attributes {
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, valueTo(part)]))
}

export function attributesFrom(attributes: Attributes): JsonObject {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, valueFrom(value)]))
}

/** Sets become lists, bytes Base64, and numbers that JSON cannot hold text. */
function valueFrom(value: AttributeValue): Json {
  if (value.S !== undefined) return value.S
  if (value.N !== undefined) return numberFrom(value.N)
  if (value.BOOL !== undefined) return value.BOOL
  if (value.M !== undefined) return attributesFrom(value.M)
  if (value.L !== undefined) return value.L.map(valueFrom)
  if (value.SS !== undefined) return value.SS
  if (value.NS !== undefined) return value.NS.map(numberFrom)
  if (value.B !== undefined) return Buffer.from(value.B).toString('base64')
  if (value.BS !== undefined) return value.BS.map((bytes) => Buffer.from(bytes).toString('base64'))
  return null
}

function numberFrom(text: string): Json {
  const number = Number(text)
  const isExact = Number.isFinite(number) && (!Number.isInteger(number) || Number.isSafeInteger(number))
  return isExact ? number : text
}
