/**
 * A write that happens once for a call: in one transaction with a marker item, keyed by the call. Whoever repeats it
 * finds the marker, however late.
 */
import type {
  CancellationReason,
  DynamoDBClient,
  TransactionCanceledException,
  TransactWriteItem,
} from '@aws-sdk/client-dynamodb'
import { EffectUnknown, NotActed } from '../errors.ts'
import { sha256 } from '../schema/sha256.ts'
import { type DynamodbKey, nameOf, typeOf } from './dynamodb-operations.ts'
import type { Attributes } from './dynamodb-values.ts'

export interface Markers {
  readonly table: string
  readonly key: DynamodbKey
  /** An attribute of the table's time to live, and for how many days a marker is kept. Absent: for ever. */
  readonly expires?: { readonly attribute: string; readonly days: number } | undefined
}

interface Once {
  readonly client: DynamoDBClient
  readonly markers: Markers
  readonly tool: string
  readonly callId: string
  readonly fence: number
  readonly now: Date
  readonly signal: AbortSignal
  readonly write: TransactWriteItem
}

const DAY_SECONDS = 86_400

/** @throws NotActed where nothing was done, and nothing will be; EffectUnknown where that cannot be said. */
export async function writeOnce(call: Once): Promise<void> {
  const { client, callId, fence, signal, write } = call
  const { TransactWriteItemsCommand } = await import('@aws-sdk/client-dynamodb')
  const TransactItems = [{ Put: markerOf(call) }, write]
  // One invocation's repetitions by the client are one request to DynamoDB; another's the marker holds back.
  const ClientRequestToken = sha256(`${callId} ${fence}`).slice(0, 36)
  try {
    await client.send(new TransactWriteItemsCommand({ TransactItems, ClientRequestToken }), { abortSignal: signal })
  } catch (error) {
    const [marker, change] = reasonsOf(error)
    if (marker?.Code === 'ConditionalCheckFailed') return answerOf(marker.Item)
    if (change?.Code === 'ConditionalCheckFailed') return refuse(call)
    if (marker !== undefined && change?.Code !== 'ValidationError') throw unknown(error)
    throw fence === 1 && isRefusal(error)
      ? notActed(`${nameOfError(error)}: ${(error as Error).message}`)
      : unknown(error)
  }
}

function markerOf({ markers, tool, callId, now }: Once, refused?: string) {
  const { table, key, expires } = markers
  const until = expires && Math.floor(now.getTime() / 1_000) + expires.days * DAY_SECONDS
  const Item: Attributes = {
    [nameOf(key.partition)]: { S: `BATON#${callId}` },
    ...(key.sort !== undefined && { [nameOf(key.sort)]: typeOf(key.sort) === 'S' ? { S: 'BATON' } : { N: '0' } }),
    tool: { S: tool },
    ...(expires && { [expires.attribute]: { N: String(until) } }),
    ...(refused !== undefined && { refused: { S: refused } }),
  }
  return {
    TableName: table,
    Item,
    ConditionExpression: 'attribute_not_exists(#p)',
    ExpressionAttributeNames: { '#p': nameOf(key.partition) },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
  }
}

/** The condition does not hold. So that no earlier try can still act, a later one writes that down. */
async function refuse(call: Once): Promise<void> {
  const refused = 'the condition on the item does not hold'
  if (call.fence > 1) {
    const { PutItemCommand } = await import('@aws-sdk/client-dynamodb')
    try {
      await call.client.send(new PutItemCommand(markerOf(call, refused)), { abortSignal: call.signal })
    } catch (error) {
      if (nameOfError(error) !== 'ConditionalCheckFailedException') throw unknown(error)
      return answerOf((error as { readonly Item?: Attributes }).Item)
    }
  }
  throw notActed(refused)
}

/** @param marker Of this call, stored before. */
function answerOf(marker: Attributes | undefined): void {
  const refused = marker?.['refused']?.S
  if (refused !== undefined) throw notActed(refused)
}

function reasonsOf(error: unknown): readonly CancellationReason[] {
  if (nameOfError(error) !== 'TransactionCanceledException') return []
  return (error as TransactionCanceledException).CancellationReasons ?? []
}

/** DynamoDB answered, and took nothing. */
function isRefusal(error: unknown): boolean {
  const { $metadata } = error as { readonly $metadata?: { readonly httpStatusCode?: number } }
  const status = $metadata?.httpStatusCode ?? 0
  return (status >= 400 && status < 500) || nameOfError(error) === 'CredentialsProviderError'
}

function nameOfError(error: unknown): string {
  return error instanceof Error ? error.name : String(error)
}

function notActed(message: string): NotActed {
  return new NotActed({ message, next: 'Read the item first, and correct the arguments.' })
}

function unknown(cause: unknown): EffectUnknown {
  return new EffectUnknown({
    message: `whether DynamoDB made the change is not known: ${nameOfError(cause)}`,
    next: 'The same call again makes it once.',
    cause,
  })
}
