/**
 * The records port on two DynamoDB tables, each with keys `pk`, `sk` and one sparse index with keys `ipk`, `isk` that
 * projects all. Makes no table: that is deployment's business. Repeats what AWS's client repeats, and no more.
 */
import {
  type AttributeValue,
  DeleteItemCommand,
  DynamoDBClient,
  type DynamoDBClientConfig,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type QueryCommandInput,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { assertNever } from '../errors.ts'
import { refusedTransaction, refusedWrite, translated } from './dynamodb-errors.ts'
import { keyedInput, putInput, updateInput } from './dynamodb-expressions.ts'
import { itemFrom, keyTo, type Stored } from './dynamodb-item.ts'
import { type KeyQuery, keyQuery } from './dynamodb-query.ts'
import { type DynamodbTables, indexTableOf, tableOf } from './dynamodb-tables.ts'
import { attributesText, checkKey, checkLimit, checkWrite, checkWrites, keyOf } from './limits.ts'
import type { Page, QueryOptions, Records, Write, WriteOutcome } from './records.ts'

export interface DynamodbRecordsOptions {
  readonly tables: DynamodbTables
  /** Name of the index of each table. */
  readonly index: string
  /** Given to AWS's client: region, endpoint, credentials. */
  readonly client?: DynamoDBClientConfig
}

export interface DynamodbRecords extends Records {
  close(): void
}

const TABLE_KEYS = { partition: 'pk', sort: 'sk' }
const INDEX_KEYS = { partition: 'ipk', sort: 'isk' }

export function openDynamodbRecords({ tables, index, client: config = {} }: DynamodbRecordsOptions): DynamodbRecords {
  const client = new DynamoDBClient(config)

  function sendWrite(write: Exclude<Write, { kind: 'check' }>): Promise<unknown> {
    const table = tableOf(tables, keyOf(write).partition)
    switch (write.kind) {
      case 'put':
        return client.send(new PutItemCommand(putInput(table, write)))
      case 'update':
        return client.send(new UpdateItemCommand(updateInput(table, write)))
      case 'delete':
        return client.send(new DeleteItemCommand(keyedInput(table, write)))
      default:
        return assertNever(write)
    }
  }

  /** AWS's client makes one ClientRequestToken a command, and sends it again with each of its own repeats. */
  async function transact(writes: readonly Write[]): Promise<WriteOutcome> {
    checkWrites(writes)
    for (const write of writes) checkSize(write)
    const items = writes.map((write) => transactItem(tableOf(tables, keyOf(write).partition), write))
    const command = new TransactWriteItemsCommand({ TransactItems: items })
    try {
      await client.send(command)
      return { ok: true }
    } catch (error) {
      return refusedTransaction(error)
    }
  }

  /** DynamoDB's own pages end anywhere: goes on to the limit or the end. */
  async function page(search: Search, limit: number): Promise<Page> {
    const { input, query, start, cursor } = search
    const found: Stored[] = []
    let from = start
    do {
      const command = new QueryCommand({
        ...input,
        ...query.input,
        TableName: search.table,
        Limit: limit + 2 - found.length,
        ...(from === undefined ? {} : { ExclusiveStartKey: from }),
      })
      const answer = await client.send(command).catch(throwTranslated)
      found.push(...(answer.Items ?? []).filter((stored) => stored[search.sort]?.S !== query.except))
      from = answer.LastEvaluatedKey
    } while (from !== undefined && found.length <= limit)
    const last = found[limit - 1]
    const items = found.slice(0, limit).map(itemFrom)
    return found.length > limit && last !== undefined ? { items, next: cursor(last) } : { items }
  }

  return {
    async get(key) {
      checkKey(key)
      const TableName = tableOf(tables, key.partition)
      const command = new GetItemCommand({ TableName, Key: keyTo(key), ConsistentRead: true })
      const { Item } = await client.send(command).catch(throwTranslated)
      return Item === undefined ? undefined : itemFrom(Item)
    },
    async query(partition, options = {}) {
      const limit = checkLimit(options.limit)
      const query = keyQuery(TABLE_KEYS, partition, options)
      if (query === undefined) return { items: [] }
      const table = tableOf(tables, partition)
      const cursor = ({ sk }: Stored) => sk?.S ?? ''
      return page({ table, input: { ConsistentRead: true }, query, sort: 'sk', start: undefined, cursor }, limit)
    },
    /** Items may share an index sort key, so its cursor also holds the key of the item: `<sort>\0<pk>\0<sk>`. */
    async queryIndex(partition, options = {}) {
      const limit = checkLimit(options.limit)
      const start = indexStart(partition, options.after)
      const { after: _, ...rest } = options
      const query = keyQuery(INDEX_KEYS, partition, start === undefined ? options : rest)
      if (query === undefined) return { items: [] }
      const table = indexTableOf(tables, partition)
      return page({ table, input: { IndexName: index }, query, sort: 'isk', start, cursor: indexCursor }, limit)
    },
    async write(write) {
      if (write.kind === 'check') return transact([write])
      checkWrite(write)
      checkSize(write)
      try {
        await sendWrite(write)
        return { ok: true }
      } catch (error) {
        return refusedWrite(error)
      }
    },
    transact,
    close: () => client.destroy(),
  }
}

interface Search {
  readonly table: string
  readonly input: Partial<QueryCommandInput>
  readonly query: KeyQuery
  readonly sort: 'sk' | 'isk'
  readonly start: Record<string, AttributeValue> | undefined
  readonly cursor: (last: Stored) => string
}

function transactItem(table: string, write: Write): TransactWriteItem {
  switch (write.kind) {
    case 'put':
      return { Put: putInput(table, write) }
    case 'update':
      return { Update: updateInput(table, write) }
    case 'check':
      return { ConditionCheck: keyedInput(table, write) }
    case 'delete':
      return { Delete: keyedInput(table, write) }
    default:
      return assertNever(write)
  }
}

/** What an update makes of an item only DynamoDB can weigh. */
function checkSize(write: Write): void {
  if (write.kind === 'put') attributesText(write.item)
}

function indexStart(partition: string, after: QueryOptions['after']): Stored | undefined {
  const [isk, pk, sk] = after?.split('\0') ?? []
  if (isk === undefined || pk === undefined || sk === undefined) return undefined
  return { ipk: { S: partition }, isk: { S: isk }, pk: { S: pk }, sk: { S: sk } }
}

function indexCursor({ isk, pk, sk }: Stored): string {
  return [isk?.S, pk?.S, sk?.S].join('\0')
}

function throwTranslated(error: unknown): never {
  throw translated(error)
}
