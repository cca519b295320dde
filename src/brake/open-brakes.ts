/**
 * `openBrakes`: the brakes in the records, one partition, one item a scope. Costs one query every two seconds while
 * something runs (DynamoDB: one read unit), and a read and a conditional write for each change.
 */
import type { Clock } from '../clock.ts'
import { crashPoint } from '../crash-point.ts'
import { Conflict, RecordsCorrupt } from '../errors.ts'
import type { Item, Key, Records } from '../records/records.ts'
import type { JsonObject } from '../schema/json.ts'
import { type BrakePlace, type BrakeScope, BrakeState, type ReadBrake } from './brake.ts'
import { scopeWords } from './brake-words.ts'

export interface Brakes {
  /** Goes by what is at most two seconds old. @throws RecordsUnavailable, RecordsCorrupt */
  readonly read: ReadBrake
  /** As it is now: for what is asked once, such as a start. @throws RecordsUnavailable, RecordsCorrupt */
  readonly readNow: ReadBrake
  /** Idempotent: a brake that is on stays as whoever was first has set it. @throws RecordsUnavailable */
  set(brake: Omit<BrakeState, 'at'>): Promise<{ readonly brake: BrakeState; readonly isNew: boolean }>
  /**
   * @returns what was released; undefined where it was off already. @throws RecordsUnavailable; Conflict: see ROUNDS
   */
  release(scope: BrakeScope): Promise<BrakeState | undefined>
  /** Those that are on, as they are now; the widest first. */
  list(): Promise<readonly BrakeState[]>
}

export const BRAKE_PARTITION = 'BRAKE'
const CACHE_MS = 2_000
/** Against others who set and release the same brake. */
const ROUNDS = 5
const WIDEST_FIRST = ['fleet', 'team', 'workflow', 'agent'] as const

export function openBrakes({ records, clock }: { readonly records: Records; readonly clock: Clock }): Brakes {
  let cached: { readonly brakes: readonly BrakeState[]; readonly atMs: number } | undefined
  let reading: Promise<readonly BrakeState[]> | undefined

  async function list(): Promise<readonly BrakeState[]> {
    const found: BrakeState[] = []
    let after: string | undefined
    do {
      const page = await records.query(BRAKE_PARTITION, after === undefined ? {} : { after })
      found.push(...page.items.map(brakeOf))
      after = page.next
    } while (after !== undefined)
    found.sort((a, b) => WIDEST_FIRST.indexOf(a.scope.of) - WIDEST_FIRST.indexOf(b.scope.of))
    cached = { brakes: found, atMs: clock.now().getTime() }
    return found
  }

  async function recent(): Promise<readonly BrakeState[]> {
    const ageMs = cached === undefined ? Number.NaN : clock.now().getTime() - cached.atMs
    if (cached !== undefined && ageMs >= 0 && ageMs < CACHE_MS) return cached.brakes
    reading ??= list().finally(() => {
      reading = undefined
    })
    return reading
  }

  return {
    list,
    read: async (place) => firstAt(place, await recent()),
    readNow: async (place) => firstAt(place, await list()),
    async set(given) {
      const brake = BrakeState.parse({ ...given, at: clock.now().toISOString() })
      const item: Item = { ...keyOf(brake.scope), attributes: brake as unknown as JsonObject }
      crashPoint('brake.write.before')
      const outcome = await records.write({ kind: 'put', item, condition: { kind: 'absent' } })
      crashPoint('brake.write.after')
      cached = undefined
      if (outcome.ok || outcome.item === undefined) return { brake, isNew: true }
      const stored = brakeOf(outcome.item)
      // The reply to the first of two sends was lost: it is this very one.
      const isMine = stored.at === brake.at && stored.by === brake.by && stored.reason === brake.reason
      return { brake: stored, isNew: isMine }
    },
    async release(scope) {
      const key = keyOf(scope)
      for (let round = 1; round <= ROUNDS; round += 1) {
        const item = await records.get(key)
        if (item === undefined) return undefined
        const at = item.attributes['at'] ?? null
        crashPoint('brake.write.before')
        const outcome = await records.write({
          kind: 'delete',
          key,
          condition: { kind: 'equals', attribute: 'at', value: at },
        })
        crashPoint('brake.write.after')
        cached = undefined
        if (outcome.ok || outcome.item === undefined) return brakeOf(item)
      }
      throw new Conflict({
        message: `The brake for ${scopeWords(scope)} could not be released: others are setting it again`,
        next: 'Agree with them (baton brake says who), then release it again.',
      })
    },
  }
}

function firstAt(place: BrakePlace, brakes: readonly BrakeState[]): BrakeState | undefined {
  return brakes.find(({ scope }) => holdsAt(scope, place))
}

function holdsAt(scope: BrakeScope, { team, workflows = [], agent }: BrakePlace): boolean {
  switch (scope.of) {
    case 'fleet':
      return true
    case 'team':
      return scope.team === team
    case 'workflow':
      return scope.team === team && workflows.includes(scope.name)
    case 'agent':
      return scope.team === team && scope.name === agent
  }
}

/** No name has a `#`. */
function keyOf(scope: BrakeScope): Key {
  const parts = scope.of === 'fleet' ? [] : scope.of === 'team' ? [scope.team] : [scope.team, scope.name]
  return { partition: BRAKE_PARTITION, sort: [scope.of, ...parts].join('#') }
}

function brakeOf({ sort, attributes }: Item): BrakeState {
  const brake = BrakeState.safeParse(attributes)
  if (brake.success) return brake.data
  throw new RecordsCorrupt({
    message: `the brake ${sort} is damaged, or from a newer version`,
    next: 'Use the Baton version that set it, or release it: baton brake off.',
    cause: brake.error,
  })
}
