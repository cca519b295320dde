import { afterEach, beforeEach, expect, it } from 'vitest'
import { agentHandler } from '../../../functions/agent.ts'
import { openAgentSurroundings } from '../../../functions/agent-surroundings.ts'
import { RunId, Sha256, StepId } from '../../../src/schema/ids.ts'
import { type AwsService, awsService } from './support/aws-service.ts'
import { lambdaContext, PRICES, team } from './support/team.ts'

const ROLE = 'arn:aws:iam::123456789012:role/Run'
const NAMES = [
  'AWS_REGION',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_ENDPOINT_URL',
  'BATON_AGENT',
  'BATON_MODEL',
]
const OURS = [
  ...[
    'BATON_RECORDS_TABLE',
    'BATON_JOURNAL_TABLE',
    'BATON_ARTIFACTS_BUCKET',
    'BATON_RUN_ROLE_ARN',
    'BATON_TOOL_FUNCTIONS',
  ],
]
const before = new Map<string, string | undefined>()
let aws: AwsService

/** One endpoint for STS, which gives keys by step, and DynamoDB, in which nothing lies. */
beforeEach(async () => {
  aws = await awsService(({ body, operation }) => {
    if (operation !== '') return { body: {} }
    const stepId = new URLSearchParams(body).get('Tags.member.2.Value')
    const keys = `<AccessKeyId>KEY-${stepId}</AccessKeyId><SecretAccessKey>S</SecretAccessKey><SessionToken>T-${stepId}</SessionToken>`
    const result = `<AssumeRoleResult><Credentials>${keys}</Credentials></AssumeRoleResult>`
    return { headers: { 'content-type': 'text/xml' }, body: `<AssumeRoleResponse>${result}</AssumeRoleResponse>` }
  })
  for (const name of [...NAMES, ...OURS]) before.set(name, process.env[name])
  const values = ['us-east-1', 'OWN', 'own', aws.url, 'solver', 'offline', 'records', 'journal', 'bucket', ROLE, '{}']
  for (const [index, name] of [...NAMES, ...OURS].entries()) process.env[name] = values[index]
})

afterEach(() => {
  for (const [name, value] of before) {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
  aws.close()
})

const stepOf = (stepId: string) => ({ runId: RunId.parse('run-1'), stepId: StepId.parse(stepId) })
/** Whose keys each request was signed with. */
const signers = () =>
  aws.asked.map(({ operation, headers }) => {
    const [, key] = /Credential=([^/]+)\//.exec(String(headers['authorization'])) ?? []
    return [operation || 'AssumeRole', key, headers['x-amz-security-token']]
  })

it('reaches the records of each step with the credentials of that step, and of no other', async () => {
  const { reach } = await openAgentSurroundings(team)
  const [first, second] = await Promise.all([reach(stepOf('first'), 'request-1'), reach(stepOf('second'), 'request-1')])
  aws.asked.length = 0
  await first.runs.isCancelRequested(RunId.parse('run-1'))
  await second.journal.readStep(RunId.parse('run-1'), StepId.parse('second'))
  expect(signers()).toEqual([
    ['GetItem', 'KEY-first', 'T-first'],
    ['Query', 'KEY-second', 'T-second'],
  ])
})

it('gives tools the credentials of the step, which hold their grants', async () => {
  const { reach } = await openAgentSurroundings(team)
  expect((await reach(stepOf('first'), 'request-1')).credentials).toMatchObject({
    accessKeyId: 'KEY-first',
    sessionToken: 'T-first',
  })
})

it('claims, reserves and asks the brake with the credentials of the step, each invocation as itself', async () => {
  const { reach } = await openAgentSurroundings(team)
  const { ledger, openBudget, brake, guard } = await reach(stepOf('first'), 'request-1')
  const call = {
    ...stepOf('first'),
    agent: 'solver',
    tool: 'double',
    effect: 'opaque',
    longestMs: 1_000,
    isAskedBeforeActing: false,
    callId: Sha256.parse('ab'.repeat(32)),
    argumentsSha256: Sha256.parse('cd'.repeat(32)),
  } as const
  aws.asked.length = 0
  expect(await ledger?.claim(call)).toMatchObject({ status: 'mine' })
  expect(await openBudget?.(stepOf('first'))).toBeUndefined()
  expect(await brake?.({ team: 'solvers' })).toBeUndefined()
  expect(await guard?.admit('model-a')).toMatchObject({ admitted: true })
  expect(signers()).toEqual([
    ['UpdateItem', 'KEY-first', 'T-first'],
    ['GetItem', 'KEY-first', 'T-first'],
    ['Query', 'KEY-first', 'T-first'],
    ['Query', 'KEY-first', 'T-first'],
  ])
  const [claim = '', , , breaker] = aws.asked.map(({ body }) => body)
  const [, owner = ''] = /":v5":\{"B":"([^"]+)"\}/.exec(claim) ?? []
  expect(JSON.parse(Buffer.from(owner, 'base64').toString())).toMatchObject({ requestId: 'request-1' })
  expect(breaker).toContain('MODEL#model-a@us-east-1')
})

it('asks for credentials with its own, once a step', async () => {
  const { reach } = await openAgentSurroundings(team)
  await reach(stepOf('first'), 'request-1')
  expect(signers()).toEqual([['AssumeRole', 'OWN', undefined]])
})

it('uses its own credentials where it has no role to assume', async () => {
  delete process.env['BATON_RUN_ROLE_ARN']
  const { reach } = await openAgentSurroundings(team)
  const { runs } = await reach(stepOf('first'), 'request-1')
  await runs.isCancelRequested(RunId.parse('run-1'))
  expect(signers()).toEqual([['GetItem', 'OWN', undefined]])
})

it('runs no isolated tool in process, also where none is deployed', async () => {
  const { reach } = await openAgentSurroundings(team)
  const { runIsolated } = await reach(stepOf('first'), 'request-1')
  const call = { tool: 'double', input: { n: 1 }, context: {} }
  await expect(runIsolated?.(call as never, new AbortController().signal)).rejects.toMatchObject({
    name: 'ToolNotDeployed',
  })
})

it('is a whole function with what the environment says', async () => {
  const handler = agentHandler({ team, prices: PRICES })
  const event = { ...stepOf('first'), execution: 1, agent: 'solver', input: { question: 'What?' }, settings: {} }
  expect(await handler(event, lambdaContext())).toMatchObject({ status: 'completed' })
  const writes = aws.asked.filter(({ operation }) => /Put|Transact/.test(operation))
  expect(writes.length).toBeGreaterThan(0)
  expect(writes.every(({ body }) => body.includes('"TableName":"journal"') && !body.includes('"records"'))).toBe(true)
})

it('names the variable that is missing', async () => {
  delete process.env['BATON_JOURNAL_TABLE']
  await expect(openAgentSurroundings(team)).rejects.toThrow('BATON_JOURNAL_TABLE is missing')
})
