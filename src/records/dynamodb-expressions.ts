/** Typed conditions and updates → DynamoDB's expressions, put together from named fragments. Sends nothing. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { assertNever } from '../errors.ts'
import type { Json } from '../schema/json.ts'
import { itemTo, keyTo, type Stored, valueTo } from './dynamodb-item.ts'
import type { Condition, Write } from './records.ts'

const ABSENT = 'attribute_not_exists(pk)'
const EXISTS = 'attribute_exists(pk)'

interface Names {
  name(attribute: string): string
  value(value: Json): string
  /** Only what was used: DynamoDB refuses unused or empty ones. */
  fields(): {
    ExpressionAttributeNames?: Record<string, string>
    ExpressionAttributeValues?: Record<string, AttributeValue>
  }
}

/** `single`: may stand beside AND or OR without parentheses; DynamoDB refuses redundant ones. */
interface Fragment {
  readonly text: string
  readonly single: boolean
}

/** A put, update, delete or check as DynamoDB takes it, alone or in a transaction. */
export function putInput(table: string, write: Extract<Write, { kind: 'put' }>) {
  const names = openNames()
  const condition = fragmentOf(write.condition, names).text
  return { ...base(table, condition, names), Item: itemTo(write.item) }
}

export function keyedInput(table: string, write: Exclude<Write, { kind: 'put' | 'update' }>) {
  const names = openNames()
  const condition = fragmentOf(write.condition, names).text
  return { ...base(table, condition, names), Key: keyTo(write.key) }
}

export function updateInput(table: string, write: Extract<Write, { kind: 'update' }>) {
  const names = openNames()
  const condition = fragmentOf(write.condition, names).text
  const set = Object.entries(write.set ?? {}).map(([name, value]) => `${names.name(name)} = ${names.value(value)}`)
  const add = Object.entries(write.add ?? {}).map(([name, value]) => `${names.name(name)} ${names.value(value)}`)
  const remove = (write.remove ?? []).map((name) => names.name(name))
  const clauses = [clause('SET', set), clause('ADD', add), clause('REMOVE', remove)].filter((part) => part !== '')
  const Key: Stored = keyTo(write.key)
  const UpdateExpression = clauses.length === 0 ? undefined : clauses.join(' ')
  return { ...base(table, condition, names), Key, UpdateExpression }
}

function base(table: string, condition: string, names: Names) {
  return {
    TableName: table,
    ConditionExpression: condition,
    ...names.fields(),
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
  }
}

function clause(verb: string, parts: readonly string[]): string {
  return parts.length === 0 ? '' : `${verb} ${parts.join(', ')}`
}

function fragmentOf(condition: Condition, names: Names): Fragment {
  switch (condition.kind) {
    case 'absent':
      return { text: ABSENT, single: true }
    case 'exists':
      return { text: EXISTS, single: true }
    case 'equals':
      return compare(condition.attribute, '=', condition.value, names)
    case 'notEquals': {
      const missing = { text: `attribute_not_exists(${names.name(condition.attribute)})`, single: true }
      return joined('OR', [missing, compare(condition.attribute, '<>', condition.value, names)])
    }
    case 'less':
      return compare(condition.attribute, '<', condition.than, names)
    case 'atLeast':
      return compare(condition.attribute, '>=', condition.value, names)
    case 'and':
      return condition.conditions.length === 0
        ? { text: `${ABSENT} OR ${EXISTS}`, single: false }
        : joined(
            'AND',
            condition.conditions.map((part) => fragmentOf(part, names)),
          )
    case 'or':
      return condition.conditions.length === 0
        ? { text: `${ABSENT} AND ${EXISTS}`, single: false }
        : joined(
            'OR',
            condition.conditions.map((part) => fragmentOf(part, names)),
          )
    default:
      return assertNever(condition)
  }
}

function compare(attribute: string, operator: string, value: Json, names: Names): Fragment {
  return { text: `${names.name(attribute)} ${operator} ${names.value(value)}`, single: true }
}

function joined(word: 'AND' | 'OR', parts: readonly Fragment[]): Fragment {
  const [first] = parts
  if (parts.length === 1 && first !== undefined) return first
  return { text: parts.map(({ text, single }) => (single ? text : `(${text})`)).join(` ${word} `), single: false }
}

function openNames(): Names {
  const names = new Map<string, string>()
  const values: Record<string, AttributeValue> = {}
  let count = 0
  return {
    name(attribute) {
      const known = names.get(attribute) ?? `#n${names.size}`
      names.set(attribute, known)
      return known
    },
    value(value) {
      const placeholder = `:v${count++}`
      values[placeholder] = valueTo(value)
      return placeholder
    },
    fields: () => ({
      ...(names.size === 0
        ? {}
        : { ExpressionAttributeNames: Object.fromEntries([...names].map(([attribute, name]) => [name, attribute])) }),
      ...(count === 0 ? {} : { ExpressionAttributeValues: values }),
    }),
  }
}
