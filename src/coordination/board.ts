/**
 * A blackboard in the records: one item for each task, with who holds it, and one for each round. A claim has a lease and a fence
 * that only grows: where two would ever hold a task, what the older one delivers no longer counts. What is decided
 * on it is the rules' business.
 */

import * as z from 'zod'
import { crashPoint } from '../crash-point.ts'
import { Conflict, RecordsCorrupt } from '../errors.ts'
import type { Condition, Item, Key, Records, Write } from '../records/records.ts'
import type { RunId } from '../schema/ids.ts'
import type { JsonObject } from '../schema/json.ts'
import { sha256 } from '../schema/sha256.ts'

const TaskItem = z.strictObject({
  id: z.string(),
  /** `left`: nobody will ever do it. */
  status: z.enum(['open', 'claimed', 'done', 'left']),
  /** Grows with every claim. */
  fence: z.int().nonnegative(),
  /** Of the claim. */
  expiresAtMs: z.number(),
  by: z.string(),
  /** Who had it and did not deliver. */
  tried: z.array(z.string()),
  /** Why it is not done. */
  why: z.string(),
})
export type TaskItem = z.infer<typeof TaskItem>

const RoundItem = z.strictObject({
  stage: z.enum(['awarded', 'settled']),
  /** Task, peer, fence. */
  awards: z.array(z.strictObject({ task: z.string(), by: z.string(), fence: z.int().positive() })),
  reason: z.string(),
  considered: z.array(z.string()),
  /** Peers that gave no answer when asked for bids. */
  silent: z.array(z.string()),
  /** Of the tasks awarded, those whose output counts. */
  delivered: z.array(z.string()),
})
export type RoundItem = z.infer<typeof RoundItem>

export interface Board {
  /** In the order posted. */
  readonly tasks: readonly TaskItem[]
  readonly rounds: ReadonlyMap<number, RoundItem>
}

export interface BoardPlace {
  readonly records: Records
  readonly runId: RunId
  /** Which of the run's boards. */
  readonly board: string
}

const TASK = 'TASK#'
const ROUND = 'ROUND#'
const HEAD = 'BOARD'

/** Tries against another process that writes to the same board. */
const ATTEMPTS = 3

/** Stands for a claim where something speaks of it; the same on any host. No model is ever told it. */
export function claimOf({ board }: Pick<BoardPlace, 'board'>, task: string, fence: number): string {
  return sha256(JSON.stringify([board, task, fence])).slice(0, 32)
}

/** Posts tasks on a board of their own; a second time it changes nothing. */
export async function postBoard(place: BoardPlace, ids: readonly string[]): Promise<void> {
  const fresh = { status: 'open', fence: 0, expiresAtMs: 0, by: '', tried: [], why: NO_BID }
  const put = (sort: string, attributes: JsonObject): Write => ({
    kind: 'put',
    item: { ...keyOf(place, sort), attributes },
    condition: { kind: 'absent' },
  })
  // Where the head is there already, all of it is: one transaction has written it.
  await write(place, [
    put(HEAD, { tasks: ids.length }),
    ...ids.map((id, index) => put(taskSort(index), { id, ...fresh })),
  ])
}

export const NO_BID = 'nobody bid for it'

/** @throws RecordsCorrupt */
export async function readBoard(place: BoardPlace): Promise<Board> {
  const { items } = await place.records.query(partitionOf(place))
  if (!items.some(({ sort }) => sort === HEAD)) throw damaged(place, 'it was never announced')
  const tasks = items.filter(({ sort }) => sort.startsWith(TASK)).map((item) => parsed(TaskItem, item, place))
  const rounds = items
    .filter(({ sort }) => sort.startsWith(ROUND))
    .map((item) => [Number(item.sort.slice(ROUND.length)), parsed(RoundItem, item, place)] as const)
  return { tasks, rounds: new Map(rounds) }
}

export interface BoardChange {
  /** The tasks as they are to be, each by its place on the board. */
  readonly tasks: ReadonlyMap<number, TaskItem>
  readonly round: RoundItem
}

/**
 * Changes the board by what `change` makes of it, all or nothing, and gives the round as it then stands. Where the round
 * stands at `stage` already, it stays as it is.
 * @throws Conflict where others go on writing; RecordsUnavailable, RecordsCorrupt.
 */
export async function changeBoard(
  place: BoardPlace,
  number: number,
  stage: RoundItem['stage'],
  change: (board: Board) => BoardChange,
): Promise<{ readonly round: RoundItem; readonly board: Board }> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const board = await readBoard(place)
    const known = board.rounds.get(number)
    if (known !== undefined && (known.stage === stage || known.stage === 'settled')) return { round: known, board }
    const { tasks, round } = change(board)
    const changes = [...tasks].map(([index, task]): Write => {
      const before = board.tasks[index]
      if (before === undefined) throw damaged(place, `it has no task ${index}`)
      return { kind: 'put', item: { ...keyOf(place, taskSort(index)), attributes: task }, condition: unchanged(before) }
    })
    const condition: Condition =
      known === undefined ? { kind: 'absent' } : { kind: 'equals', attribute: 'stage', value: known.stage }
    const roundWrite: Write = {
      kind: 'put',
      item: { ...keyOf(place, roundSort(number)), attributes: round },
      condition,
    }
    await write(place, [roundWrite, ...changes])
    // A reply may be lost, and another may have been first: what stands is what counts.
    const now = await readBoard(place)
    const stands = now.rounds.get(number)
    if (stands?.stage === stage) return { round: stands, board: now }
  }
  throw new Conflict({
    message: `board ${place.board} of run ${place.runId} is being changed by others`,
    next: 'Look at the run in a moment: it goes on with what they record.',
  })
}

function unchanged({ status, fence }: TaskItem): Condition {
  return {
    kind: 'and',
    conditions: [
      { kind: 'equals', attribute: 'status', value: status },
      { kind: 'equals', attribute: 'fence', value: fence },
    ],
  }
}

async function write({ records }: BoardPlace, writes: readonly Write[]): Promise<void> {
  crashPoint('board.write.before')
  await records.transact(writes)
  crashPoint('board.write.after')
}

function keyOf(place: BoardPlace, sort: string): Key {
  return { partition: partitionOf(place), sort }
}

function partitionOf({ runId, board }: BoardPlace): string {
  return `RUN#${runId}#BOARD#${board}`
}

function taskSort(index: number): string {
  return `${TASK}${String(index).padStart(3, '0')}`
}

function roundSort(number: number): string {
  return `${ROUND}${String(number).padStart(3, '0')}`
}

function parsed<Schema extends z.ZodType>(
  schema: Schema,
  { sort, attributes }: Item,
  place: BoardPlace,
): z.output<Schema> {
  const result = schema.safeParse(attributes)
  if (result.success) return result.data
  throw damaged(place, `${sort} does not fit:\n${z.prettifyError(result.error)}`)
}

function damaged({ board, runId }: BoardPlace, problem: string): RecordsCorrupt {
  return new RecordsCorrupt({
    message: `board ${board} of run ${runId} is damaged, or from a newer version: ${problem}`,
    next: 'Use the Baton version that wrote it, or restore the data folder from a copy.',
  })
}
