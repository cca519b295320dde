/**
 * What IAM is asked for a call of an AWS service, as far as Baton's own functions make it: action, resource, context. A
 * call that is not known here is asked for as an action that nothing allows.
 */
import { isJsonObject, type Json, type JsonObject } from '../schema/json.ts'
import { modelRequests } from './bedrock-statements.ts'
import type { AccessRequest } from './evaluate.ts'
import { indexArnOf, type Place } from './resources.ts'
import { madeSecretArn } from './secret-statements.ts'

export interface AwsCall {
  /** As in a signature: `dynamodb`, `s3`, `lambda`, `bedrock`, `secretsmanager`, `states`, `sts`, `kms`. */
  readonly service: string
  /** e.g. `GetItem` */
  readonly operation: string
  /** As AWS's client takes it. */
  readonly input: JsonObject
}

export type AwsPlace = Omit<Place, 'team'>

export function accessRequests(call: AwsCall, place: AwsPlace): readonly AccessRequest[] {
  const { service, operation, input } = call
  switch (service) {
    case 'dynamodb':
      return dynamodbRequests(operation, input, place)
    case 's3':
      return s3Requests(operation, input, place)
    case 'lambda':
      return [ask(operation === 'Invoke' ? 'lambda:InvokeFunction' : `lambda:${operation}`, functionArn(input, place))]
    case 'bedrock':
      return modelRequests(text(input, 'modelId'), place.region, { place: { ...place, team: '' } }).map((one) => ({
        ...{ action: operation.endsWith('Stream') ? 'bedrock:InvokeModelWithResponseStream' : 'bedrock:InvokeModel' },
        ...one,
      }))
    case 'secretsmanager':
      return [ask(`secretsmanager:${operation}`, secretArn(text(input, 'SecretId'), place))]
    case 'states':
      return [ask(`states:${operation}`, machineArn(input))]
    case 'kms':
      return [ask(`kms:${operation}`, text(input, 'KeyId'))]
    case 'sts':
      return assumeRequests(operation, input)
    default:
      return [ask(`${service}:${operation}`, '*')]
  }
}

const LEADING_KEYS = 'dynamodb:LeadingKeys'

function ask(action: string, resource: string, context: AccessRequest['context'] = {}): AccessRequest {
  return { action, resource, context }
}

/** Of a transaction one request for each kind of write and table, with all of that table's keys. */
function dynamodbRequests(operation: string, input: JsonObject, place: AwsPlace): readonly AccessRequest[] {
  const table = (name: string) => (name.startsWith('arn:') ? name : `${arn('dynamodb', place)}:table/${name}`)
  switch (operation) {
    case 'TransactWriteItems':
      return ofItems(input, (kind) => `dynamodb:${kind}Item`, table)
    case 'TransactGetItems':
      return ofItems(input, () => 'dynamodb:GetItem', table)
    case 'BatchGetItem':
    case 'BatchWriteItem':
      return ofBatch(operation, object(input, 'RequestItems'), table)
    case 'ExecuteStatement':
      return [partiql(text(input, 'Statement'), table)]
    default: {
      const own = table(text(input, 'TableName'))
      const index = input['IndexName']
      const resource = typeof index === 'string' ? indexArnOf(own, index) : own
      return [ask(`dynamodb:${operation}`, resource, keyContext(keysOf(input)))]
    }
  }
}

function ofItems(
  input: JsonObject,
  actionOf: (kind: string) => string,
  table: (name: string) => string,
): readonly AccessRequest[] {
  const writes = list(input, 'TransactItems').flatMap((item) => Object.entries(isJsonObject(item) ? item : {}))
  const asked = writes.flatMap(([kind, write]) => {
    if (!isJsonObject(write)) return []
    return [{ action: actionOf(kind), resource: table(text(write, 'TableName')), keys: keysOf(write) }]
  })
  return [...new Set(asked.map(({ resource }) => resource))].flatMap((resource) => {
    const own = asked.filter((one) => one.resource === resource)
    const keys = [...new Set(own.flatMap((one) => one.keys))]
    return [...new Set(own.map(({ action }) => action))].map((action) => ask(action, resource, keyContext(keys)))
  })
}

function ofBatch(operation: string, tables: JsonObject, table: (name: string) => string): readonly AccessRequest[] {
  return Object.entries(tables).map(([name, requests]) => {
    const items = isJsonObject(requests)
      ? list(requests, 'Keys').map((Key) => ({ Key }))
      : asList(requests).flatMap(inner)
    return ask(`dynamodb:${operation}`, table(name), keyContext(items.flatMap(keysOf)))
  })
}

