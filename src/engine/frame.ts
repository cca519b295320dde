/**
 * One sequential thread of control: the main line, a branch of a Parallel, an iteration of a Map. Its events are strictly
 * ordered, so that after a restart it goes through its own recorded events first, in order, with their ids, and is live
 * when they run out.
 */
import { RecordsCorrupt } from '../errors.ts'
import type { Json } from '../schema/json.ts'
import type { EventDetails, EventType, FrameOrigin, StoredEvent } from './events.ts'
import type { Execution } from './execution.ts'
import type { State } from './program.ts'
import { HistoryFull } from './recorder.ts'
import { Aborted } from './state-error.ts'
import { Variables } from './variables.ts'

const ABORTS: ReadonlySet<EventType> = new Set<EventType>([
  ...(['TaskStateAborted', 'WaitStateAborted', 'ParallelStateAborted', 'MapStateAborted'] as const),
  'MapIterationAborted',
])

export interface MapItem {
  readonly index: number
  readonly value: Json
}

export interface FrameOptions {
  readonly execution: Execution
  readonly signal: AbortSignal
  readonly parent?: Frame
  readonly origin?: FrameOrigin
  readonly item?: MapItem
}

export class Frame {
  readonly execution: Execution
  readonly signal: AbortSignal
  readonly parent: Frame | undefined
  readonly origin: FrameOrigin | undefined
  readonly variables: Variables
  /** The Map item that this frame, or one around it, works on. */
  readonly item: MapItem | undefined
  readonly number: number
  /** The state that is entered and not yet exited. */
  open: State | undefined
  readonly #recorded: readonly StoredEvent[]
  #position = 0
  #lastAt = 0
  #isNew: boolean

  constructor({ execution, signal, parent, origin, item }: FrameOptions) {
    this.execution = execution
    this.signal = signal
    this.parent = parent
    this.origin = origin
    this.item = item ?? parent?.item
    this.variables = new Variables(parent?.variables)
    const { number, recorded } = execution.recorder.openFrame(origin)
    this.number = number
    this.#recorded = recorded
    this.#isNew = recorded.length === 0
    execution.openedFrame(this)
  }

  /** The next recorded event; undefined: live. @throws Aborted where the record says that the state was stopped here. */
  peek(): StoredEvent | undefined {
    const next = this.#recorded[this.#position]
    if (next !== undefined && ABORTS.has(next.type)) throw new Aborted()
    return next
  }

  /** Goes past the next recorded event if it is of one of these types. */
  take(...types: readonly EventType[]): StoredEvent | undefined {
    const next = this.peek()
    return next !== undefined && types.includes(next.type) ? this.#read(next) : undefined
  }

  /** The recorded event, or a new one. @throws Aborted when live and stopped; PayloadTooLarge; HistoryFull. */
  record(type: EventType, details: EventDetails = {}): StoredEvent {
    const next = this.peek()
    if (next === undefined) {
      if (this.signal.aborted) throw new Aborted()
      return this.#append(type, details)
    }
    if (next.type === type) return this.#read(next)
    throw new RecordsCorrupt({
      message: `The history of ${this.execution.name} has ${next.type} as event ${next.id} where ${type} was expected`,
      next: 'Resume it with the Baton version and the definition that it was started with.',
    })
  }

  /** Records how this frame was ended from outside; in a history without room, silently not. */
  recordEnd(type: EventType, details: EventDetails = {}): void {
    const next = this.#recorded[this.#position]
    if (next?.type === type) {
      this.#read(next)
      return
    }
    if (next !== undefined) return
    try {
      this.#append(type, details)
    } catch (error) {
      if (!(error instanceof HistoryFull)) throw error
    }
  }

  /** Records that the open state was stopped, for those types that AWS has an event for. */
  recordAborted(): void {
    const type = this.open?.type
    if (type === 'Task' || type === 'Wait' || type === 'Parallel' || type === 'Map') {
      this.recordEnd(`${type}StateAborted`)
    }
    this.open = undefined
  }

  /** Resolves when new things may be done here. @throws Aborted */
  async live(): Promise<void> {
    if (this.#position < this.#recorded.length) return
    const { recorder } = this.execution
    if (!recorder.isCaughtUp) await unlessAborted(recorder.caughtUp, this.signal)
    if (this.signal.aborted) throw new Aborted()
  }

  /** Whether the next recorded event is of this type. Sees ends that came from outside, too. */
  endsWith(type: EventType): boolean {
    return this.#recorded[this.#position]?.type === type
  }

  /** Whether the record goes on until this type of event, within the next few. */
  isPast(type: EventType): boolean {
    return this.#recorded.slice(this.#position, this.#position + 3).some((event) => event.type === type)
  }

  /** When the last event of this frame happened. */
  get lastRecordedAt(): number {
    return this.#lastAt
  }

  /** True when `live` has nothing to wait for. */
  get isLive(): boolean {
    return this.#position >= this.#recorded.length && this.execution.recorder.isCaughtUp && !this.signal.aborted
  }

  /** Sleeps until a point in time, which may lie in the past; not at all while the record goes on. */
  async sleepUntil(time: number): Promise<void> {
    if (this.peek() !== undefined) return
    await this.live()
    const { clock } = this.execution.services
    const left = time - clock.now().getTime()
    if (left <= 0) return
    await this.execution.recorder.persist()
    try {
      await clock.sleep(left, this.signal)
    } catch (error) {
      throw this.signal.aborted ? new Aborted() : error
    }
  }

  /** Ends the frame: whatever it recorded and did not go through again is done with. */
  close(): void {
    this.execution.recorder.read(this.#recorded.length - this.#position)
    this.#position = this.#recorded.length
    this.execution.closedFrame(this)
  }

  #append(type: EventType, details: EventDetails): StoredEvent {
    const event = this.execution.recorder.append(this.number, this.#isNew ? this.origin : undefined, type, details)
    this.#isNew = false
    this.#lastAt = event.at
    return event
  }

  #read(event: StoredEvent): StoredEvent {
    this.#position++
    this.#lastAt = event.at
    this.execution.recorder.read(1)
    return event
  }
}

/** @throws Aborted as soon as the signal is aborted, whatever becomes of the promise. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(new Aborted())
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
    promise.then(
      (value) => {
        signal.removeEventListener('abort', onAbort)
        resolve(value)
      },
      (error) => {
        signal.removeEventListener('abort', onAbort)
        reject(error)
      },
    )
  })
}
