/** Watching over connections that end, break, stutter or fall silent. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import type { RunId } from '../../../../src/schema/ids.ts'
import type { StreamedEvent } from '../../../../src/schema/run-event.ts'
import { client, serve } from './served.ts'

const RUN = 'run-1' as RunId
const at = '2026-11-22T19:05:01.000Z'
const idOf = (number: number) => number.toString(16).padStart(16, '0')

function event(number: number): StreamedEvent {
  if (number === 9) return { id: idOf(9), type: 'run.ended', at, runId: RUN, status: 'succeeded' }
  return { id: idOf(number), type: 'step.started', at, stepId: `step-${number}`, agent: 'worker', attempt: 1 }
}

const message = (number: number) => `id: ${idOf(number)}\ndata: ${JSON.stringify(event(number))}\n\n`

type Connection = (response: ServerResponse, request: IncomingMessage) => void

const tell =
  (text: string, end: 'end' | 'cut' | 'hold' = 'end'): Connection =>
  (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
    if (end === 'end') response.end(text)
    else response.write(text, () => end === 'cut' && response.destroy())
  }
const over: Connection = (response) => void response.writeHead(204).end()
const status =
  (code: number, body: object = { detail: 'no', next: 'later' }): Connection =>
  (response) =>
    void response.writeHead(code, { 'content-type': 'application/problem+json' }).end(JSON.stringify(body))

/** Connections in their order, the last one for ever; a page of JSON is asked for as well. */
async function streaming(...connections: readonly Connection[]) {
  const after: (string | undefined)[] = []
  const pages: string[] = []
  const url = await serve((request, response) => {
    if (request.headers.accept !== 'text/event-stream') {
      pages.push(request.url ?? '')
      const page = { events: [event(2)], next: idOf(2), more: false, ended: false }
      return void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(page))
    }
    after.push(request.headers['last-event-id'] as string | undefined)
    ;(connections[after.length - 1] ?? connections.at(-1))?.(response, request)
  })
  return { ...client(url), after, pages }
}

async function numbers(events: AsyncIterable<StreamedEvent>): Promise<number[]> {
  const told: number[] = []
  for await (const { id } of events) told.push(Number.parseInt(id, 16))
  return told
}

describe('following', () => {
  it('goes on behind the last event as often as the server ends the answer, and tells each event once', async () => {
    const { runs, after, clock } = await streaming(
      tell(`retry: 1500\n\n${message(1)}${message(2)}`),
      tell(`retry: 0\n\n${message(2)}${message(3)}`),
      tell(`retry: 0\n\n${message(3)}`),
      tell(`: still there\n\n${message(9)}`),
      over,
    )
    expect(await numbers(runs.follow(RUN))).toEqual([1, 2, 3, 9])
    expect(after).toEqual([undefined, idOf(2), idOf(3), idOf(3), idOf(9)])
    expect(clock.slept).toEqual([1_500, 0, 100, 0])
  })

  it('survives a connection that is cut within an event, a refused one and a busy server, with growing pauses', async () => {
    const { runs, after, clock } = await streaming(
      tell(`${message(1)}${message(2).slice(0, 40)}`, 'cut'),
      (_response, { socket }) => socket.destroy(),
      status(503),
      status(502),
      tell(`${message(2)}${message(9)}`),
      over,
    )
    expect(await numbers(runs.follow(RUN))).toEqual([1, 2, 9])
    expect(after).toEqual([undefined, idOf(1), idOf(1), idOf(1), idOf(1), idOf(9)])
    expect(clock.slept.slice(0, 4)).toEqual([375, 750, 1_500, 3_000])
  })

  it('gives up when nothing helps for long, and at once where trying again cannot help', async () => {
    const dead = await streaming(tell(message(1)), status(500))
    await expect(numbers(dead.runs.follow(RUN))).rejects.toMatchObject({ name: 'EndpointUnavailable' })
    expect(dead.after).toHaveLength(14)
    const cases = [
      [status(404), 'NotFound'],
      [status(403, { message: 'Forbidden' }), 'EndpointRefused'],
      [(response: ServerResponse) => response.end('<html>'), 'EndpointUnknown'],
    ] as const
    for (const [connection, name] of cases) {
      const { runs, after } = await streaming(connection)
      await expect(numbers(runs.follow(RUN))).rejects.toMatchObject({ name })
      expect(after).toHaveLength(1)
    }
  })

  it('takes what the server says went wrong on the way as what it is', async () => {
    const problem = (code: number) =>
      `event: problem\ndata: ${JSON.stringify({ status: code, detail: 'The records did not answer', next: 'later' })}\n\n`
    const { runs } = await streaming(tell(`${message(1)}${problem(503)}`), tell(message(9)), over)
    expect(await numbers(runs.follow(RUN))).toEqual([1, 9])
    const gone = await streaming(tell(`${message(1)}${problem(404)}`))
    await expect(numbers(gone.runs.follow(RUN))).rejects.toMatchObject({ name: 'NotFound' })
  })

  it('leaves out what it does not know, and keeps what it knows of an event with more to it', async () => {
    const more = JSON.stringify({ ...event(2), usageOfGpu: { watts: 3 } })
    const stranger = JSON.stringify({ ...event(3), type: 'approval.asked' })
    const { runs } = await streaming(
      tell(`data: ${more}\n\ndata: ${stranger}\n\ndata: {bad\n\ndata: null\n\n${message(9)}`),
      over,
    )
    expect(await numbers(runs.follow(RUN))).toEqual([2, 9])
  })

  it('asks for a page when a connection falls silent, and goes on', async () => {
    const { runs, clock, pages, after } = await streaming(tell(message(1), 'hold'), tell(message(9)), over)
    const events = runs.follow(RUN)[Symbol.asyncIterator]()
    expect((await events.next()).value?.id).toBe(idOf(1))
    const next = events.next()
    for (const ring of clock.alarms) ring()
    expect((await next).value?.id).toBe(idOf(2))
    expect(pages).toEqual([`/runs/run-1/events?after=${idOf(1)}`])
    expect((await events.next()).value?.id).toBe(idOf(9))
    expect((await events.next()).done).toBe(true)
    expect(after).toEqual([undefined, idOf(2), idOf(9)])
  })

  it('ends without an error when it is no longer wanted', async () => {
    const { runs, clock, after } = await streaming(tell(message(1), 'hold'))
    const stop = new AbortController()
    const events = runs.follow(RUN, { signal: stop.signal })[Symbol.asyncIterator]()
    await events.next()
    const next = events.next()
    stop.abort()
    expect(await next).toEqual({ done: true, value: undefined })
    expect([after.length, clock.alarms.size]).toEqual([1, 0])
  })
})
