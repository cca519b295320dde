/**
 * The events of a run elsewhere as they happen: server-sent events over as many connections as it takes. A deployed API
 * ends each answer after what there is; the next connection goes on behind the last event (Last-Event-ID).
 */
import type { EventSourceMessage } from 'eventsource-parser'
import type { EventPage } from '../../api/run-service.ts'
import { type Clock, startAlarm } from '../../clock.ts'
import { BatonError } from '../../errors.ts'
import type { RunId } from '../../schema/ids.ts'
import { isJsonObject } from '../../schema/json.ts'
import { parseJson } from '../../schema/parse-json.ts'
import { type EventId, StreamedEvent } from '../../schema/run-event.ts'
import { noBaton } from './answer-error.ts'
import type { Endpoint } from './endpoint.ts'
import { parseKnown } from './parse-answer.ts'
import { readEventStream } from './read-event-stream.ts'
import { EndpointUnavailable } from './remote-errors.ts'
import { connectionError } from './send-once.ts'

interface FollowDependencies {
  readonly endpoint: Endpoint
  readonly clock: Clock
  readonly random: () => number
  /** What there is after an event. */
  readonly page: (after: EventId) => Promise<Pick<EventPage, 'events' | 'ended'>>
}

interface Followed {
  readonly after?: EventId | undefined
  readonly signal?: AbortSignal | undefined
}

/** A year, which is how long a run may last, at one connection a second. */
const MOST_CONNECTIONS = 31_536_000
/** In a row, without an event between them: about two minutes. */
const MOST_FAILURES = 12
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 15_000
/** Between connections that the server ended, unless it says. */
const USUAL_RETRY_MS = 1_000
/** What a server may ask for: less would be a busy loop, more would look dead. */
const RETRY_MS = { least: 100, most: 30_000 }
/** A connection on which nothing comes, not even a comment, is taken for dead. */
const SILENCE_MS = 60_000

/** Each event once. Ends without an error when the run does, or the signal aborts. @throws as `Endpoint.open` */
export async function* followRemote(
  runId: RunId,
  { after, signal }: Followed,
  dependencies: FollowDependencies,
): AsyncGenerator<StreamedEvent> {
  const { clock, random, page } = dependencies
  const known = new Set<EventId>()
  let last = after
  let lastType: StreamedEvent['type'] | undefined
  let retryMs = USUAL_RETRY_MS
  let failures = 0
  for (let connection = 1; connection <= MOST_CONNECTIONS && !signal?.aborted; connection++) {
    let pauseMs = 0
    try {
      for await (const event of connect(runId, { after: last, signal }, dependencies, onRetry)) {
        failures = 0
        if (isNew(event)) yield event
      }
      failures = 0
      // An end that is told may be that of an execution which was resumed since.
      if (lastType === 'run.ended' && last !== undefined) {
        const { events, ended } = await page(last)
        yield* events.filter(isNew)
        if (ended) return
      }
      pauseMs = retryMs
    } catch (error) {
      if (signal?.aborted) return
      failures += 1
      if (!(error instanceof EndpointUnavailable) || failures > MOST_FAILURES) throw error
      const backoffMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1)) * (0.5 + random() / 2)
      pauseMs = Math.min(error.retryAfterMs ?? backoffMs, RETRY_MS.most)
    }
    await clock.sleep(pauseMs, signal).catch(() => undefined)
  }

  function onRetry(milliseconds: number): void {
    retryMs = Math.min(RETRY_MS.most, Math.max(RETRY_MS.least, milliseconds))
  }

  function isNew(event: StreamedEvent): boolean {
    if (known.has(event.id)) return false
    known.add(event.id)
    last = event.id
    lastType = event.type
    return true
  }
}

/** One connection, to its end. */
async function* connect(
  runId: RunId,
  { after, signal }: Followed,
  { endpoint, clock }: FollowDependencies,
  onRetry: (milliseconds: number) => void,
): AsyncGenerator<StreamedEvent> {
  const connection = new AbortController()
  const stop = () => connection.abort(signal?.reason)
  signal?.addEventListener('abort', stop, { once: true })
  const silent = () => connection.abort(new DOMException('no sign of life', 'TimeoutError'))
  let stopAlarm = startAlarm(clock, SILENCE_MS, silent)
  const onSignOfLife = () => {
    stopAlarm()
    stopAlarm = startAlarm(clock, SILENCE_MS, silent)
  }
  try {
    const headers = { accept: 'text/event-stream', ...(after === undefined ? {} : { 'last-event-id': after }) }
    const question = { method: 'GET', path: `/runs/${runId}/events`, headers } as const
    const response = await endpoint.open(question, connection.signal)
    onSignOfLife()
    if (!response.headers.get('content-type')?.startsWith('text/event-stream') || response.body === null)
      throw noBaton({ status: response.status, text: '', headers: response.headers }, endpoint)
    for await (const message of readEventStream(response.body, { onRetry, onSignOfLife })) {
      const event = eventOf(message)
      if (event) yield event
    }
  } catch (error) {
    throw error instanceof BatonError ? error : connectionError(error, endpoint.url)
  } finally {
    stopAlarm()
    signal?.removeEventListener('abort', stop)
    connection.abort()
  }
}

function eventOf({ data, id }: EventSourceMessage): StreamedEvent | undefined {
  const parsed = parseJson(data)
  return parsed.ok && isJsonObject(parsed.value) ? knownEvent({ id, ...parsed.value }) : undefined
}

/** Undefined for an event that this version does not know: a newer deployment may tell of more. */
export function knownEvent(value: unknown): StreamedEvent | undefined {
  return parseKnown(StreamedEvent, value).data
}
