import { describe, expect, it } from 'vitest'
import { RecordsRefused, RecordsUnavailable } from '../../../../src/errors.ts'
import type { RunId } from '../../../../src/schema/ids.ts'
import type { Run } from '../../../../src/schema/run.ts'
import { bench, QUICK, START } from './bench.ts'

const never = () => new Promise<never>(() => undefined)

describe('starting a run', () => {
  it('begins it, says where it is, and tells all about it', async () => {
    const { ask, ended } = bench()
    const started = await ask('POST', '/runs', { body: START })
    expect(started.status).toBe(202)
    expect(started.headers.get('location')).toBe('runs/run-1')
    expect(started.json).toMatchObject({ runId: 'run-1', status: 'running', settings: { log: '' } })
    expect(await ended('run-1')).toMatchObject({ status: 'succeeded' })
    const { steps } = (await ask('GET', '/runs/run-1')).json
    expect(steps).toHaveLength(4)
    expect((await ask('GET', '/runs/run-1/output')).json).toEqual({ title: 'All', lines: [] })
  })

  it('is one run for one key and body, and refuses another body', async () => {
    const { ask, ended } = bench()
    const headers = { 'idempotency-key': 'order 1' }
    const first = await ask('POST', '/runs', { body: START, headers })
    const { runId } = first.json
    await ended(runId)
    const again = await ask('POST', '/runs', { body: { ...START, settings: {} }, headers })
    const other = await ask('POST', '/runs', { body: { ...START, input: { question: 'who' } }, headers })
    expect([first.status, again.status, other.status]).toEqual([202, 200, 409])
    expect(again.json).toMatchObject({ runId, status: 'succeeded' })
    expect(other.json['detail']).toContain(String(runId))
    expect((await ask('GET', '/runs')).json['runs']).toHaveLength(1)
  })

  it('is one run for two that ask at once, and another run for another caller', async () => {
    const { ask, ended } = bench(QUICK, { callerOf: (request) => request.headers.get('x-caller') ?? undefined })
    const start = (caller: string) =>
      ask('POST', '/runs', { body: START, headers: { 'idempotency-key': 'k', 'x-caller': caller } })
    const [one, two, three] = await Promise.all([start('ann'), start('ann'), start('ben')])
    expect([one.status, two.status].sort()).toEqual([200, 202])
    expect(one.json['runId']).toBe(two.json['runId'])
    expect(three.json['runId']).not.toBe(one.json['runId'])
    expect(await ended(one.json['runId'])).toMatchObject({ status: 'succeeded', caller: 'ann' })
    await ended(three.json['runId'])
  })

  it('begins what was cut off between its head and its execution', async () => {
    const { ask, ended, stores } = bench()
    const headers = { 'idempotency-key': 'k' }
    const { json: head } = await ask('POST', '/runs', { body: START, headers })
    const runId = head['runId'] as RunId
    await ended(runId)
    const { endedAt: _at, output: _output, usage: _usage, ...begun } = (await stores.runs.read(runId)) as Run
    const fresh = bench()
    await fresh.stores.runs.create({ ...begun, status: 'running' })
    const again = await fresh.ask('POST', '/runs', { body: START, headers })
    expect(again).toMatchObject({ status: 200, json: { runId, status: 'running' } })
    expect(await fresh.ended(runId)).toMatchObject({ status: 'succeeded' })
  })
})

describe('a running run', () => {
  it('is cancelled, and goes on when it is resumed', async () => {
    const asked = Promise.withResolvers<void>()
    let hangs = true
    const { ask, ended } = bench({
      ...QUICK,
      worker: () => {
        asked.resolve()
        return hangs ? never() : { submit: { done: 'at last' } }
      },
    })
    await ask('POST', '/runs', { body: START })
    await asked.promise
    expect(await ask('POST', '/runs/run-1/resume')).toMatchObject({ status: 409, json: { name: 'Conflict' } })
    const cancelled = await ask('POST', '/runs/run-1/cancel', { body: {} })
    expect(cancelled).toMatchObject({ status: 202, json: { cancelRequested: true } })
    expect(await ended('run-1')).toMatchObject({ status: 'cancelled' })
    expect((await ask('POST', '/runs/run-1/cancel')).status).toBe(409)
    expect((await ask('GET', '/runs/run-1/output')).status).toBe(404)
    hangs = false
    expect(await ask('POST', '/runs/run-1/resume')).toMatchObject({ status: 202, json: { execution: 2 } })
    expect(await ended('run-1')).toMatchObject({ status: 'succeeded' })
    expect((await ask('POST', '/runs/run-1/resume')).status).toBe(409)
  })

  it('that failed goes on with what it has done', async () => {
    let fails = true
    const { ask, ended } = bench({
      ...QUICK,
      writer: () => (fails ? { fail: 'denied' as const } : { submit: { title: 'All', lines: [] } }),
    })
    await ask('POST', '/runs', { body: START })
    expect(await ended('run-1')).toMatchObject({ status: 'failed' })
    fails = false
    expect((await ask('POST', '/runs/run-1/resume')).status).toBe(202)
    expect(await ended('run-1')).toMatchObject({ status: 'succeeded', execution: 2 })
    const { steps } = (await ask('GET', '/runs/run-1')).json
    expect((steps as { attempts: number }[]).map(({ attempts }) => attempts)).toEqual([1, 1, 1, 2])
  })
})

