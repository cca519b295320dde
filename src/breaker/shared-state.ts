/**
 * One small state that several processes share in one item: read from what a look at the records found, changed only by
 * whoever saw its newest version. Decides no transition, and does not look by itself.
 */
import { randomUUID } from 'node:crypto'
import type * as z from 'zod'
import type { Clock } from '../clock.ts'
import { crashPoint } from '../crash-point.ts'
import type { Condition, Item, Key, Records } from '../records/records.ts'
import type { JsonObject } from '../schema/json.ts'
import { elapsedMs, type Sighted, sighted } from './sighting.ts'

/** Two clocks that are ten minutes wrong each are less than this apart; what begins later is damaged. */
const LATEST_BEGIN_MS = 25 * 60_000

export interface SharedState<S> {
  /** As last seen. undefined: there is none, or none that this version can read; the next change replaces that. */
  readonly state: () => S | undefined
  /** Since the state was written, which was at `sinceMs` by its writer's clock. */
  readonly elapsedMs: (sinceMs: number) => number
  readonly version: () => string | undefined
  /** Called when a look at the records begins; what it gives is called with what was found. */
  readonly beginLook: () => (found: Item | undefined) => void
  /** @returns false where somebody else was quicker: what they wrote has been seen then. @throws RecordsUnavailable */
  readonly write: (next: S) => Promise<boolean>
}

interface SharedStateOptions<S> {
  readonly records: Records
  readonly clock: Clock
  readonly key: Key
  readonly schema: z.ZodType<S>
}

export function sharedState<S extends { readonly sinceMs: number }>({
  records,
  clock,
  key,
  schema,
}: SharedStateOptions<S>): SharedState<S> {
  let item: Item | undefined
  let state: S | undefined
  let sighting: Sighted | undefined
  let writes = 0
  const nowMs = () => clock.now().getTime()

  function saw(found: Item | undefined, beganMs: number): void {
    item = found
    state = found && readable(schema, found, nowMs())
    sighting = sighted(sighting, { version: versionOf(found), beganMs, endedMs: nowMs() })
  }

  return {
    state: () => state,
    elapsedMs: (sinceMs) => (sighting ? elapsedMs(sighting, sinceMs, nowMs()) : 0),
    version: () => sighting?.version,
    beginLook() {
      const [beganMs, before] = [nowMs(), writes]
      return (found) => {
        // What a write has shown since is newer than what is found.
        if (writes === before) saw(found, beganMs)
      }
    },
    async write(next) {
      const version = randomUUID()
      const beganMs = nowMs()
      // No undefined is left in it: the schemas leave out what is absent.
      const attributes: JsonObject = { version, state: next as unknown as JsonObject }
      const written: Item = { ...key, attributes }
      crashPoint('breaker.write.before')
      const outcome = await records.write({ kind: 'put', item: written, condition: unchanged(item) })
      crashPoint('breaker.write.after')
      // A write whose reply was lost may have been sent again: then its own trace is what refuses it.
      const isMine = outcome.ok || versionOf(outcome.item) === version
      writes += 1
      if (isMine) sighting = sighting && { ...sighting, lastLookMs: beganMs }
      saw(outcome.ok ? written : outcome.item, beganMs)
      return isMine
    },
  }
}

function versionOf(item: Item | undefined): string | undefined {
  const version = item?.attributes['version']
  return typeof version === 'string' ? version : undefined
}

function unchanged(item: Item | undefined): Condition {
  if (item === undefined) return { kind: 'absent' }
  const version = versionOf(item)
  return version === undefined ? { kind: 'exists' } : { kind: 'equals', attribute: 'version', value: version }
}

/** Only ever advice: damaged, it is as good as none, and must stop nobody. */
function readable<S extends { readonly sinceMs: number }>(
  schema: z.ZodType<S>,
  { attributes }: Item,
  nowMs: number,
): S | undefined {
  const parsed = schema.safeParse(attributes['state'])
  return parsed.success && parsed.data.sinceMs <= nowMs + LATEST_BEGIN_MS ? parsed.data : undefined
}
