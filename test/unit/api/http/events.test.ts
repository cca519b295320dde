import { describe, expect, it } from 'vitest'
import { createHttpApp } from '../../../../src/api/http/app.ts'
import { RecordsUnavailable } from '../../../../src/errors.ts'
import type { EventId, StreamedEvent } from '../../../../src/schema/run-event.ts'
import { fakeClock } from '../../../../src/testing/fake-clock.ts'
import { bench, QUICK, START } from './bench.ts'

const SSE = { accept: 'text/event-stream' }

interface Message {
  readonly id?: string
  readonly event?: string
  readonly data?: string
  readonly retry?: string
}

/** Reads server-sent events to the end of the answer, or until it has seen enough. */
async function read(response: Response, enough: (messages: readonly Message[]) => boolean = () => false) {
  const messages: Message[] = []
  let rest = ''
  for await (const piece of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const blocks = `${rest}${piece}`.split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const fields = block
        .split('\n')
        .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(': ') + 2)])
      messages.push(Object.fromEntries(fields))
    }
    if (enough(messages)) break
  }
  expect(rest).toBe('')
  return messages
}

const idsOf = (messages: readonly Message[]) => messages.flatMap(({ id }) => (id === undefined ? [] : [id]))

async function whole(ask: ReturnType<typeof bench>['ask']): Promise<StreamedEvent[]> {
  return (await ask('GET', '/runs/run-1/events')).json['events'] as unknown as StreamedEvent[]
}

describe('a stream of events', () => {
  it('tells a run while it goes on, and ends with its end', async () => {
    const { app, ask } = bench()
    await ask('POST', '/runs', { body: START })
    const response = await app.request('/runs/run-1/events', { headers: SSE })
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/)
    const [retry, ...messages] = await read(response)
    expect(retry?.retry).toBe('1000')
    const told = messages.map(({ data = '' }) => JSON.parse(data) as StreamedEvent)
    expect(told[0]).toMatchObject({ type: 'run.started', runId: 'run-1' })
    expect(told.at(-1)).toMatchObject({ type: 'run.ended', status: 'succeeded' })
    expect(told.map(({ id }) => id)).toEqual(idsOf(messages))
    expect(new Set(idsOf(messages)).size).toBe(messages.length)
    expect(new Set(idsOf(messages))).toEqual(new Set((await whole(ask)).map(({ id }) => id)))
  })

  it('goes on where a watcher was cut off, and misses nothing', async () => {
    const go = Promise.withResolvers<void>()
    const { app, ask } = bench({
      ...QUICK,
      writer: async () => {
        await go.promise
        return { submit: { title: 'All', lines: [] } }
      },
    })
    await ask('POST', '/runs', { body: START })
    const first = await read(
      await app.request('/runs/run-1/events', { headers: SSE }),
      (seen) => idsOf(seen).length >= 3,
    )
    const last = idsOf(first).at(-1) ?? ''
    go.resolve()
    const second = await read(await app.request('/runs/run-1/events', { headers: { ...SSE, 'last-event-id': last } }))
    const known = new Set([...idsOf(first), ...idsOf(second)])
    const all = await whole(ask)
    expect(all.map(({ id }) => id).filter((id) => !known.has(id))).toEqual([])
    const end = { ...SSE, 'last-event-id': all.at(-1)?.id ?? '' }
    expect((await app.request('/runs/run-1/events', { headers: end })).status).toBe(204)
  })

  it('leaves off following when the watcher goes away', async () => {
    const { app, ask, host } = bench({ ...QUICK, planner: () => new Promise(() => undefined) })
    await ask('POST', '/runs', { body: START })
    let isFollowed = false
    const follow: typeof host.service.follow = async function* (...given) {
      isFollowed = true
      try {
        yield* host.service.follow(...given)
      } finally {
        isFollowed = false
      }
    }
    const watched = createHttpApp({ ...host.service, follow })
    const response = await watched.request('/runs/run-1/events', { headers: SSE })
    await read(response, (seen) => idsOf(seen).length >= 1)
    await expect.poll(() => isFollowed).toBe(false)
    expect((await app.request('/runs/run-1/events', { method: 'HEAD', headers: SSE })).status).toBe(200)
  })

  it('gives signs of life while nothing happens', async () => {
    const { ask, host } = bench({ ...QUICK, planner: () => new Promise(() => undefined) })
    await ask('POST', '/runs', { body: START })
    const silent: typeof host.service.follow = async function* (...given) {
      for await (const event of host.service.follow(...given)) {
        yield event
        await new Promise(() => undefined)
      }
    }
    const clock = fakeClock(undefined, { auto: true })
    const app = createHttpApp({ ...host.service, follow: silent }, { clock })
    const response = await app.request('/runs/run-1/events', { headers: SSE })
    const text: string[] = []
    for await (const piece of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text.push(piece)
      if (text.length === 4) break
    }
    expect(text.slice(2)).toEqual([': still there\n\n', ': still there\n\n'])
  })

  it('answers at once, and gives signs of life, where a watcher comes back to a quiet run', async () => {
    const { host } = bench()
    const quiet: typeof host.service.follow = async function* () {
      await new Promise(() => undefined)
    }
    const clock = fakeClock(undefined, { auto: true })
    const app = createHttpApp({ ...host.service, follow: quiet }, { clock })
    const response = await app.request('/runs/run-1/events', { headers: SSE })
    expect(response.status).toBe(200)
    const text: string[] = []
    for await (const piece of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text.push(piece)
      if (text.length === 2) break
    }
    expect(text).toEqual(['retry: 1000\n\n', ': still there\n\n'])
  })

  it('follows nothing for HEAD, of which nobody reads what comes', async () => {
    const { ask, host } = bench({ ...QUICK, planner: () => new Promise(() => undefined) })
    await ask('POST', '/runs', { body: START })
    let isFollowed = false
    const follow: typeof host.service.follow = async function* () {
      isFollowed = true
      await new Promise(() => undefined)
    }
    const app = createHttpApp({ ...host.service, follow })
    const response = await app.request('/runs/run-1/events', { method: 'HEAD', headers: SSE })
    expect([response.status, response.headers.get('content-type'), isFollowed]).toEqual([
      200,
      'text/event-stream; charset=utf-8',
      false,
    ])
  })

  it('says why it is cut off', async () => {
    const { ask, host, ended } = bench()
    await ask('POST', '/runs', { body: START })
    await ended('run-1')
    const cut: typeof host.service.follow = async function* (...given) {
      for await (const event of host.service.follow(...given)) {
        yield event
        throw new RecordsUnavailable({ message: 'secret', next: 'Wait.' })
      }
    }
    const messages = await read(
      await createHttpApp({ ...host.service, follow: cut }).request('/runs/run-1/events', { headers: SSE }),
    )
    expect(messages.at(-1)).toMatchObject({
      event: 'problem',
      data: expect.stringContaining('RetryableRecordsUnavailable'),
    })
    expect(messages.at(-1)?.data).not.toContain('secret')
  })
})