describe('what cannot be carried out', () => {
  const big = JSON.stringify({ ...START, input: { question: 'x'.repeat(1024 * 1024) } })
  const cases: readonly (readonly [what: string, status: number, body: unknown, headers?: Record<string, string>])[] = [
    ['an oversized body', 413, big],
    ['an oversized body that says so', 413, big, { 'content-length': String(big.length) }],
    ['an input that no state machine takes', 400, { ...START, input: { question: 'x'.repeat(200_000) } }],
    ['settings that no state machine takes', 400, { ...START, settings: { log: 'x'.repeat(100_000) } }],
    ['text', 415, JSON.stringify(START), { 'content-type': 'text/plain' }],
    ['a form', 415, 'workflow=short', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['what is packed', 415, JSON.stringify(START), { 'content-encoding': 'gzip' }],
    ['cut JSON', 400, '{"workflow":"short"'],
    ['no UTF-8', 400, new Uint8Array([0x7b, 0xff, 0x7d])],
    ['nothing', 400, ''],
    ['a list', 400, []],
    ['null', 400, 'null'],
    ['nesting', 400, `{"workflow":"short","input":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['a number out of range', 400, '{"workflow":"short","input":{"question":1e999}}'],
    ['half a character', 400, '{"workflow":"short","input":{"question":"\\ud800"}}'],
    ['a prototype', 400, '{"workflow":"short","input":{"__proto__":{}}}'],
    ['no input', 400, { workflow: 'short' }],
    ['an unknown field', 400, { ...START, idempotencyKey: 'mine' }],
    ['a caller of its own', 400, { ...START, caller: 'root' }],
    ['an unknown workflow', 404, { ...START, workflow: 'unknown' }],
    ['a workflow that is no name', 400, { ...START, workflow: '../../etc' }],
    ['an input that does not fit', 400, { ...START, input: { question: '' } }],
    ['a long key', 400, START, { 'idempotency-key': 'k'.repeat(201) }],
    ['an empty key', 400, START, { 'idempotency-key': ' ' }],
  ]
  const named = cases.map(([what, status, body, headers]) => ({ what, status, body, headers }))
  it.each(named)('refuses $what and stores nothing', async ({ status, body, headers }) => {
    const { ask, stores, faults } = bench()
    expect(await ask('POST', '/runs', { body, headers })).toMatchObject({ status })
    expect((await stores.runs.list()).runs).toEqual([])
    expect(faults).toEqual([])
  })

  it('takes a body that is cut off for the fault of who went away', async () => {
    const { app, faults } = bench()
    const body = new ReadableStream({
      pull(controller) {
        controller.error(new Error('aborted'))
      },
    })
    const headers = { 'content-type': 'application/json' }
    const request = { method: 'POST', headers, body, duplex: 'half' } as const
    expect((await app.request('/runs', request)).status).toBe(400)
    expect(faults).toEqual([])
  })

  it('names each fault with its path', async () => {
    const { ask } = bench()
    const refused = await ask('POST', '/runs', { body: { ...START, input: { question: '' }, sub: 1, workflow: 7 } })
    expect(refused.json['issues']).toMatchObject([{ path: 'workflow' }, { path: 'sub', message: 'Unknown field' }])
    const misfit = await ask('POST', '/runs', { body: { ...START, input: { question: '' } } })
    expect(misfit.json['issues']).toEqual([{ path: 'input.question', message: 'ask something' }])
  })

  const ids = [
    '..%2f',
    '..%2f..%2fetc%2fpasswd',
    '%2e%2e',
    '%00',
    'a',
    'x'.repeat(41),
    '%E0%A4%A',
    'run-1%0d%0ax',
    'RUN%23run-1',
  ]
  it.each(ids)('knows no run %s', async (id) => {
    const { ask, faults } = bench()
    for (const [method, rest] of [
      ['GET', ''],
      ['GET', '/events'],
      ['GET', '/output'],
      ['POST', '/cancel'],
      ['POST', '/resume'],
    ]) {
      expect([400, 404]).toContain((await ask(method ?? '', `/runs/${id}${rest}`)).status)
    }
    expect(faults).toEqual([])
  })

  it('knows no run that was never started', async () => {
    const { ask } = bench()
    for (const [method, rest] of [
      ['GET', ''],
      ['GET', '/events'],
      ['GET', '/output'],
      ['POST', '/cancel'],
      ['POST', '/resume'],
    ]) {
      expect(await ask(method ?? '', `/runs/run-9${rest}`)).toMatchObject({ status: 404, json: { name: 'NotFound' } })
    }
    const headers = { accept: 'text/event-stream' }
    expect((await ask('GET', '/runs/run-9/events', { headers })).status).toBe(404)
  })

  it('refuses unknown, repeated and impossible words of a query', async () => {
    const { ask } = bench()
    for (const query of [
      'limt=5',
      'limit=0',
      'limit=101',
      'limit=x',
      'limit=',
      'limit=1&limit=2',
      'after=x',
      'after=%00',
    ]) {
      expect([query, (await ask('GET', `/runs?${query}`)).status]).toEqual([query, 400])
    }
  })
})

describe('the app', () => {
  it('answers every path with the methods it has', async () => {
    const { ask } = bench()
    const put = await ask('PUT', '/runs')
    expect([put.status, put.headers.get('allow')]).toEqual([405, 'POST, GET, HEAD, OPTIONS'])
    const options = await ask('OPTIONS', '/runs/run-1/cancel')
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'POST, OPTIONS'])
    expect((await ask('GET', '/runs/run-1/cancel')).status).toBe(405)
    expect((await ask('HEAD', '/health')).status).toBe(200)
    for (const path of ['/', '/runs/', '//runs', '/RUNS', '/runs/run-1/x', '/favicon.ico']) {
      expect([path, await ask('GET', path)]).toMatchObject([path, { status: 404, json: { name: 'NotFound' } }])
    }
  })

  it('describes the team', async () => {
    const { ask } = bench()
    const { agents } = (await ask('GET', '/agents')).json
    expect(agents).toMatchObject([
      { name: 'planner', tools: [], limits: { turns: 8 } },
      { name: 'worker', tools: [{ name: 'note', effect: 'keyed' }], limits: { turns: 4 } },
      { name: 'writer', outputSchema: { type: 'object' } },
    ])
    const { workflows, settingsSchema } = (await ask('GET', '/workflows')).json
    expect(workflows).toMatchObject([{ name: 'short', bounds: { steps: 52 } }, { name: 'child' }, { name: 'long' }])
    expect(settingsSchema).toMatchObject({ properties: { log: { type: 'string' } } })
    expect((await ask('GET', '/health')).json).toEqual({ status: 'ok', team: 'work' })
  })

  it('tells nothing of the inside, but to whoever runs it', async () => {
    const { ask, stores, faults } = bench()
    const fault = new Error('password 1234')
    stores.runs.list = async () => {
      throw fault
    }
    const failed = await ask('GET', '/runs')
    expect(failed).toMatchObject({ status: 500, json: { name: 'Internal' } })
    expect(JSON.stringify(failed.json)).not.toContain('1234')
    expect(faults).toEqual([fault])
    stores.runs.list = async () => {
      throw new RecordsUnavailable({ message: 'table x is slow', next: 'Wait.', retryAfterMs: 2_500 })
    }
    const busy = await ask('GET', '/runs')
    expect([busy.status, busy.headers.get('retry-after')]).toEqual([503, '3'])
    expect(JSON.stringify(busy.json)).not.toContain('table')
  })

  it('takes a store that refuses for a fault of the server, and tells no client which right of which role is missing', async () => {
    const { ask, stores, faults } = bench()
    const refused = new RecordsRefused({ message: 'User: arn:aws:sts::1:assumed-role/Api may not', next: 'Check.' })
    stores.records.queryIndex = async () => {
      throw refused
    }
    const { status, json } = await ask('GET', '/runs')
    expect(status).toBe(500)
    expect(JSON.stringify(json)).not.toContain('arn:')
    expect(faults).toEqual([refused])
  })

  it('says where an answer is too large for its host', async () => {
    const { ask, ended } = bench(QUICK, { mostAnswerBytes: 1_200 })
    await ask('POST', '/runs', { body: START })
    await ended('run-1').catch(() => undefined)
    expect((await ask('GET', '/runs/run-1/output')).status).toBe(200)
    for (const path of ['/runs', '/runs/run-1', '/runs/run-1/events']) {
      expect([path, (await ask('GET', path)).status]).toEqual([path, 413])
    }
    expect((await ask('GET', '/runs/run-1/events?limit=1')).status).toBe(200)
  })

  it('lists 120 runs by pages, each once, newest first', async () => {
    const { ask, stores, ended } = bench()
    await ask('POST', '/runs', { body: START })
    const run = await ended('run-1')
    for (let n = 2; n <= 120; n++) {
      const startedAt = new Date(Date.parse(String(run['startedAt'])) + n).toISOString()
      await stores.runs.create({ ...(run as unknown as Run), runId: `run-${n}` as RunId, startedAt })
    }
    const seen: string[] = []
    let query = '?limit=50'
    for (let pages = 1; pages <= 3; pages++) {
      const { json } = await ask('GET', `/runs${query}`)
      seen.push(...(json['runs'] as { runId: string }[]).map(({ runId }) => runId))
      query = `?limit=50&after=${json['next']}`
      expect(json['next'] === undefined).toBe(pages === 3)
    }
    expect(seen).toEqual(Array.from({ length: 120 }, (_, n) => `run-${120 - n}`))
  })
})
