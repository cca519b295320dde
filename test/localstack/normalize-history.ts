/** A history without what differs between two executions of the same machine, and what differs between hosts. */
import {
  type Names,
  type NormalEvent,
  normalizeHistory as normalize,
  type RawEvent,
} from '../../src/replay/normal-history.ts'
import { isDroppedEvent, withoutDifferences } from './known-differences.ts'

export { type Names, type NormalEvent, normalValue, type RawEvent } from '../../src/replay/normal-history.ts'

export function normalizeHistory(events: readonly RawEvent[], names: Names): NormalEvent[] {
  return normalize(events, names, { isDroppedEvent, withoutDifferences })
}
