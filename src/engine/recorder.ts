/**
 * One execution's history while it runs: what is recorded already, to be read again after a restart, and what is added.
 * Adding is synchronous and numbers the event; `persist` makes it durable. Decides nothing about states.
 */
import type { Clock } from '../clock.ts'
import type { Json } from '../schema/json.ts'
import { Content } from './content.ts'
import {
  EVENT_CODES,
  type EventDetails,
  type EventType,
  FIELDS_OF,
  type FrameOrigin,
  type StoredEvent,
} from './events.ts'
import type { Chunk, HistoryStore, HistoryWrites } from './history-store.ts'
import { HISTORY_EVENTS, PAYLOAD_BYTES } from './limits.ts'
import { readHistory } from './stored-history.ts'

/** The history has no room for another event but the last. */
export class HistoryFull extends Error {
  override readonly name = 'HistoryFull'
}
/** A field is larger than Step Functions takes. */
export class PayloadTooLarge extends Error {
  override readonly name = 'PayloadTooLarge'
}

const LIMITED_FIELDS: ReadonlySet<string> = new Set(['input', 'output', 'parameters'])

export interface RecorderOptions {
  readonly store: HistoryStore
  readonly row: number
  readonly startedAt: number
  readonly clock: Clock
  /** Called once when the store does not take a write: the execution cannot go on. */
  readonly onBroken: (error: unknown) => void
  readonly onEvent: (event: StoredEvent) => void
}

/** The chunk that an execution begins with. @throws PayloadTooLarge */
export function startedChunk(input: Json): Chunk {
  const { text, bytes } = new Content().encode(input, 1, 0)
  if (bytes > PAYLOAD_BYTES) throw new PayloadTooLarge(`The input is ${bytes} bytes, the limit is ${PAYLOAD_BYTES}`)
  return { firstId: 1, text: `[0,${EVENT_CODES.get('ExecutionStarted')},0,${text}]` }
}

export class Recorder {
  readonly content = new Content()
  readonly #options: RecorderOptions
  readonly #recorded = new Map<number, StoredEvent[]>()
  readonly #frames = new Map<string, number>()
  #nextId = 1
  #nextFrame = 1
  #lastAt: number
  #lines: string[] = []
  #extra: ((write: HistoryWrites) => void)[] = []
  #flush: Promise<void> | undefined
  #unread = 0
  #frozen: unknown
  #caughtUp: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined

  /** Of the execution, in the store. */
  get row(): number {
    return this.#options.row
  }

  constructor(options: RecorderOptions) {
    this.#options = options
    this.#lastAt = options.startedAt
  }

  /** Reads back what was recorded before, so that frames can go through it again. */
  load(): void {
    const { store, row, startedAt } = this.#options
    const { events, origins } = readHistory(store.chunks(row), startedAt)
    for (const event of events) {
      const ofFrame = this.#recorded.get(event.frame)
      if (ofFrame === undefined) this.#recorded.set(event.frame, [event])
      else ofFrame.push(event)
      for (const [field, name] of FIELDS_OF[event.type].entries()) {
        this.content.encode(event.details[name], event.id, field)
      }
      this.content.keep()
      this.#lastAt = event.at
    }
    for (const [frame, { startedBy, index }] of origins) {
      this.#frames.set(`${startedBy}:${index}`, frame)
      this.#nextFrame = Math.max(this.#nextFrame, frame + 1)
    }
    this.#nextId = events.length + 1
    this.#unread = events.length
    if (this.#unread > 0) this.#caughtUp = Promise.withResolvers<void>()
  }

  /** False while frames still go through what was recorded before. */
  get isCaughtUp(): boolean {
    return this.#unread === 0
  }

  /** Resolves when every frame has gone through its record: only then may anything new be done. */
  get caughtUp(): Promise<void> {
    return this.#caughtUp?.promise ?? Promise.resolve()
  }

  /** The number of a frame, the same again after a restart, and what it recorded. */
  openFrame(origin: FrameOrigin | undefined): { number: number; recorded: readonly StoredEvent[] } {
    if (origin === undefined) return { number: 0, recorded: this.#recorded.get(0) ?? [] }
    const known = this.#frames.get(`${origin.startedBy}:${origin.index}`)
    if (known === undefined) return { number: this.#nextFrame++, recorded: [] }
    return { number: known, recorded: this.#recorded.get(known) ?? [] }
  }

  hasFrame({ startedBy, index }: FrameOrigin): boolean {
    return this.#unread > 0 && this.#frames.has(`${startedBy}:${index}`)
  }

  /** From now on nothing can be added: `append` throws `reason`. */
  freeze(reason: unknown): void {
    this.#frozen ??= reason
  }

  /** A frame has gone through `count` more recorded events. */
  read(count: number): void {
    if (count === 0) return
    this.#unread -= count
    if (this.#unread === 0) this.#caughtUp?.resolve()
  }

  /**
   * @param origin For the first event of a frame.
   * @throws HistoryFull, PayloadTooLarge: then nothing is added.
   */
  append(frame: number, origin: FrameOrigin | undefined, type: EventType, details: EventDetails): StoredEvent {
    if (this.#frozen !== undefined) throw this.#frozen
    const id = this.#nextId
    if (id >= HISTORY_EVENTS && !type.startsWith('Execution')) throw new HistoryFull()
    const place = origin === undefined ? `${frame}` : `[${frame},${origin.startedBy},${origin.index}]`
    const at = this.#options.clock.now().getTime()
    const fields = this.#encode(type, details, id)
    this.content.keep()
    this.#lines.push(`[${place},${EVENT_CODES.get(type)},${at - this.#lastAt}${fields}]`)
    this.#lastAt = at
    this.#nextId++
    const event = { id, frame, type, at, details }
    this.#options.onEvent(event)
    return event
  }

  /** Resolves when everything added so far, and `extra`, is stored. Calls of the same moment share one transaction. */
  persist(extra?: (write: HistoryWrites) => void): Promise<void> {
    if (extra !== undefined) this.#extra.push(extra)
    if (this.#flush !== undefined) return this.#flush
    if (this.#lines.length === 0 && this.#extra.length === 0) return Promise.resolve()
    const { store, row, onBroken } = this.#options
    this.#flush = store.commit((write) => {
      this.#flush = undefined
      const firstId = this.#nextId - this.#lines.length
      if (this.#lines.length > 0) write.append(row, { firstId, text: this.#lines.join('\n') })
      for (const also of this.#extra) also(write)
      this.#lines = []
      this.#extra = []
    })
    this.#flush.catch(onBroken)
    return this.#flush
  }

  #encode(type: EventType, details: EventDetails, id: number): string {
    const names = FIELDS_OF[type]
    let last = names.length - 1
    while (last >= 0 && details[names[last] as string] === undefined) last--
    let text = ''
    for (let field = 0; field <= last; field++) {
      const name = names[field] as string
      const encoded = this.content.encode(details[name] as Json | undefined, id, field)
      if (encoded.bytes > PAYLOAD_BYTES && LIMITED_FIELDS.has(name)) {
        this.content.forget()
        throw new PayloadTooLarge(`${name} is ${encoded.bytes} bytes, the limit is ${PAYLOAD_BYTES}`)
      }
      text += `,${encoded.text}`
    }
    return text
  }
}
