import { SFNClient } from '@aws-sdk/client-sfn'
import { afterEach, describe, expect, it } from 'vitest'
import { controlHandler } from '../../../functions/control.ts'
import { stepFunctionsTokens } from '../../../functions/step-functions-tokens.ts'
import type { DecidedApproval } from '../../../src/api/approvals.ts'
import { jsonSha256 } from '../../../src/audit/canonical.ts'
import { type Answer, type AwsService, awsService, fault } from './support/aws-service.ts'
import { controlDependencies, lambdaContext, runOf, team } from './support/team.ts'

const opened: AwsService[] = []
afterEach(() => {
  for (const service of opened.splice(0)) service.close()
})

async function stepFunctions(answer: Answer = { body: {} }) {
  const service = await awsService(() => answer)
  opened.push(service)
  return { service, tokens: stepFunctionsTokens(new SFNClient(service.config)) }
}

const [runId, subject] = ['run-1', { to: 'anna' }]
const approvalId = `a-${'0'.repeat(32)}`
const request = {
  ...{ approvalId, kind: 'tool', runId, stepId: 'first', agent: 'solver', tool: 'double' },
  ...{ summary: 'May it?', subject, subjectSha256: jsonSha256(subject), policy: { role: undefined } },
  ...{ requestedAt: '2026-01-01T00:00:00.000Z', expiresAt: '2026-01-04T00:00:00.000Z' },
}

async function prepare() {
  const { service, tokens } = await stepFunctions()
  const control = controlDependencies()
  const decided: DecidedApproval[] = []
  const dependencies = { ...control.dependencies, tokens, onDecided: (one: DecidedApproval) => decided.push(one) }
  await control.runs.create(runOf({ caller: 'arn:starter' }))
  const handler = controlHandler({ team }, () => ({ dependencies }))
  return {
    ...{ service, decided, approvals: dependencies.approvals },
    task: (event: unknown) => handler(event, lambdaContext()),
    async http(httpMethod: string, path: string, userArn: string, body?: object) {
      const headers = body === undefined ? {} : { 'content-type': 'application/json' }
      const answer = await handler(
        {
          ...{ resource: path, path, httpMethod, headers: { Host: 'api', ...headers }, isBase64Encoded: false },
          ...{ multiValueHeaders: {}, queryStringParameters: null, multiValueQueryStringParameters: null },
          requestContext: { httpMethod, path, stage: 'dev', identity: { userArn } },
          body: body === undefined ? null : JSON.stringify(body),
        },
        lambdaContext(),
      )
      const { statusCode, body: text } = answer as { statusCode: number; body: string }
      return { status: statusCode, body: JSON.parse(text) }
    },
  }
}

const asks = { task: 'requestApproval', token: 'token-1', request }
const allows = { decision: 'approve', subjectSha256: request.subjectSha256 }

describe('the control function', () => {
  it('keeps what a state machine asks people, and answers its token once somebody has decided', async () => {
    const { task, http, service, decided } = await prepare()
    expect(await task(asks)).toEqual({})
    const { body } = await http('GET', '/approvals', 'arn:editor')
    expect(body.approvals).toMatchObject([{ request: { approvalId, subject }, status: 'pending' }])
    expect(JSON.stringify(body)).not.toContain('token-1')
    expect(service.asked).toEqual([])

    expect(await http('POST', `/approvals/${approvalId}`, 'arn:starter', allows)).toMatchObject({ status: 403 })
    const answer = await http('POST', `/approvals/${approvalId}`, 'arn:editor', allows)
    expect(answer).toMatchObject({ status: 200, body: { status: 'approved', decision: { by: ['arn:editor'] } } })
    expect(service.asked.map(({ operation }) => operation)).toEqual(['SendTaskSuccess'])
    const sent = JSON.parse(service.asked[0]?.body ?? '')
    expect(sent.taskToken).toBe('token-1')
    expect(JSON.parse(sent.output)).toMatchObject({ approvalId, outcome: 'approved', by: ['arn:editor'] })
    expect(decided).toHaveLength(1)
  })

  it('says what stands where nobody decided in time', async () => {
    const { task, decided } = await prepare()
    await task(asks)
    const stands = await task({ task: 'expireApproval', runId, approvalId, stepId: 'first' })
    expect(stands).toMatchObject({ approvalId, outcome: 'denied', expired: true, by: [] })
    expect(decided).toMatchObject([{ decision: { expired: true } }])
  })

  it('takes a request for one only from API Gateway, and nothing but a task from anybody else', async () => {
    const { task } = await prepare()
    const forged = { task: 'requestApproval', httpMethod: 'POST', token: 'x', request }
    await expect(task(forged)).rejects.toMatchObject({ name: 'InvalidRequest' })
    await expect(task({ task: 'answer', token: 'token-1' })).rejects.toMatchObject({ name: 'InvalidRequest' })
  })
})

describe('task tokens', () => {
  it.each(['TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken'])('%s: nobody waits any more', async (name) => {
    const { tokens } = await stepFunctions(fault(name))
    expect(await tokens.succeed('token', {})).toBe(false)
  })

  it('are answered again later where Step Functions does not answer', async () => {
    const { tokens } = await stepFunctions(fault('InternalServerError', 500))
    await expect(tokens.succeed('token', {})).rejects.toMatchObject({ name: 'RetryableRecordsUnavailable' })
  })
})
