/** What the runs of a canary and of the stable release come to, counted as they end: each once. */
import { crashPoint } from '../crash-point.ts'
import type { Item, Records } from '../records/records.ts'
import type { Run } from '../schema/run.ts'
import { type Arm, ArmCount, type ArmCounts, type BrokenRule, type Canary, type Move } from '../schema/versions.ts'
import { brokenRule, NO_RUNS, scoreAt } from './guard.ts'
import { type OnMove, readPointer, tryMove } from './move-pointer.ts'
import { countedKey, countKey, itemOf } from './version-items.ts'

export type EndedRun = Pick<Run, 'runId' | 'status' | 'startedAt' | 'endedAt' | 'release' | 'usage' | 'output'>

/** What a run used, where its head does not say yet. */
export type ReadUsage = () => Promise<Run['usage']>

/** Who moves the pointer where a guard does. */
export const GUARD = 'guard'

const ARMS = ['stable', 'canary'] as const
const FIELDS = Object.keys(NO_RUNS) as (keyof ArmCount)[]
/** Against others who move the pointer. */
const ROUNDS = 5

export function newCountItem(team: string, canaryId: number): Item {
  const attributes = Object.fromEntries(ARMS.flatMap((arm) => FIELDS.map((field) => [nameOf(arm, field), 0])))
  return itemOf(countKey(team, canaryId), attributes)
}

export async function readCounts(records: Records, team: string, canaryId: number): Promise<ArmCounts> {
  const item = await records.get(countKey(team, canaryId))
  const countOf = (arm: Arm) =>
    ArmCount.parse(Object.fromEntries(FIELDS.map((field) => [field, item?.attributes[nameOf(arm, field)] ?? 0])))
  return { stable: countOf('stable'), canary: countOf('canary') }
}

/** @returns the move, where the guard ended the canary */
export async function recordRunEnd(
  records: Records,
  team: string,
  run: EndedRun,
  { onMove, readUsage }: { readonly onMove?: OnMove | undefined; readonly readUsage?: ReadUsage | undefined } = {},
): Promise<Move | undefined> {
  if (run.release === undefined) return undefined
  const { pointer } = await readPointer(records, team)
  const canary = pointer?.canary
  if (pointer === undefined || canary === undefined || !isOf(run, pointer.stable, canary)) return undefined
  const usage = run.usage ?? (await readUsage?.())
  await countOnce(records, team, { ...run, usage }, run.release.arm, canary)
  return canary.guard && judge(records, team, canary, run.endedAt ?? run.startedAt, onMove)
}

/** Whether it began in this canary, and came to an end of its own. */
function isOf({ status, startedAt, release }: EndedRun, stable: number, canary: Canary): boolean {
  if (status !== 'succeeded' && status !== 'failed' && status !== 'timedOut') return false
  if (Date.parse(startedAt) < Date.parse(canary.startedAt)) return false
  return release?.sequence === (release?.arm === 'canary' ? canary.release : stable)
}

async function countOnce(records: Records, team: string, run: EndedRun, arm: Arm, canary: Canary): Promise<void> {
  const path = canary.guard?.score?.path
  const score = path === undefined ? undefined : scoreAt(run.output, path)
  const costUsd = run.usage?.costUsd ?? undefined
  const count: ArmCount = {
    ...{ runs: 1, failed: run.status === 'succeeded' ? 0 : 1 },
    ...{ costUsd: costUsd ?? 0, priced: costUsd === undefined ? 0 : 1 },
    ...{ score: score ?? 0, scored: score === undefined ? 0 : 1 },
  }
  const add = Object.fromEntries(FIELDS.map((field) => [nameOf(arm, field), count[field]]))
  const item = itemOf(countedKey(team, canary.id, run.runId), { arm, ...count })
  crashPoint('release.count.before')
  // Refused: it is counted already.
  await records.transact([
    { kind: 'put', item, condition: { kind: 'absent' } },
    { kind: 'update', key: countKey(team, canary.id), condition: { kind: 'exists' }, add },
  ])
  crashPoint('release.count.after')
}

async function judge(
  records: Records,
  team: string,
  canary: Canary,
  at: string,
  onMove: OnMove | undefined,
): Promise<Move | undefined> {
  const rule = canary.guard && brokenRule(canary.guard, await readCounts(records, team, canary.id))
  if (rule === undefined) return undefined
  for (let round = 1; round <= ROUNDS; round += 1) {
    const seen = await readPointer(records, team)
    if (seen.pointer?.canary?.id !== canary.id) return undefined
    const why = { kind: 'canaryStopped', by: GUARD, reason: reasonOf(rule), at, rule } as const
    const move = await tryMove(records, team, seen, { stable: seen.pointer.stable }, why, { onMove })
    if (move !== undefined) return move
  }
  // Whoever ends the next run judges again.
  return undefined
}

const WORDS = { errorRate: 'the error rate', costUsd: 'the mean cost in USD', score: 'the mean score' } as const

function reasonOf({ rule, value, bound, canary }: BrokenRule): string {
  const side = rule === 'score' ? 'below' : 'above'
  return `${WORDS[rule]} of ${canary.runs} runs is ${rounded(value)}, ${side} ${rounded(bound)}`
}

function rounded(value: number): string {
  return String(Number(value.toPrecision(4)))
}

function nameOf(arm: Arm, field: keyof ArmCount): string {
  return `${arm}${field[0]?.toUpperCase()}${field.slice(1)}`
}
