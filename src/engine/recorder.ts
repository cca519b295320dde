/**
 * One execution's history while it runs: what is recorded already, to be read again after a restart, and what is added.
 * Adding is synchronous and numbers the event; `persist` makes it durable. Decides nothing about states.
 */
import type { Clock } from '../clock.ts'
import { NotFound } from '../errors.ts'
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
import type { Chunk, HistoryStore, HistoryWrites, NewExecution } from './history-store.ts'
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
  /** Of the execution in the store; or how it will be created, together with the first events that are stored. */
  readonly row: number | UnstoredExecution
  readonly startedAt: number
  readonly clock: Clock
  /** Called once when the store does not take a write: the execution cannot go on. */
  readonly onBroken: (error: unknown) => void
  readonly onEvent: (event: StoredEvent) => void
}

/** An execution that is not in the store yet: nobody else knows of it before its first `persist`. */
export type UnstoredExecution = Omit<NewExecution, 'first'>

/** The chunk that an execution begins with. @throws PayloadTooLarge */
export function startedChunk(input: Json): Chunk {
  const { text, bytes } = new Content().encode(input, 1, 0)
  if (bytes > PAYLOAD_BYTES) throw new PayloadTooLarge(tooLargeInput(bytes))
  return { firstId: 1, text: `[0,${EVENT_CODES.get('ExecutionStarted')},0,${text}]` }
}

export function tooLargeInput(bytes: number): string {
  return `The input is ${bytes} bytes, the limit is ${PAYLOAD_BYTES}`
}

export class Recorder {
  readonly content = new Content()
  readonly #options: RecorderOptions
  readonly #recorded = new Map<number, StoredEvent[]>()
  readonly #frames = new Map<string, number>()
  #row: number | UnstoredExecution
  #nextId = 1
  #nextFrame = 1
  #mayHaveTokens = false
  #lastAt: number
  #lines: string[] = []
  #extra: ((write: HistoryWrites) => void)[] = []
  #flush: Promise<void> | undefined
  #unread = 0
  #frozen: unknown
  #caughtUp: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined

  /** Of the execution, in the store: known once something of it is stored. */
  get row(): number {
    if (typeof this.#row === 'number') return this.#row
    throw new NotFound({ message: `${this.#row.name} is not stored yet`, next: 'Report a bug.' })
  }

  constructor(options: RecorderOptions) {
    this.#options = options
    this.#row = options.row
    this.#lastAt = options.startedAt
  }

  /** Reads back what was recorded before, so that frames can go through it again. */
  load(): void {
    const { store, startedAt } = this.#options
    const { events, origins } = readHistory(store.chunks(this.row), startedAt)
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
    this.#mayHaveTokens = true
    if (this.#unread > 0) this.#caughtUp = Promise.withResolvers<void>()
  }

  /** Whether a task token may be open: one was recorded in this process, or before it. */
  get mayHaveTokens(): boolean {
    return this.#mayHaveTokens
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
    this.#mayHaveTokens ||= details['token'] !== undefined
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
    const { store, onBroken } = this.#options
    this.#flush = store.commit((write) => {
      this.#flush = undefined
      const chunk = { firstId: this.#nextId - this.#lines.length, text: this.#lines.join('\n') }
      if (typeof this.#row !== 'number') this.#row = write.create({ ...this.#row, first: chunk })
      else if (this.#lines.length > 0) write.append(this.#row, chunk)
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
