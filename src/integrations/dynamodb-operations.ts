/**
 * Declared operations on a DynamoDB table → its commands. Names and conditions are the declaration's, values a
 * model's.
 */
import type { TransactWriteItem } from '@aws-sdk/client-dynamodb'
import * as z from 'zod'
import type { ToolApproval } from '../define/tool.ts'
import type { Json, JsonObject } from '../schema/json.ts'
import { type Attributes, attributesTo, valueTo } from './dynamodb-values.ts'

/** An attribute of a key: a text, unless it is said to be a number. */
export type KeyAttribute = string | { readonly name: string; readonly type: 'S' | 'N' }

export interface DynamodbKey {
  readonly partition: KeyAttribute
  readonly sort?: KeyAttribute
}

/** `absent`, `exists`, or attributes that the item must have with these values. */
export type When = 'absent' | 'exists' | JsonObject

interface Common {
  /** For the model. */
  readonly description: string
  readonly approval?: ToolApproval<JsonObject>
}

export type DynamodbOperation = Common &
  (
    | { readonly kind: 'get' }
    | {
        readonly kind: 'query'
        /** A secondary index, with its key. @default the table itself */
        readonly index?: { readonly name: string; readonly key: DynamodbKey }
        /** What a model may say of the sort key. @default nothing: all of the partition */
        readonly sort?: 'equals' | 'beginsWith' | 'between'
        readonly descending?: boolean
        /** @default 50 */
        readonly mostItems?: number
      }
    /** A whole item, in the place of what was there. `item`: its attributes beside the key. */
    | { readonly kind: 'put'; readonly item: z.ZodType; readonly when?: When }
    /** `set`: attributes that get a value, `add`: numbers that are added to. @default when: 'exists' */
    | {
        readonly kind: 'update'
        readonly set?: Readonly<Record<string, z.ZodType>>
        readonly add?: Readonly<Record<string, z.ZodType>>
        readonly when?: When
      }
    | { readonly kind: 'delete'; readonly when?: When }
  )

export type WriteOperation = Extract<DynamodbOperation, { kind: 'put' | 'update' | 'delete' }>

export function inputOf(operation: DynamodbOperation, key: DynamodbKey): z.ZodType<JsonObject> {
  const shape: Record<string, z.ZodType> = {}
  if (operation.kind === 'query') {
    const { partition, sort } = operation.index?.key ?? key
    shape[nameOf(partition)] = keySchema(partition)
    if (sort !== undefined && operation.sort !== undefined) {
      const schema = keySchema(sort)
      const range = z.strictObject({ from: schema, to: schema })
      shape[nameOf(sort)] = operation.sort === 'between' ? range : schema
    }
    return z.strictObject(shape) as unknown as z.ZodType<JsonObject>
  }
  shape[nameOf(key.partition)] = keySchema(key.partition)
  if (key.sort !== undefined) shape[nameOf(key.sort)] = keySchema(key.sort)
  if (operation.kind === 'put') shape['item'] = operation.item
  if (operation.kind === 'update' && operation.set) shape['set'] = z.strictObject(operation.set)
  if (operation.kind === 'update' && operation.add) shape['add'] = z.strictObject(operation.add)
  return z.strictObject(shape) as unknown as z.ZodType<JsonObject>
}

export function nameOf(attribute: KeyAttribute): string {
  return typeof attribute === 'string' ? attribute : attribute.name
}

export function typeOf(attribute: KeyAttribute): 'S' | 'N' {
  return typeof attribute === 'string' ? 'S' : attribute.type
}

function keySchema(attribute: KeyAttribute): z.ZodType {
  return typeOf(attribute) === 'S' ? z.string().min(1).max(1_024) : z.number()
}

export function keyOf(key: DynamodbKey, input: JsonObject): Attributes {
  const names = [key.partition, ...(key.sort === undefined ? [] : [key.sort])].map(nameOf)
  return Object.fromEntries(names.map((name) => [name, valueTo(input[name] ?? null)]))
}

/** Placeholders for names and values, so that no attribute's name can be a word of DynamoDB's. */
export function placeholders() {
  const names: Record<string, string> = {}
  const values: Attributes = {}
  return {
    name(attribute: string): string {
      const known = Object.keys(names).find((place) => names[place] === attribute)
      const place = known ?? `#n${Object.keys(names).length}`
      names[place] = attribute
      return place
    },
    value(given: Json): string {
      const place = `:v${Object.keys(values).length}`
      values[place] = valueTo(given)
      return place
    },
    given: () => ({
      ...(Object.keys(names).length > 0 && { ExpressionAttributeNames: names }),
      ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
    }),
  }
}

/** The change itself; that it happens once is its transaction's business. */
export function writeOf(
  operation: WriteOperation,
  table: string,
  key: DynamodbKey,
  input: JsonObject,
): TransactWriteItem {
  const words = placeholders()
  const when = operation.when ?? (operation.kind === 'update' ? 'exists' : undefined)
  const condition = when === undefined ? {} : { ConditionExpression: conditionOf(when, key, words) }
  const Key = keyOf(key, input)
  const common = { TableName: table, ...condition }
  if (operation.kind === 'delete') return { Delete: { ...common, Key, ...words.given() } }
  if (operation.kind === 'put') {
    return { Put: { ...common, Item: { ...attributesTo(input['item'] as JsonObject), ...Key }, ...words.given() } }
  }
  const clauses = (['set', 'add'] as const).flatMap((verb) => {
    const changes = Object.entries((input[verb] ?? {}) as JsonObject)
    if (changes.length === 0) return []
    const sign = verb === 'set' ? ' = ' : ' '
    const parts = changes.map(([name, value]) => `${words.name(name)}${sign}${words.value(value)}`)
    return [`${verb.toUpperCase()} ${parts.join(', ')}`]
  })
  const update = clauses.length === 0 ? {} : { UpdateExpression: clauses.join(' ') }
  return { Update: { ...common, Key, UpdateExpression: '', ...update, ...words.given() } }
}

function conditionOf(when: When, key: DynamodbKey, words: ReturnType<typeof placeholders>): string {
  const partition = nameOf(key.partition)
  if (when === 'absent') return `attribute_not_exists(${words.name(partition)})`
  if (when === 'exists') return `attribute_exists(${words.name(partition)})`
  return Object.entries(when)
    .map(([name, value]) => `${words.name(name)} = ${words.value(value)}`)
    .join(' AND ')
}
