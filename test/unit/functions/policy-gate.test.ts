/** AWS's own clients against the policies of a deployed role: what they send, what IAM would answer, what they make of it. */
import { Readable } from 'node:stream'
import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime'
import * as ddb from '@aws-sdk/client-dynamodb'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import * as s3 from '@aws-sdk/client-s3'
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { SendTaskSuccessCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { WireRequest } from '../../../functions/aws-wire.ts'
import { takeDenials } from '../../../functions/denials.ts'
import type { Handle } from '../../../functions/gated-connections.ts'
import { policyGate } from '../../../functions/policy-gate.ts'
import {
  agentBoundary,
  agentStatements,
  assumeRunStatement,
  runRoleTrust,
  type Statement,
} from '../../../src/permissions/index.ts'
import { office } from '../engine/support/gated-team.ts'

const EXEC = 'arn:aws:iam::111122223333:role/Exec'
const RUN = 'arn:aws:iam::111122223333:role/Run'
const TABLES = 'arn:aws:dynamodb:eu-west-1:111122223333:table'
const MAIL = 'arn:aws:lambda:eu-west-1:111122223333:function:mail'
const [clerk] = office.agents
if (clerk === undefined) throw new Error('the team has an agent')
const statements = agentStatements(clerk, {
  ...{ recordsTableArn: `${TABLES}/records`, journalTableArn: `${TABLES}/journal` },
  ...{ artifactsBucketArn: 'arn:aws:s3:::store', bedrockRegion: 'eu-west-1', workflows: ['desk'] },
  place: { partition: 'aws', region: 'eu-west-1', account: '111122223333', team: 'office' },
  toolFunctionArns: { mail: MAIL },
})
const boundary = agentBoundary(statements, `${TABLES}/journal`)
const wide: Statement = { Sid: 'TooMuch', Effect: 'Allow', Action: ['*'], Resource: ['*'] }
const trust = runRoleTrust(EXEC).map((one) => ({
  principal: EXEC,
  statement: { ...one, Resource: ['*'] } as Statement,
}))

const POLICIES = {
  [EXEC]: {
    statements: [assumeRunStatement(RUN), assumeRunStatement(`${RUN}Wide`)],
    boundary: [...boundary],
    trust: [],
  },
  // As if somebody had given it everything: the boundary stands.
  [`${RUN}Wide`]: { statements: [wide], boundary: [...boundary], trust },
  [RUN]: { statements: [...statements], boundary: [...boundary], trust },
}

/** What went through, by service and path or operation. */
const sent: string[] = []
const answer: Handle = async (request) => {
  const { headers, body, path }: WireRequest = request
  sent.push(String(headers['x-amz-target'] ?? path))
  const isSts = typeof body === 'string' && body.includes('Action=AssumeRole')
  const [, role = ''] = /role%2F(\w+)/.exec(String(body)) ?? []
  const credentials = `<AccessKeyId>AKIASTEP${role}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>`
  const text = isSts
    ? `<AssumeRoleResponse><AssumeRoleResult><Credentials>${credentials}</Credentials></AssumeRoleResult></AssumeRoleResponse>`
    : '{}'
  return { response: { statusCode: 200, headers: {}, body: Readable.from([Buffer.from(text)]) } }
}

let config: { region: string; credentials: Record<'accessKeyId' | 'secretAccessKey', string>; requestHandler: never }
beforeEach(() => {
  sent.length = 0
  vi.spyOn(console, 'warn').mockReturnValue()
  takeDenials()
  const gate = policyGate(async (role) => POLICIES[role as keyof typeof POLICIES], EXEC)
  const requestHandler = { handle: gate(answer) } as never
  config = { region: 'eu-west-1', credentials: { accessKeyId: 'AKIAEXEC', secretAccessKey: 's' }, requestHandler }
})

const tags = (runId = 'run_1', stepId = 'write') => [
  { Key: 'runId', Value: runId },
  { Key: 'stepId', Value: stepId },
]

async function become(role = RUN, Tags = tags(), RoleSessionName = 'run_1') {
  await new STSClient(config).send(new AssumeRoleCommand({ RoleArn: role, RoleSessionName, Tags }))
  return { ...config, credentials: { ...config.credentials, accessKeyId: `AKIASTEP${role.split('/').at(-1)}` } }
}

const pk = (key: string) => ({ pk: { S: key }, sk: { S: 'X' } })
const get = (key: string, TableName = 'records') => new ddb.GetItemCommand({ TableName, Key: pk(key) })
const put = (key: string, TableName = 'records') => new ddb.PutItemCommand({ TableName, Item: pk(key) })
const query = (key: string, more: Partial<ddb.QueryCommandInput> = {}) =>
  new ddb.QueryCommand({
    ...{ TableName: 'records', KeyConditionExpression: 'pk = :partition' },
    ...{ ExpressionAttributeValues: { ':partition': { S: key } }, ...more },
  })
const update = (key: string, TableName = 'records') => new ddb.UpdateItemCommand({ TableName, Key: pk(key) })
const remove = (key: string, TableName = 'records') => new ddb.DeleteItemCommand({ TableName, Key: pk(key) })
const transact = (...TransactItems: ddb.TransactWriteItem[]) => new ddb.TransactWriteItemsCommand({ TransactItems })
const claim = (key: string) => ({ Update: { TableName: 'records', Key: pk(key), UpdateExpression: 'SET a = :a' } })
const row = (key: string) => ({ Put: { TableName: 'journal', Item: pk(key) } })
const journal = { TableName: 'journal' }
const index = { IndexName: 'index', KeyConditionExpression: 'ipk = :partition' }

describe('DynamoDB, as a step', () => {
  it.each([
    ['the head of its run', get('RUN#run_1')],
    ['the rows of its step', query('RUN#run_1#write', journal)],
    ['a row more', put('RUN#run_1#write', 'journal')],
    ['its claims', update('RUN#run_1#STEP#write')],
    ['a row with a claim', transact(row('RUN#run_1#write'), claim('RUN#run_1#STEP#write'), claim('RUN#run_1#BUDGET'))],
    [
      'a condition on its claims',
      transact({ ConditionCheck: { ...claim('RUN#run_1#STEP#write').Update, ConditionExpression: 'a' } }),
    ],
    ['a message', put('RUN#run_1#BOX#reviewer#clerk')],
    ['its table', remove('TOOL#keep')],
    ['by the ARN of the table', get('RUN#run_1', `${TABLES}/records`)],
  ])('it may: %s', async (_, command) => {
    await new ddb.DynamoDBClient(await become()).send(command as ddb.GetItemCommand)
    expect(sent.length).toBe(2)
    expect(takeDenials()).toEqual([])
  })

  const scan = { TableName: 'records' }
  it.each([
    ['another run’s head', get('RUN#run_2')],
    ['a run whose id begins like its own', get('RUN#run_10')],
    ['rows of another step', query('RUN#run_1#review', journal)],
    ['rows of another run', query('RUN#run_2#write', journal)],
    ['its own row, changed', update('RUN#run_1#write', 'journal')],
    ['its own row, removed', remove('RUN#run_1#write', 'journal')],
    [
      'a row, and another one removed',
      transact(row('RUN#run_1#write'), { Delete: { TableName: 'journal', Key: pk('RUN#run_1#write') } }),
    ],
    ['a Scan', new ddb.ScanCommand(scan)],
    ['a Scan of the journal', new ddb.ScanCommand(journal)],
    ['a Scan of the index', new ddb.ScanCommand({ ...scan, IndexName: 'index' })],
    ['a Query without a value', query('', { KeyConditionExpression: 'pk = :other' })],
    [
      'a Query by another name',
      query('RUN#run_2#STEP#x', {
        KeyConditionExpression: '#k = :partition',
        ExpressionAttributeNames: { '#k': 'pk' },
      }),
    ],
    ['a task token', get('RUN#run_1#APPROVAL')],
    ['the list of approvals', query('APPROVALS', index)],
    ['the list of runs', query('RUNS', index)],
    ['the registry', put('REG#office')],
    ['the brake, released', remove('BRAKE')],
    ['another step’s claims', transact(claim('RUN#run_1#STEP#write'), claim('RUN#run_1#STEP#review'))],
    ['a row of another run beside its own', transact(row('RUN#run_1#write'), row('RUN#run_2#write'))],
    ['another agent’s box', query('RUN#run_1#BOX#clerk#reviewer')],
    ['a key of state that it only reads', put('RUN#run_1#STATE#desk.plan')],
    ['many items at once', new ddb.BatchGetItemCommand({ RequestItems: { records: { Keys: [pk('RUN#run_1')] } } })],
    [
      'many writes at once',
      new ddb.BatchWriteItemCommand({ RequestItems: { journal: [{ DeleteRequest: { Key: pk('RUN#run_1#write') } }] } }),
    ],
    [
      'items of a transaction',
      new ddb.TransactGetItemsCommand({ TransactItems: [{ Get: { TableName: 'records', Key: pk('RUN#run_2') } }] }),
    ],
    ['PartiQL', new ddb.ExecuteStatementCommand({ Statement: 'SELECT * FROM "records"' })],
    ['the table itself', new ddb.DeleteTableCommand(journal)],
    ['what is in the table', new ddb.DescribeTableCommand(scan)],
  ])('it may not: %s', async (_, command) => {
    const asked = new ddb.DynamoDBClient(await become()).send(command as ddb.GetItemCommand)
    await expect(asked).rejects.toMatchObject({ name: 'AccessDeniedException' })
    expect(sent.length).toBe(1)
    expect(takeDenials()).toEqual([expect.objectContaining({ name: 'PermissionDenied' })])
  })

  it('may not rewrite rows, whatever a policy gives it', async () => {
    const client = new ddb.DynamoDBClient(await become(`${RUN}Wide`))

    await client.send(get('RUN#run_2'))
    await expect(client.send(update('RUN#run_1#write', 'journal'))).rejects.toThrow('JournalIsAppendOnly denies')
    await expect(client.send(remove('RUN#run_1#write', 'journal'))).rejects.toThrow('JournalIsAppendOnly denies')
  })
})

describe('other services, as a step', () => {
  const object = (Key: string) => ({ Bucket: 'store', Key })
  const converse = (modelId: string) => new ConverseCommand({ modelId, messages: [] })
  const secret = (name: string) => new GetSecretValueCommand({ SecretId: `baton/office/${name}` })
  const invoke = (FunctionName: string) => new InvokeCommand({ FunctionName, Payload: '{}' })
  type Sends = { send(command: unknown): Promise<unknown> }
  type Client = new (given: typeof config) => unknown
  const asked = async (client: Client, command: unknown) => (new client(await become()) as Sends).send(command)

  it.each<[string, Client, unknown]>([
    ['artifacts of its run', s3.S3Client, new s3.GetObjectCommand(object('runs/run_1/abc'))],
    ['an artifact more', s3.S3Client, new s3.PutObjectCommand({ ...object('runs/run_1/abc'), Body: 'x' })],
    ['its model', BedrockRuntimeClient, converse('a.large-v1:0')],
    ['the model behind its profile', BedrockRuntimeClient, converse('us.b.small-v1:0')],
    ['the secret of its tool', SecretsManagerClient, secret('desk')],
    ['its isolated tool', LambdaClient, invoke(`${MAIL}:3`)],
  ])('it may: %s', async (_, client, command) => {
    await asked(client, command)
    expect(sent.length).toBe(2)
  })

  it.each<[string, Client, unknown]>([
    ['artifacts of another run', s3.S3Client, new s3.GetObjectCommand(object('runs/run_2/abc'))],
    ['artifacts of run_10', s3.S3Client, new s3.GetObjectCommand(object('runs/run_10/abc'))],
    ['by way of its own run', s3.S3Client, new s3.GetObjectCommand(object('runs/run_2/../run_1/abc'))],
    ['another bucket', s3.S3Client, new s3.GetObjectCommand({ Bucket: 'other', Key: 'runs/run_1/abc' })],
    ['a list', s3.S3Client, new s3.ListObjectsV2Command({ Bucket: 'store' })],
    ['to remove one', s3.S3Client, new s3.DeleteObjectCommand(object('runs/run_1/abc'))],
    ['another model', BedrockRuntimeClient, converse('c.other-v1:0')],
    ['the model behind a profile by itself', BedrockRuntimeClient, converse('b.small-v1:0')],
    ['another tool’s secret', SecretsManagerClient, secret('cabinet')],
    ['another team’s secret', SecretsManagerClient, new GetSecretValueCommand({ SecretId: 'baton/other/desk' })],
    ['the secret of a tool with a role of its own', SecretsManagerClient, secret('post')],
    ['another function', LambdaClient, invoke(`${MAIL}er:1`)],
    ['its tool without a version', LambdaClient, invoke(MAIL)],
    ['a task token, answered', SFNClient, new SendTaskSuccessCommand({ taskToken: 't', output: '{}' })],
    ['a run, started', SFNClient, new StartExecutionCommand({ stateMachineArn: 'arn:aws:states:x:1:stateMachine:m' })],
    ['another role', STSClient, new AssumeRoleCommand({ RoleArn: RUN, RoleSessionName: 'run_2', Tags: tags('run_2') })],
  ])('it may not: %s', async (_, client, command) => {
    await expect(asked(client, command)).rejects.toThrow(
      expect.objectContaining({ name: expect.stringMatching(/^AccessDenied/) }),
    )
    expect(sent.length).toBe(1)
  })
})

describe('to become a role', () => {
  it('takes both tags, no other, and the name of the run', async () => {
    await expect(become(RUN, [])).rejects.toThrow('sts:AssumeRole')
    await expect(become(RUN, tags().slice(0, 1))).rejects.toThrow('aws:RequestTag/stepId')
    await expect(become(RUN, [...tags(), { Key: 'team', Value: 'x' }])).rejects.toThrow('aws:TagKeys')
    await expect(become(RUN, tags('run_2'))).rejects.toThrow('sts:RoleSessionName')
    expect(sent).toEqual([])
    await become()
    expect(sent.length).toBe(1)
  })

  it('is all that the function itself may do', async () => {
    await expect(new ddb.DynamoDBClient(config).send(get('RUN#run_1'))).rejects.toThrow('role Exec')
    await expect(new s3.S3Client(config).send(new s3.ListBucketsCommand())).rejects.toThrow('denied')
  })
})
