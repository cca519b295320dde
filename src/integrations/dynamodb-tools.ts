/** `dynamodbTools`: declared operations on one table as tools, with exactly the rights that each needs. */
import type { DynamoDBClient, DynamoDBClientConfig } from '@aws-sdk/client-dynamodb'
import * as z from 'zod'
import { defineTool, type Grant, type Tool, type ToolContext } from '../define/tool.ts'
import { InvalidDefinition, type Issue } from '../errors.ts'
import { Json, type JsonObject } from '../schema/json.ts'
import { sha256 } from '../schema/sha256.ts'
import { type Markers, writeOnce } from './dynamodb-once.ts'
import {
  type DynamodbKey,
  type DynamodbOperation,
  inputOf,
  keyOf,
  nameOf,
  placeholders,
  typeOf,
  type WriteOperation,
  writeOf,
} from './dynamodb-operations.ts'
import { type Attributes, attributesFrom } from './dynamodb-values.ts'
import { type IntegrationRate, rateOf } from './rate-of.ts'

export interface DynamodbTools<Name extends string> {
  /** Tools are named `<name>_<operation>`. */
  readonly name: string
  /** The table's ARN: rights are given on exactly that. */
  readonly table: string
  readonly key: DynamodbKey
  readonly operations: Readonly<Record<Name, DynamodbOperation>>
  /** Where marks of writes are kept. @default the table itself, in partitions `BATON#…` */
  readonly markers?: { readonly table?: string; readonly key?: DynamodbKey; readonly expires?: Markers['expires'] }
  readonly rateLimit?: IntegrationRate
  /** For an endpoint of one's own. @default what AWS's client finds, in the table's region */
  readonly client?: DynamoDBClientConfig
}

const ARN = /^arn:[a-z-]+:dynamodb:([a-z0-9-]+):\d{12}:table\/([A-Za-z0-9_.-]{3,255})$/
const MOST_ITEMS = 50

const Item = z.record(z.string(), Json)

/** @throws InvalidDefinition */
export function dynamodbTools<const Name extends string>(
  options: DynamodbTools<Name>,
): { readonly [Key in Name]: Tool } {
  const operations = Object.entries<DynamodbOperation>(options.operations)
  const issues = issuesOf(options, operations)
  if (issues.length > 0) throw new InvalidDefinition(`DynamoDB tools ${JSON.stringify(options.name)}`, issues)
  const connect = connector(options)
  const tools = operations.map(([id, operation]) => [id, toolOf(`${options.name}_${id}`, operation, options, connect)])
  return Object.fromEntries(tools) as { readonly [Key in Name]: Tool }
}

type Connect = (context: Pick<ToolContext, 'credentials'>) => Promise<DynamoDBClient>

function toolOf(name: string, operation: DynamodbOperation, options: DynamodbTools<string>, connect: Connect): Tool {
  const { key, table } = options
  const common = {
    name,
    description: operation.description,
    input: inputOf(operation, key),
    ...rateOf(options.name, options.rateLimit),
    ...(operation.approval && { approval: operation.approval }),
  }
  if (operation.kind === 'get') {
    return defineTool({
      ...common,
      output: z.strictObject({ item: Item.nullable() }),
      effect: 'read',
      grants: [{ actions: ['dynamodb:GetItem'], resources: [table] }],
      run: async (input, context) => {
        const { GetItemCommand } = await import('@aws-sdk/client-dynamodb')
        const command = new GetItemCommand({ TableName: table, Key: keyOf(key, input), ConsistentRead: true })
        const { Item } = await (await connect(context)).send(command, { abortSignal: context.signal })
        const item = Item === undefined ? null : attributesFrom(Item)
        context.reads({ uri: `${table}#${JSON.stringify(input)}`, sha256: sha256(JSON.stringify(item)) })
        return { item }
      },
    })
  }
  if (operation.kind === 'query') {
    const resource = operation.index === undefined ? table : `${table}/index/${operation.index.name}`
    return defineTool({
      ...common,
      output: z.strictObject({ items: z.array(Item), isCut: z.boolean() }),
      effect: 'read',
      grants: [{ actions: ['dynamodb:Query'], resources: [resource] }],
      run: async (input, context) => {
        const found = await query(await connect(context), operation, options, input, context.signal)
        context.reads({ uri: `${resource}#${JSON.stringify(input)}`, sha256: sha256(JSON.stringify(found.items)) })
        return found
      },
    })
  }
  const markers = markersOf(options)
  return defineTool({
    ...common,
    output: z.strictObject({ done: z.literal(true) }),
    effect: 'keyed',
    grants: grantsOf(operation, table, markers.table),
    run: async (input, context) => {
      const { callId, fence, signal } = context
      const client = await connect(context)
      const write = writeOf(operation, table, key, input)
      await writeOnce({ client, markers, tool: name, callId, fence, now: context.now(), signal, write })
      return { done: true as const }
    },
  })
}