describe('a stream of a host that pays by time', () => {
  it('tells what there is and lets the watcher come again', async () => {
    const go = Promise.withResolvers<void>()
    const { app, ask, ended } = bench(
      {
        ...QUICK,
        planner: async () => {
          await go.promise
          return { submit: { topics: [] } }
        },
      },
      { follow: 'page' },
    )
    await ask('POST', '/runs', { body: START })
    const first = await read(await app.request('/runs/run-1/events', { headers: SSE }))
    expect(first.length).toBeGreaterThan(1)
    expect(first[0]?.retry).toBe('1000')
    go.resolve()
    await ended('run-1')
    const last = idsOf(first).at(-1) ?? ''
    const second = await read(await app.request('/runs/run-1/events', { headers: { ...SSE, 'last-event-id': last } }))
    const all = (await whole(ask)).map(({ id }) => id)
    expect(new Set([...idsOf(first), ...idsOf(second)])).toEqual(new Set(all))
    const end = { ...SSE, 'last-event-id': all.at(-1) ?? '' }
    expect((await app.request('/runs/run-1/events', { headers: end })).status).toBe(204)
    const some = await read(await app.request('/runs/run-1/events?limit=2', { headers: SSE }))
    expect([some[0]?.retry, some.length]).toEqual(['0', 3])
  })
})

describe('pages of events', () => {
  it('come to the end with every event, and say so', async () => {
    const { ask, ended } = bench()
    await ask('POST', '/runs', { body: START })
    await ended('run-1')
    const all = await whole(ask)
    const seen = new Set<EventId>()
    let query = '?limit=3'
    let pages = 0
    for (let isOver = false; !isOver; pages++) {
      expect(pages).toBeLessThan(all.length)
      const { json } = await ask('GET', `/runs/run-1/events${query}`)
      for (const { id } of json['events'] as unknown as StreamedEvent[]) seen.add(id)
      query = `?limit=3&after=${json['next']}`
      isOver = json['ended'] === true
      expect(json['more']).toBe(!isOver)
    }
    expect([...seen].sort()).toEqual(all.map(({ id }) => id).sort())
    expect(pages).toBe(Math.ceil(all.length / 3))
    const { json } = await ask('GET', `/runs/run-1/events${query}`)
    expect(json).toMatchObject({ events: [], more: false, ended: true })
  })

  it('tell everything to whoever comes with an id that is of no use', async () => {
    const { ask, ended } = bench()
    await ask('POST', '/runs', { body: START })
    await ended('run-1')
    const { json } = await ask('GET', `/runs/run-1/events?after=${'0'.repeat(16)}`)
    expect(json['events']).toEqual(await whole(ask))
    expect((await ask('GET', '/runs/run-1/events?after=..%2f')).status).toBe(400)
    const headers = { ...SSE, 'last-event-id': 'x' }
    expect((await ask('GET', '/runs/run-1/events', { headers })).status).toBe(400)
  })

  it('keep the ids of an execution’s end and start when the run is resumed', async () => {
    let fails = true
    const { ask, ended } = bench({
      ...QUICK,
      writer: () => (fails ? { fail: 'denied' as const } : { submit: { title: 'All', lines: [] } }),
    })
    await ask('POST', '/runs', { body: START })
    await ended('run-1')
    const before = await whole(ask)
    fails = false
    await ask('POST', '/runs/run-1/resume')
    await ended('run-1')
    const after = await whole(ask)
    expect(after.slice(0, before.length).map(({ id, type }) => [id, type])).toEqual(
      before.map(({ id, type }) => [id, type]),
    )
    expect(after.filter(({ type }) => type.startsWith('run.')).map(({ type }) => type)).toEqual([
      'run.started',
      'run.ended',
      'run.started',
      'run.ended',
    ])
    expect(new Set(after.map(({ id }) => id)).size).toBe(after.length)
  })
})
