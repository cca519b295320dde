import { expect, it } from 'vitest'
import { apiHandler, callerOf } from '../../../functions/api.ts'
import { controlDependencies, lambdaContext, team } from './support/team.ts'

const USER = 'arn:aws:iam::123456789012:user/editor'

/** As API Gateway's REST API gives it. */
function eventOf(httpMethod: string, path: string, body?: object, headers: Record<string, string> = {}) {
  const all = { ...(body && { 'content-type': 'application/json' }), ...headers }
  return {
    resource: path,
    path,
    httpMethod,
    headers: { Host: 'api.example.com', ...all },
    multiValueHeaders: {
      Host: ['api.example.com'],
      ...Object.fromEntries(Object.entries(all).map(([k, v]) => [k, [v]])),
    },
    queryStringParameters: null,
    multiValueQueryStringParameters: null,
    pathParameters: null,
    stageVariables: null,
    requestContext: {
      httpMethod,
      path: `/prod${path}`,
      stage: 'prod',
      identity: { userArn: USER, sourceIp: '192.0.2.1' },
    },
    body: body === undefined ? null : JSON.stringify(body),
    isBase64Encoded: false,
  }
}

function prepare() {
  const control = controlDependencies()
  const { dependencies } = control
  const handler = apiHandler({ team }, () => ({ dependencies }))
  return {
    ...control,
    async ask(...given: Parameters<typeof eventOf>) {
      const { statusCode, body, headers } = await handler(eventOf(...given), lambdaContext())
      return { statusCode, body: JSON.parse(body), headers }
    },
  }
}

const START = { workflow: 'solve', input: { question: 'What?' } }

it('starts a run in the name of the caller that API Gateway authorised', async () => {
  const { ask, started } = prepare()
  const answer = await ask('POST', '/runs', START, { 'Idempotency-Key': 'k1' })
  expect(answer).toMatchObject({ statusCode: 202, body: { workflow: 'solve', status: 'running' } })
  expect(started).toMatchObject([{ caller: USER }])
  const again = await ask('POST', '/runs', START, { 'Idempotency-Key': 'k1' })
  expect(again).toMatchObject({ statusCode: 200, body: { runId: answer.body.runId } })
  expect(started).toHaveLength(1)
})

it('gives an event stream as the text that it is', async () => {
  const { ask, dependencies } = prepare()
  const { body } = await ask('POST', '/runs', START)
  const handler = apiHandler({ team }, () => ({ dependencies }))
  const event = eventOf('GET', `/runs/${body.runId}/events`, undefined, { accept: 'text/event-stream' })
  const answer = await handler(event, lambdaContext())
  expect(answer).toMatchObject({ statusCode: 200, isBase64Encoded: false })
  expect(answer.body).toContain('data: {"type":"run.started"')
})

it('lists, reads and cancels it', async () => {
  const { ask, runs } = prepare()
  const { body } = await ask('POST', '/runs', START)
  expect(await ask('GET', '/runs')).toMatchObject({ statusCode: 200, body: { runs: [{ runId: body.runId }] } })
  expect(await ask('GET', `/runs/${body.runId}`)).toMatchObject({
    statusCode: 200,
    body: { run: { status: 'running' } },
  })
  expect((await ask('POST', `/runs/${body.runId}/cancel`)).statusCode).toBeLessThan(300)
  expect(await runs.isCancelRequested(body.runId)).toBe(true)
})

it.each([
  ['GET', '/runs/run-404', undefined, 404],
  ['GET', '/runs/..%2F..%2Fsecret', undefined, 400],
  ['POST', '/runs', { workflow: 'solve' }, 400],
  ['DELETE', '/runs', undefined, 405],
  ['GET', '/nowhere', undefined, 404],
])('%s %s is a problem of the client', async (method, path, body, status) => {
  const { ask, started } = prepare()
  const answer = await ask(method, path, body)
  expect(answer).toMatchObject({ statusCode: status, body: { status, title: expect.any(String) } })
  expect(started).toEqual([])
})

it('knows a caller by the authorisation alone', () => {
  expect(callerOf({ requestContext: { identity: { userArn: USER } } })).toBe(USER)
  expect(callerOf({ requestContext: { identity: { userArn: null, caller: 'AIDA' } } })).toBe('AIDA')
  for (const env of [undefined, {}, { requestContext: { identity: null } }, { headers: { userArn: USER } }]) {
    expect(callerOf(env)).toBeUndefined()
  }
})
