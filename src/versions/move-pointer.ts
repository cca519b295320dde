/** The pointer to what starts take: read, and moved by whoever has seen it as it is. Each move is kept with who and why. */
import { canonicalJson } from '../audit/canonical.ts'
import { crashPoint } from '../crash-point.ts'
import { Conflict } from '../errors.ts'
import type { Condition, Item, Records, Write } from '../records/records.ts'
import type { Json } from '../schema/json.ts'
import type { Move, Pointer } from '../schema/versions.ts'
import { isOldPointer, itemOf, moveKey, moveOf, pointerKey, pointerOf } from './version-items.ts'

/** Is told of each move once it is recorded, by the process that made it. */
export type OnMove = (team: string, move: Move) => void

export interface SeenPointer {
  readonly item?: Item
  /** Absent: nothing was released yet. */
  readonly pointer?: Pointer
}

export type Why = Omit<Move, 'revision' | 'from' | 'to'>

interface MoveOptions {
  /** Written with it, or neither is. */
  readonly beside?: readonly Write[]
  readonly onMove?: OnMove | undefined
}

export async function readPointer(records: Records, team: string): Promise<SeenPointer> {
  const item = await records.get(pointerKey(team))
  return item === undefined ? {} : { item, pointer: pointerOf(item) }
}

/** @throws Conflict where the pointer is no longer as it was seen. */
export async function movePointer(
  records: Records,
  team: string,
  seen: SeenPointer,
  to: Omit<Pointer, 'revision'>,
  why: Why,
  options: MoveOptions = {},
): Promise<Move> {
  const move = await tryMove(records, team, seen, to, why, options)
  if (move !== undefined) return move
  const stored = await sameMove(records, team, moveOfPointer(seen, to, why))
  if (stored !== undefined) return stored
  throw new Conflict({
    message: `The release that team ${team} starts with was changed by somebody else meanwhile`,
    next: 'Look at what it is now, then decide again.',
  })
}

/** Undefined: the pointer is no longer as it was seen, or what is written beside was refused. */
export async function tryMove(
  records: Records,
  team: string,
  seen: SeenPointer,
  to: Omit<Pointer, 'revision'>,
  why: Why,
  { beside = [], onMove }: MoveOptions = {},
): Promise<Move | undefined> {
  const move = moveOfPointer(seen, to, why)
  const { revision } = move
  const next: Pointer = { stable: to.stable, ...(to.canary && { canary: to.canary }), revision }
  crashPoint('release.move.before')
  const outcome = await records.transact([
    { kind: 'put', item: itemOf(pointerKey(team), next), condition: unchanged(seen.item) },
    { kind: 'put', item: itemOf(moveKey(team, revision), move), condition: { kind: 'absent' } },
    ...beside,
  ])
  crashPoint('release.move.after')
  if (!outcome.ok) return undefined
  onMove?.(team, move)
  return move
}

function moveOfPointer({ pointer }: SeenPointer, to: Omit<Pointer, 'revision'>, why: Why): Move {
  const revision = (pointer?.revision ?? 0) + 1
  return { revision, ...(pointer && { from: placeOf(pointer) }), to: placeOf(to), ...why }
}

/** Where the reply to the first of two sends was lost, it is this very one. */
async function sameMove(records: Records, team: string, move: Move): Promise<Move | undefined> {
  const item = await records.get(moveKey(team, move.revision))
  const stored = item && moveOf(item)
  return stored && canonicalJson(stored as Json) === canonicalJson(move as Json) ? stored : undefined
}

function unchanged(item: Item | undefined): Condition {
  if (item === undefined) return { kind: 'absent' }
  const attribute = isOldPointer(item) ? 'sequence' : 'revision'
  return { kind: 'equals', attribute, value: item.attributes[attribute] ?? null }
}

function placeOf({ stable, canary }: Pick<Pointer, 'stable' | 'canary'>): Move['to'] {
  return { stable, ...(canary && { canary: { release: canary.release, percent: canary.percent } }) }
}
