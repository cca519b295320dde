/**
 * The events of a run elsewhere as they happen: server-sent events over as many connections as it takes. A deployed API
 * ends each answer after what there is; the next connection goes on behind the last event (Last-Event-ID).
 */
import type { EventPage, FollowOptions } from '../../api/run-service.ts'
import type { Clock } from '../../clock.ts'
import type { RunId } from '../../schema/ids.ts'
import type { EventId, StreamedEvent } from '../../schema/run-event.ts'
import type { Endpoint } from './endpoint.ts'
import { eventConnection } from './event-connection.ts'
import { EndpointUnavailable } from './remote-errors.ts'

interface FollowDependencies {
  readonly endpoint: Endpoint
  readonly clock: Clock
  readonly random: () => number
  /** What there is after an event. */
  readonly page: (after: EventId | undefined) => Promise<Pick<EventPage, 'events' | 'ended'>>
}

/** A year, which is how long a run may last, at one connection a second. */
const MOST_CONNECTIONS = 31_536_000
/** In a row: about two minutes. */
const MOST_FAILURES = 12
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 15_000
/** Between connections that the server ended, unless it says. */
const USUAL_RETRY_MS = 1_000
/** At least between connections that bring nothing, whatever the server says. */
const LEAST_RETRY_MS = 100
/** More would look dead. */
const MOST_RETRY_MS = 30_000

/** Each event once. Ends without an error when the run does, or the signal aborts. @throws as `Endpoint.open` */
export async function* followRemote(
  runId: RunId,
  { after, signal }: FollowOptions,
  { endpoint, clock, random, page }: FollowDependencies,
): AsyncGenerator<StreamedEvent> {
  const known = new Set<EventId>()
  const isNew = ({ id }: StreamedEvent) => known.size < known.add(id).size
  let last = after
  let retryMs = USUAL_RETRY_MS
  let failures = 0
  for (let number = 1; number <= MOST_CONNECTIONS && !signal?.aborted; number++) {
    const connection = eventConnection(runId, { after: last, signal }, { endpoint, clock })
    let hasNews = false
    let pauseMs: number
    try {
      for await (const event of connection.events) {
        failures = 0
        if (!isNew(event)) continue
        hasNews = true
        last = event.id
        yield event
      }
      if (connection.isLast()) return
      if (connection.wasSilent()) {
        // The server may live and have nothing to say, or be gone: a page tells.
        const { events, ended } = await page(last)
        yield* events.filter(isNew)
        last = events.at(-1)?.id ?? last
        if (ended) return
      }
      failures = 0
      retryMs = Math.min(MOST_RETRY_MS, connection.retryMs() ?? retryMs)
      pauseMs = Math.max(retryMs, hasNews ? 0 : LEAST_RETRY_MS)
    } catch (error) {
      if (signal?.aborted) return
      failures += 1
      if (!(error instanceof EndpointUnavailable) || failures > MOST_FAILURES) throw error
      const backoffMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1)) * (0.5 + random() / 2)
      pauseMs = Math.min(MOST_RETRY_MS, error.retryAfterMs ?? backoffMs)
    }
    await clock.sleep(pauseMs, signal).catch(() => undefined)
  }
}
