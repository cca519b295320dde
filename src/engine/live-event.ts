/** An event as it happens, for progress displays: not yet stored, so never to be acted upon. */
import type { EventDetails, EventType, StoredEvent } from './events.ts'
import type { Execution } from './execution.ts'
import type { Frame } from './frame.ts'

/** The Parallel or Map state that a frame belongs to, and which branch or iteration it is. */
export interface FramePlace {
  readonly state: string
  readonly index: number
}

export interface LiveEvent {
  readonly executionName: string
  readonly id: number
  readonly type: EventType
  readonly at: Date
  /** From the outside in; empty on the main line. */
  readonly path: readonly FramePlace[]
  /** The state that the event belongs to. */
  readonly state: string | undefined
  /** As stored: `input`, `output`, `error`, `cause`, `parameters` … */
  readonly details: EventDetails
}

export function liveEvent(execution: Execution, { id, type, at, frame, details }: StoredEvent): LiveEvent {
  const place = execution.frames.get(frame)
  const entered = details['state']
  const state = typeof entered === 'number' ? execution.program.states[entered]?.name : place?.open?.name
  return { executionName: execution.name, id, type, at: new Date(at), path: pathOf(place), state, details }
}

function pathOf(frame: Frame | undefined): FramePlace[] {
  const path: FramePlace[] = []
  for (let inner = frame; inner?.parent !== undefined; inner = inner.parent) {
    path.unshift({ state: inner.parent.open?.name ?? '', index: inner.origin?.index ?? 0 })
  }
  return path
}
