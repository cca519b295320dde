/** Query options → DynamoDB's key condition. One sort condition is all it takes, so prefix and cursor share it. */
import type { AttributeValue, QueryCommandInput } from '@aws-sdk/client-dynamodb'
import type { QueryOptions } from './records.ts'

export interface KeyQuery {
  readonly input: Pick<QueryCommandInput, 'KeyConditionExpression' | 'ExpressionAttributeValues' | 'ScanIndexForward'>
  /** A sort key that the condition lets through, but the query does not mean. */
  readonly except: string | undefined
}

const LAST_CHARACTER = '\u{10ffff}'

/** @returns undefined where nothing can match. */
export function keyQuery(
  names: { partition: string; sort: string },
  partition: string,
  options: QueryOptions,
): KeyQuery | undefined {
  const { prefix = '', after, reverse = false } = options
  const condition = sortCondition(names.sort, prefix, after, reverse)
  if (condition === undefined) return undefined
  const { text, values } = condition
  return {
    input: {
      KeyConditionExpression: `${names.partition} = :partition${text === '' ? '' : ` AND ${text}`}`,
      ExpressionAttributeValues: { ':partition': { S: partition }, ...values },
      ScanIndexForward: !reverse,
    },
    except: after,
  }
}

function sortCondition(
  sort: string,
  prefix: string,
  after: string | undefined,
  reverse: boolean,
): SortCondition | undefined {
  if (after === undefined) {
    return prefix === ''
      ? { text: '', values: {} }
      : { text: `begins_with(${sort}, :prefix)`, values: { ':prefix': { S: prefix } } }
  }
  if (prefix === '') return { text: `${sort} ${reverse ? '<' : '>'} :after`, values: { ':after': { S: after } } }
  const end = prefix + LAST_CHARACTER
  const low = reverse ? prefix : later(prefix, after)
  const high = reverse ? (later(end, after) === end ? after : end) : end
  if (later(low, high) !== high) return undefined
  return { text: `${sort} BETWEEN :low AND :high`, values: { ':low': { S: low }, ':high': { S: high } } }
}

interface SortCondition {
  readonly text: string
  readonly values: Record<string, AttributeValue>
}

function later(a: string, b: string): string {
  return Buffer.compare(Buffer.from(a), Buffer.from(b)) > 0 ? a : b
}