const ACTIONS = { put: 'dynamodb:PutItem', update: 'dynamodb:UpdateItem', delete: 'dynamodb:DeleteItem' } as const

function grantsOf({ kind }: WriteOperation, table: string, markers: string): readonly Grant[] {
  const marking = ACTIONS.put
  if (table === markers) return [{ actions: [...new Set([marking, ACTIONS[kind]])], resources: [table] }]
  return [
    { actions: [ACTIONS[kind]], resources: [table] },
    { actions: [marking], resources: [markers] },
  ]
}

function markersOf({ table, key, markers }: DynamodbTools<string>): Markers {
  return { table: markers?.table ?? table, key: markers?.key ?? key, expires: markers?.expires }
}

async function query(
  client: DynamoDBClient,
  { index, sort, descending, mostItems = MOST_ITEMS }: Extract<DynamodbOperation, { kind: 'query' }>,
  { table, key }: DynamodbTools<string>,
  input: JsonObject,
  abortSignal: AbortSignal,
): Promise<{ items: JsonObject[]; isCut: boolean }> {
  const { QueryCommand } = await import('@aws-sdk/client-dynamodb')
  const words = placeholders()
  const by = index?.key ?? key
  const conditions = [`${words.name(nameOf(by.partition))} = ${words.value(input[nameOf(by.partition)] ?? null)}`]
  if (by.sort !== undefined && sort !== undefined) {
    const name = words.name(nameOf(by.sort))
    const given = input[nameOf(by.sort)] ?? null
    if (sort === 'equals') conditions.push(`${name} = ${words.value(given)}`)
    else if (sort === 'beginsWith') conditions.push(`begins_with(${name}, ${words.value(given)})`)
    else {
      const { from = null, to = null } = given as { readonly from?: Json; readonly to?: Json }
      conditions.push(`${name} BETWEEN ${words.value(from)} AND ${words.value(to)}`)
    }
  }
  const command = new QueryCommand({
    TableName: table,
    ...(index && { IndexName: index.name }),
    KeyConditionExpression: conditions.join(' AND '),
    ...words.given(),
    ScanIndexForward: !descending,
    // A page ends early at 1 MB: then there is more, and it is said.
    Limit: mostItems + 1,
  })
  const { Items = [], LastEvaluatedKey } = await client.send(command, { abortSignal })
  const items = Items.slice(0, mostItems).map((item: Attributes) => attributesFrom(item))
  return { items, isCut: Items.length > mostItems || LastEvaluatedKey !== undefined }
}

/** Connections are kept over calls; credentials are each call's own. */
function connector({ table, client: config = {} }: DynamodbTools<string>): Connect {
  const region = ARN.exec(table)?.[1] ?? ''
  let handler: DynamoDBClientConfig['requestHandler']
  return async ({ credentials }) => {
    const { DynamoDBClient } = await import('@aws-sdk/client-dynamodb')
    const own = { region, ...(handler && { requestHandler: handler }), ...(credentials && { credentials }) }
    const client = new DynamoDBClient({ ...own, ...config })
    handler = client.config.requestHandler
    return client
  }
}

function issuesOf(options: DynamodbTools<string>, operations: readonly [string, DynamodbOperation][]): Issue[] {
  const { table, key, markers } = options
  const tables = [table, ...(markers?.table === undefined ? [] : [markers.table])]
  const writes = operations.some(([, { kind }]) => kind !== 'get' && kind !== 'query')
  return [
    ...tables.flatMap((arn) => {
      const remedy = 'give it whole, e.g. arn:aws:dynamodb:eu-west-1:111122223333:table/orders'
      return ARN.test(arn) ? [] : [{ path: 'table', message: `${JSON.stringify(arn)} is no table's ARN`, remedy }]
    }),
    ...(writes && typeOf(markersOf(options).key.partition) === 'N'
      ? [
          {
            path: 'markers',
            message: 'marks of writes need a partition key of texts',
            remedy: 'name another table: markers: { table, key }',
          },
        ]
      : []),
    ...operations.flatMap(([id, operation]): Issue[] => {
      const path = `operations.${id}`
      if (operation.kind === 'query' && operation.sort && (operation.index?.key ?? key).sort === undefined) {
        return [{ path, message: 'there is no sort key', remedy: 'leave `sort` out' }]
      }
      if (operation.kind !== 'update') return []
      const names = Object.keys({ ...operation.set, ...operation.add })
      if (names.length === 0) return [{ path, message: 'it changes nothing', remedy: 'give it set or add' }]
      const keys = [nameOf(key.partition), ...(key.sort === undefined ? [] : [nameOf(key.sort)])]
      return names
        .filter((name) => keys.includes(name))
        .map((name) => ({ path, message: `${name} is of the key, which cannot change`, remedy: 'leave it out' }))
    }),
  ]
}
