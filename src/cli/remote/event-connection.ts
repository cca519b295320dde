/** One connection to the events of a run, to its end. When to connect again is the caller's business. */
import type { FollowOptions } from '../../api/run-service.ts'
import { type Clock, startAlarm } from '../../clock.ts'
import { BatonError } from '../../errors.ts'
import type { RunId } from '../../schema/ids.ts'
import { isJsonObject } from '../../schema/json.ts'
import { parseJson } from '../../schema/parse-json.ts'
import { StreamedEvent } from '../../schema/run-event.ts'
import { noBaton } from './answer-error.ts'
import type { Endpoint } from './endpoint.ts'
import { parseKnown } from './parse-answer.ts'
import { readEventStream, type StreamMessage } from './read-event-stream.ts'
import { connectionError } from './send-once.ts'

interface EventConnection {
  /** @throws as `Endpoint.open`, and what the server says went wrong on the way */
  readonly events: AsyncIterable<StreamedEvent>
  /** The server has said that there will be no more. */
  isLast(): boolean
  /** It was given up because nothing came any more, not even a comment. */
  wasSilent(): boolean
  /** What the server wants to be waited before the next one. */
  retryMs(): number | undefined
}

/** Servers send a comment every 15 s. */
const SILENCE_MS = 60_000
const NO_CONTENT = 204

export function eventConnection(
  runId: RunId,
  { after, signal }: FollowOptions,
  { endpoint, clock }: { readonly endpoint: Endpoint; readonly clock: Clock },
): EventConnection {
  const hangUp = new AbortController()
  let isLast = false
  let wasSilent = false
  let retryMs: number | undefined
  let stopAlarm = () => {}

  function onSignOfLife(): void {
    stopAlarm()
    stopAlarm = startAlarm(clock, SILENCE_MS, () => {
      wasSilent = true
      hangUp.abort()
    })
  }

  function onRetry(milliseconds: number): void {
    retryMs = milliseconds
  }

  async function* read(): AsyncGenerator<StreamedEvent> {
    const onAbort = () => hangUp.abort()
    signal?.addEventListener('abort', onAbort, { once: true })
    onSignOfLife()
    try {
      const headers = { accept: 'text/event-stream', ...(after === undefined ? {} : { 'last-event-id': after }) }
      const question = { method: 'GET', path: `/runs/${runId}/events`, headers } as const
      const response = await endpoint.open(question, hangUp.signal)
      isLast = response.status === NO_CONTENT
      if (isLast) return
      for await (const message of readEventStream(bodyOf(response), { onSignOfLife, onRetry })) {
        const event = eventOf(message)
        if (event) yield event
      }
    } catch (error) {
      if (wasSilent) return
      throw error instanceof BatonError ? error : connectionError(error, endpoint.url)
    } finally {
      stopAlarm()
      signal?.removeEventListener('abort', onAbort)
      hangUp.abort()
    }
  }

  /** @throws what the server says went wrong */
  function eventOf({ data, id, event: kind }: StreamMessage): StreamedEvent | undefined {
    const parsed = parseJson(data)
    const value = parsed.ok && isJsonObject(parsed.value) ? parsed.value : {}
    if (kind === 'problem') throw endpoint.errorOf({ status: Number(value['status']), text: data })
    return knownEvent({ id, ...value })
  }

  function bodyOf(response: Response): ReadableStream<Uint8Array> {
    const { body, headers, status } = response
    if (body !== null && headers.get('content-type')?.startsWith('text/event-stream')) return body
    throw noBaton({ status, text: '', headers }, endpoint)
  }

  return { events: read(), isLast: () => isLast, wasSilent: () => wasSilent, retryMs: () => retryMs }
}

/** Undefined for an event that this version does not know: a newer deployment may tell of more. */
export function knownEvent(value: unknown): StreamedEvent | undefined {
  return parseKnown(StreamedEvent, value).data
}
