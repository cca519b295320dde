/**
 * A named lease: at most one owner at a time, told apart by a fence that only grows. Knows neither what is leased nor
 * how to tell whether an owner lives: that comes in as a function.
 */
import type { Clock } from '../clock.ts'
import { Conflict, RecordsCorrupt } from '../errors.ts'
import { isJsonObject, type JsonObject } from '../schema/json.ts'
import type { Condition, Item, Key, Records } from './records.ts'

/** Who holds it, as data: e.g. host, pid, startedAt. Shown to whoever is refused. */
export type LeaseOwner = JsonObject

export interface LeaseRequest {
  readonly records: Records
  readonly clock: Clock
  /** e.g. `RUN#<runId>`. */
  readonly name: string
  readonly owner: LeaseOwner
  readonly durationMs: number
  /** Whether an owner whose lease still runs is known to be dead, so that nobody need wait for its end. @default no */
  readonly ownerIsDead?: (owner: LeaseOwner) => boolean | Promise<boolean>
}

export interface Lease {
  readonly name: string
  readonly owner: LeaseOwner
  /** Higher than that of any earlier owner. */
  readonly fence: number
  readonly expiresAt: Date
  /** A Conflict, as a value, where the lease has passed to another: stop. */
  renew(): Promise<Lease | Conflict>
  /** Harmless where it has passed to another. */
  release(): Promise<void>
}

interface Held {
  readonly fence: number
  readonly owner: LeaseOwner
  readonly expiresAtMs: number
}

export async function acquireLease(request: LeaseRequest): Promise<Lease | Conflict> {
  const stored = await request.records.get(keyOf(request.name))
  const held = stored === undefined ? undefined : heldOf(stored)
  if (held !== undefined && !(await isFree(held, request))) return taken(request, held)
  const fence = (held?.fence ?? 0) + 1
  const condition: Condition =
    held === undefined
      ? { kind: 'absent' }
      : { kind: 'and', conditions: [isFence(held.fence), isUntil(held.expiresAtMs)] }
  return write(request, fence, condition)
}

/** Whether somebody alive holds it now. */
export async function leaseIsHeld(
  request: Pick<LeaseRequest, 'records' | 'clock' | 'name' | 'ownerIsDead'>,
): Promise<boolean> {
  const stored = await request.records.get(keyOf(request.name))
  return stored !== undefined && !(await isFree(heldOf(stored), request))
}

/** A renewal in between changes `expiresAtMs`, so that a living owner is not robbed by one who read before it. */
async function write(request: LeaseRequest, fence: number, condition: Condition): Promise<Lease | Conflict> {
  const { records, clock, name, owner, durationMs } = request
  const expiresAtMs = clock.now().getTime() + durationMs
  const set = { fence, owner, expiresAtMs }
  const outcome = await records.write({ kind: 'update', key: keyOf(name), condition, set })
  if (!outcome.ok) return taken(request, outcome.item === undefined ? undefined : heldOf(outcome.item))
  return {
    name,
    owner,
    fence,
    expiresAt: new Date(expiresAtMs),
    renew: () =>
      write(request, fence, {
        kind: 'and',
        conditions: [isFence(fence), { kind: 'atLeast', attribute: 'expiresAtMs', value: 1 }],
      }),
    async release() {
      await records.write({ kind: 'update', key: keyOf(name), condition: isFence(fence), set: { expiresAtMs: 0 } })
    },
  }
}

async function isFree(
  { owner, expiresAtMs }: Held,
  { clock, ownerIsDead }: Pick<LeaseRequest, 'clock' | 'ownerIsDead'>,
): Promise<boolean> {
  if (expiresAtMs <= clock.now().getTime()) return true
  return ownerIsDead !== undefined && (await ownerIsDead(owner))
}

function isFence(fence: number): Condition {
  return { kind: 'equals', attribute: 'fence', value: fence }
}

function isUntil(expiresAtMs: number): Condition {
  return { kind: 'equals', attribute: 'expiresAtMs', value: expiresAtMs }
}

function keyOf(name: string): Key {
  return { partition: `LEASE#${name}`, sort: 'LEASE' }
}

function heldOf({ partition, attributes: { fence, owner, expiresAtMs } }: Item): Held {
  if (typeof fence === 'number' && typeof expiresAtMs === 'number' && isJsonObject(owner)) {
    return { fence, owner, expiresAtMs }
  }
  throw new RecordsCorrupt({
    message: `the lease ${partition} is damaged, or from a newer version`,
    next: 'Use the Baton version that wrote it, or restore the data folder from a copy.',
  })
}

function describeOwner(owner: LeaseOwner): string {
  const facts = Object.entries(owner).map(([name, value]) => `${name} ${String(value)}`)
  return facts.join(', ')
}

function taken({ name }: LeaseRequest, held: Held | undefined): Conflict {
  const who = held === undefined ? 'somebody else' : describeOwner(held.owner)
  const until = held === undefined || held.expiresAtMs === 0 ? '' : ` until ${new Date(held.expiresAtMs).toISOString()}`
  return new Conflict({
    message: `${name} is held by ${who}${until}`,
    next: 'Let it finish, or stop that process; then try again.',
  })
}
