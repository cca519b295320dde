/** The HTTP API behind API Gateway: starts, repeated starts, pages, and what clients get wrong. */
import { randomUUID } from 'node:crypto'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { ask, runEnded, startRun, userArn } from './support/api.ts'
import { deployed, storesOf } from './support/deployed.ts'

const { patterns } = deployed
const body = { workflow: 'brief', input: { target: 2 } }

describe('a start', () => {
  it('goes through API Gateway, Lambda and Step Functions to its end, signed or not', async () => {
    const signed = await startRun(patterns, body)
    const unsigned = await ask(patterns, '/runs', { body, signed: false })
    expect(signed).toMatchObject({ status: 'running', workflow: 'brief', team: 'patterns', model: 'bedrock' })
    expect(signed.caller).toBe(userArn('test'))
    expect(signed.lock.agents['counter']?.functionName).toMatch(/^arn:aws:lambda:.*:function:.*:\d+$/)
    expect(signed.lock.workflows['brief']?.stateMachineArn).toMatch(/^arn:aws:states:.*:stateMachine:.*:\d+$/)
    expect(unsigned).toMatchObject({ status: 202 })
    const { run, steps, notices } = await runEnded(patterns, signed.runId)
    expect(run).toMatchObject({ status: 'succeeded', output: { count: 2 } })
    expect(steps.map(({ stepId, status }) => [stepId, status])).toEqual([['loop=1/turn', 'completed']])
    expect(notices).toEqual(['scripted reply: no language model answered'])
  })

  it('repeated with its key is the same run; the key with another body is refused', async () => {
    const headers = { 'idempotency-key': `key-${randomUUID()}` }
    const answers = await Promise.all([1, 2, 3].map(() => ask(patterns, '/runs', { body, headers })))
    const ids = new Set(answers.map((answer) => (answer.body as { runId?: string }).runId))
    expect(ids.size).toBe(1)
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 202])
    const [runId = ''] = ids
    expect(runId).toMatch(/^k-[0-9a-f]{32}$/)
    await runEnded(patterns, runId)
    expect(await ask(patterns, '/runs', { body, headers })).toMatchObject({
      status: 200,
      body: { runId, execution: 1 },
    })
    const other = { ...body, input: { target: 3 } }
    const refused = await ask(patterns, '/runs', { body: other, headers })
    expect(refused).toMatchObject({ status: 409, body: { name: 'Conflict', next: expect.stringMatching(/./) } })
  })
})

it('lists runs in pages, and tells what happened in one, as JSON and as a stream', async () => {
  const { runId } = await startRun(patterns, body)
  await runEnded(patterns, runId)
  const { body: page } = await ask(patterns, '/runs?limit=1')
  const { runs, next } = page as { runs: { runId: string }[]; next?: string }
  expect(runs).toHaveLength(1)
  const second = await ask(patterns, `/runs?${new URLSearchParams({ limit: '1', after: next ?? '' })}`)
  expect((second.body as typeof page & { runs: { runId: string }[] }).runs[0]?.runId).not.toBe(runs[0]?.runId)

  const events = await ask(patterns, `/runs/${runId}/events`)
  const told = events.body as { events: { id: string; kind?: string; type?: string }[]; ended: boolean }
  expect(told.ended).toBe(true)
  expect(told.events.length).toBeGreaterThanOrEqual(4)
  const stream = await ask(patterns, `/runs/${runId}/events`, { headers: { accept: 'text/event-stream' } })
  expect(stream.headers.get('content-type')).toContain('text/event-stream')
  const ids = String(stream.body)
    .match(/^id: ?(.+)$/gm)
    ?.map((line) => line.replace(/^id: ?/, ''))
  expect(ids).toEqual(told.events.map(({ id }) => id))
})

it('describes the team and itself', async () => {
  const [agents, workflows, openapi, health] = await Promise.all(
    ['/agents', '/workflows', '/openapi.json', '/health'].map((path) => ask(patterns, path)),
  )
  expect(agents?.body).toMatchObject({
    agents: expect.arrayContaining([expect.objectContaining({ name: 'surveyor' })]),
  })
  expect(workflows?.body).toMatchObject({ team: 'patterns' })
  expect(openapi?.body).toMatchObject({ openapi: expect.stringMatching(/^3\.1/) })
  expect(health).toMatchObject({ status: 200, body: { status: 'ok' } })
})

