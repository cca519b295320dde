/** Events as server-sent events (text/event-stream). Where they come from, and what a client knows already, the caller says. */
import { type Clock, startAlarm } from '../../clock.ts'
import type { StreamedEvent } from '../../schema/run-event.ts'
import type { EventPage } from '../run-service.ts'
import { boundedText } from './bounded-text.ts'
import { problemOf } from './problem.ts'

/** What a client waits before it connects again, ms. */
const RETRY_MS = 1_000
/** How long the answer's head may wait for the first event: a run that is not there is known sooner, a quiet one may stay so for days. */
const HEAD_MS = 1_000

interface StreamOptions {
  readonly clock: Clock
  /** A comment at least so often, so that nothing on the way takes the connection for dead. */
  readonly heartbeatMs: number
  readonly onFault: (error: unknown) => void
  /** Called when the client goes away. */
  readonly onGone: () => void
}

/**
 * A failure once there is an answer can only end the stream: the client connects again.
 * @throws what the events throw before, so that a run that is not there is still a 404.
 */
export async function eventStream(
  events: AsyncIterator<StreamedEvent>,
  { clock, heartbeatMs, onFault, onGone }: StreamOptions,
): Promise<Response> {
  const encoder = new TextEncoder()
  let pending: Promise<IteratorResult<StreamedEvent>> | undefined = events.next()
  // Told when it is read, if it ever is.
  pending.catch(() => undefined)
  if ((await orBeat(pending, clock, HEAD_MS))?.done) return noMoreEvents()
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
    const send = (text: string) => controller.enqueue(encoder.encode(text))
    pending ??= events.next()
    try {
      const came = await orBeat(pending, clock, heartbeatMs)
      if (came === undefined) return send(': still there\n\n')
      pending = undefined
      if (!came.done) return send(textOf(came.value))
    } catch (error) {
      const { problem } = problemOf(error)
      if (problem.status >= 500) onFault(error)
      send(`event: problem\ndata: ${JSON.stringify(problem)}\n\n`)
    }
    controller.close()
  }
  const body = new ReadableStream<Uint8Array>(
    {
      start: (controller) => controller.enqueue(encoder.encode(`retry: ${RETRY_MS}\n\n`)),
      pull,
      cancel() {
        onGone()
        void events.return?.()
      },
    },
    // Nothing is read ahead of the client: how far it is, is known.
    { highWaterMark: 0 },
  )
  return answer(body)
}

/** What there is, at once, where no answer can be held open: the client connects again for more. */
export function eventsAtOnce({ events, more }: EventPage, mostBytes: number): Response {
  return answer(boundedText(`retry: ${more ? 0 : RETRY_MS}\n\n${events.map(textOf).join('')}`, mostBytes))
}

/** Tells a client not to connect again: it has seen the run's end. */
export function noMoreEvents(): Response {
  return new Response(null, { status: 204 })
}

function answer(body: string | ReadableStream<Uint8Array>): Response {
  return new Response(body, { headers: { 'content-type': 'text/event-stream; charset=utf-8' } })
}

function textOf(event: StreamedEvent): string {
  return `id: ${event.id}\ndata: ${JSON.stringify(event)}\n\n`
}

async function orBeat<T>(pending: Promise<T>, clock: Clock, heartbeatMs: number): Promise<T | undefined> {
  const beat = Promise.withResolvers<undefined>()
  const stop = startAlarm(clock, heartbeatMs, () => beat.resolve(undefined))
  try {
    return await Promise.race([pending, beat.promise])
  } finally {
    stop()
  }
}