/** `{ PutRequest: { Item } }` or `{ DeleteRequest: { Key } }` */
function inner(request: Json): readonly JsonObject[] {
  return isJsonObject(request) ? Object.values(request).filter(isJsonObject) : []
}

function partiql(statement: string, table: (name: string) => string): AccessRequest {
  const [verb = ''] = statement.trim().split(/\s+/)
  const [, name = ''] = /"([^"]+)"/.exec(statement) ?? []
  return ask(`dynamodb:PartiQL${verb.charAt(0).toUpperCase()}${verb.slice(1).toLowerCase()}`, table(name))
}

/** Absent where there are none, as of a Scan. */
function keyContext(keys: readonly string[]): AccessRequest['context'] {
  return keys.length === 0 ? {} : { [LEADING_KEYS]: keys }
}

/** Partition keys in a request, where they are called as in Baton's own tables; of other tables no right depends on them. */
function keysOf(input: JsonObject): readonly string[] {
  const stored = object(input, 'Key')['pk'] ?? object(input, 'Item')['pk']
  const named = stored ?? queried(input)
  return isJsonObject(named) && typeof named['S'] === 'string' ? [named['S']] : []
}

function queried(input: JsonObject): Json | undefined {
  const names = object(input, 'ExpressionAttributeNames')
  const condition = typeof input['KeyConditionExpression'] === 'string' ? input['KeyConditionExpression'] : ''
  const equal = [...condition.matchAll(/(#?\w+)\s*=\s*(:\w+)/g)]
  const own = equal.find(([, name = '']) => ['pk', 'ipk'].includes(String(names[name] ?? name)))
  return own && object(input, 'ExpressionAttributeValues')[own[2] ?? '']
}

function s3Requests(operation: string, input: JsonObject, { partition }: AwsPlace): readonly AccessRequest[] {
  const bucket = `arn:${partition}:s3:::${text(input, 'Bucket')}`
  switch (operation) {
    case 'ListObjectsV2':
    case 'ListObjects':
    case 'HeadBucket':
      return [ask('s3:ListBucket', bucket)]
    case 'DeleteObjects':
      return list(object(input, 'Delete'), 'Objects').map((one) =>
        ask('s3:DeleteObject', `${bucket}/${isJsonObject(one) ? text(one, 'Key') : ''}`),
      )
    case 'HeadObject':
      return [ask('s3:GetObject', `${bucket}/${text(input, 'Key')}`)]
    default:
      return [ask(`s3:${operation}`, `${bucket}/${text(input, 'Key')}`)]
  }
}

function functionArn(input: JsonObject, place: AwsPlace): string {
  const name = text(input, 'FunctionName')
  const own = name.startsWith('arn:') ? name : `${arn('lambda', place)}:function:${name}`
  return typeof input['Qualifier'] === 'string' ? `${own}:${input['Qualifier']}` : own
}

function secretArn(id: string, place: AwsPlace): string {
  return id.startsWith('arn:') ? id : madeSecretArn(`${arn('secretsmanager', place)}:secret:${id}`)
}

/** Of a version IAM is asked for the machine itself; of an answer to a task for anything. */
function machineArn(input: JsonObject): string {
  const execution = input['executionArn']
  if (typeof execution === 'string') return execution
  const machine = input['stateMachineArn']
  return typeof machine === 'string' ? machine.split(':').slice(0, MACHINE_PARTS).join(':') : '*'
}

const MACHINE_PARTS = 7

/** To take a role on with tags takes both rights. */
function assumeRequests(operation: string, input: JsonObject): readonly AccessRequest[] {
  const tags = list(input, 'Tags').flatMap((tag) => (isJsonObject(tag) ? [[text(tag, 'Key'), text(tag, 'Value')]] : []))
  const context = {
    'sts:RoleSessionName': text(input, 'RoleSessionName'),
    ...(tags.length > 0 && { 'aws:TagKeys': tags.map(([key = '']) => key) }),
    ...Object.fromEntries(tags.map(([key, value]) => [`aws:RequestTag/${key}`, value])),
  }
  const actions = operation === 'AssumeRole' && tags.length > 0 ? [operation, 'TagSession'] : [operation]
  return actions.map((action) => ask(`sts:${action}`, text(input, 'RoleArn') || '*', context))
}

function arn(service: string, { partition, region, account }: AwsPlace): string {
  return `arn:${partition}:${service}:${region}:${account}`
}

function text(input: JsonObject, field: string): string {
  const value = input[field]
  return typeof value === 'string' ? value : ''
}

function object(input: JsonObject, field: string): JsonObject {
  const value = input[field]
  return isJsonObject(value) ? value : {}
}

function list(input: JsonObject, field: string): readonly Json[] {
  return asList(input[field])
}

function asList(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : []
}