describe('what clients get wrong is a 4xx, and nothing is stored', () => {
  const json = { 'content-type': 'application/json' }
  const paused = { workflow: 'paused', input: { word: 'x'.repeat(300_000), untilIso: '2099-01-01T00:00:00Z' } }
  const cases: readonly (readonly [string, string, Parameters<typeof ask>[2], readonly number[]])[] = [
    ['no JSON', '/runs', { body: '{"workflow":', headers: json }, [400]],
    ['no object', '/runs', { body: '[]', headers: json }, [400]],
    ['nothing', '/runs', { method: 'POST', body: '', headers: json }, [400, 415]],
    ['an unknown field', '/runs', { body: { ...body, extra: 1 } }, [400]],
    ['a wrong input', '/runs', { body: { workflow: 'brief', input: { target: 'two' } } }, [400]],
    ['an unknown workflow', '/runs', { body: { ...body, workflow: 'nope' } }, [404]],
    ['a wrong name', '/runs', { body: { ...body, workflow: '../brief' } }, [400]],
    ['another content type', '/runs', { body: JSON.stringify(body), headers: { 'content-type': 'text/plain' } }, [415]],
    ['too much', '/runs', { body: paused }, [413, 400]],
    ['far too much', '/runs', { body: { ...body, input: 'x'.repeat(7_000_000) } }, [413, 400]],
    ['deep nesting', '/runs', { body: `{"workflow":"brief","input":${'['.repeat(9_000)}${']'.repeat(9_000)}}` }, [400]],
    ['a bad key', '/runs', { body, headers: { 'idempotency-key': 'x'.repeat(300) } }, [400]],
    ['an odd id', '/runs/..%2f..%2fetc%2fpasswd', {}, [400, 404]],
    ['a path out', '/runs/%2e%2e', {}, [400, 403, 404]],
    ['a wildcard', '/runs/*', {}, [400, 404]],
    ['a NUL', '/runs/a%00b', {}, [400, 404]],
    ['an id with a slash', '/runs/a%2Fb/events', {}, [400, 404]],
    ['no such run', '/runs/20200101-000000-aaaaaa', {}, [404]],
    ['no such run to cancel', '/runs/20200101-000000-aaaaaa/cancel', { method: 'POST' }, [404]],
    ['no such run to resume', '/runs/20200101-000000-aaaaaa/resume', { method: 'POST' }, [404]],
    ['a wrong method', '/runs', { method: 'DELETE' }, [403, 404, 405]],
    ['no such path', '/nope', {}, [403, 404]],
    ['a wrong limit', '/runs?limit=lots', {}, [400]],
    ['a wrong cursor', `/runs?after=${'x'.repeat(50)}`, {}, [400]],
    ['a wrong event id', '/runs/20200101-000000-aaaaaa/events?after=nope', {}, [400, 404]],
  ]

  it.each(cases)('%s', async (_, path, asked, statuses) => {
    const { status, body: said } = await ask(patterns, path, asked)
    expect(statuses, JSON.stringify(said).slice(0, 300)).toContain(status)
    expect(said).toEqual(expect.objectContaining({}))
    expect(JSON.stringify(said)).not.toMatch(/node_modules|\.mjs|at async/)
  })

  it('has stored nothing under what was refused', async () => {
    const { runs } = storesOf(patterns)
    const { runs: stored } = await runs.list({ limit: 100 })
    expect(
      stored.filter(({ workflow, input }) => workflow !== 'brief' && JSON.stringify(input).includes('xxx')),
    ).toEqual([])
    expect(stored.some(({ workflow }) => (workflow as string) === 'nope')).toBe(false)
    expect(stored.some(({ input }) => typeof (input as { target?: unknown } | null)?.target === 'string')).toBe(false)
  })

  it('a request that is no HTTP does not take the API down', async () => {
    const { hostname, port } = new URL(deployed.endpoint)
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), hostname, () => socket.end('GARBAGE\u0000\r\n\r\n'))
      socket.on('close', () => resolve()).on('error', () => resolve())
      socket.resume()
    })
    expect((await ask(patterns, '/health')).status).toBe(200)
  })
})
