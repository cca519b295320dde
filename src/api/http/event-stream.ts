/** Events as server-sent events (text/event-stream). Where they come from, and what a client knows already, the caller says. */
import { type Clock, startAlarm } from '../../clock.ts'
import type { StreamedEvent } from '../../schema/run-event.ts'
import type { EventPage } from '../run-service.ts'
import { problemOf } from './problem.ts'

/** What a client waits before it connects again, ms. */
const RETRY_MS = 1_000

interface StreamOptions {
  readonly clock: Clock
  /** A comment at least so often, so that nothing on the way takes the connection for dead. */
  readonly heartbeatMs: number
  readonly onFault: (error: unknown) => void
  /** Called when the client goes away. */
  readonly onGone: () => void
}

/**
 * @param first What was read before there was an answer, so that a run that is not there is still a 404.
 * @param rest What comes after it. A failure there can only end the stream: the client connects again.
 */
export function eventStream(
  first: StreamedEvent,
  rest: AsyncIterator<StreamedEvent>,
  { clock, heartbeatMs, onFault, onGone }: StreamOptions,
): Response {
  const encoder = new TextEncoder()
  let pending: Promise<IteratorResult<StreamedEvent>> | undefined
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
    const send = (text: string) => controller.enqueue(encoder.encode(text))
    pending ??= rest.next()
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
      start: (controller) => controller.enqueue(encoder.encode(`retry: ${RETRY_MS}\n\n${textOf(first)}`)),
      pull,
      cancel() {
        onGone()
        void rest.return?.()
      },
    },
    // Nothing is read ahead: of an answer to HEAD, nothing at all.
    { highWaterMark: 0 },
  )
  return answer(body)
}

/** What there is, at once, where no answer can be held open: the client connects again for more. */
export function eventsAtOnce({ events, more }: EventPage): Response {
  return answer(`retry: ${more ? 0 : RETRY_MS}\n\n${events.map(textOf).join('')}`)
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
