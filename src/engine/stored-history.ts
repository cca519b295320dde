/** A history as stored, back in memory: one JSON line per event. Writing: recorder.ts. */
import { RecordsCorrupt } from '../errors.ts'
import type { Json } from '../schema/json.ts'
import { Content } from './content.ts'
import { EVENT_TYPES, FIELDS_OF, type FrameOrigin, type StoredEvent } from './events.ts'
import type { Chunk } from './history-store.ts'

export interface StoredHistory {
  readonly events: readonly StoredEvent[]
  /** By frame number; the main line has none. */
  readonly origins: ReadonlyMap<number, FrameOrigin>
}

/** @throws RecordsCorrupt where the text is not what recorder.ts writes. */
export function readHistory(chunks: readonly Chunk[], startedAt: number): StoredHistory {
  const events: StoredEvent[] = []
  const origins = new Map<number, FrameOrigin>()
  const content = new Content()
  const lookUp = (id: number, field: number) => {
    const event = events[id - 1]
    return event?.details[FIELDS_OF[event.type][field] as string]
  }
  let at = startedAt
  for (const { text } of chunks) {
    for (const line of text.split('\n')) {
      const [place, code, elapsed, ...values] = parse(line)
      const type = EVENT_TYPES[code as number]
      if (type === undefined) throw corrupt(`unknown event type ${String(code)}`)
      let frame = place as number
      if (Array.isArray(place)) {
        const [number, startedBy, index] = place as [number, number, number]
        frame = number
        origins.set(frame, { startedBy, index })
      }
      at += elapsed as number
      const details: Record<string, Json | undefined> = {}
      values.forEach((value, i) => {
        details[FIELDS_OF[type][i] as string] = content.decode(value, lookUp)
      })
      events.push({ id: events.length + 1, frame, type, at, details })
    }
  }
  return { events, origins }
}

function parse(line: string): Json[] {
  try {
    const parsed: unknown = JSON.parse(line)
    if (Array.isArray(parsed)) return parsed as Json[]
  } catch (cause) {
    throw corrupt(line.slice(0, 80), cause)
  }
  throw corrupt(line.slice(0, 80))
}

function corrupt(what: string, cause?: unknown): RecordsCorrupt {
  return new RecordsCorrupt({
    message: `A stored history cannot be read: ${what}`,
    next: 'Restore the data folder from a copy, or use the Baton version that wrote it.',
    cause,
  })
}
