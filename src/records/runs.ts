/** Run heads: the one item of a run that changes in place. Starts and stops no execution. */

import { Conflict, NotFound } from '../errors.ts'
import type { RunBudget } from '../schema/budget.ts'
import type { RunId } from '../schema/ids.ts'
import type { Json, JsonObject } from '../schema/json.ts'
import type { Run } from '../schema/run.ts'
import { INLINE_OUTPUT_BYTES } from '../schema/step.ts'
import type { Artifacts } from './artifacts.ts'
import { type ChainHead, chainEnds, usageOf } from './chain-heads.ts'
import type { Journal } from './journal.ts'
import type { Condition, Item, Records, Write, WriteOutcome } from './records.ts'
import { endEntries, type Join, joinEntries, RUN_CHAIN, runClaim } from './run-chain.ts'
import { budgetIn, headItem, headKey, RUNS_INDEX, runOfItem, sameBody } from './run-head.ts'

export interface RunEnd extends Pick<Run, 'output' | 'error' | 'usage'> {
  readonly status: Exclude<Run['status'], 'interrupted'>
  readonly endedAt: string
  /** Which execution ended: a run that has gone on since, as another, stays as it is. @default the current one */
  readonly execution?: number | undefined
  /** Where branches came together. @default not told */
  readonly joins?: ((run: Run, heads: readonly ChainHead[]) => readonly Join[]) | undefined
}

export interface Runs {
  /**
   * @returns the run; the earlier one where there is one of the same id with the same `bodySha256`.
   * @param beside What must be written with it, or neither is.
   * @throws Conflict where that one has another body, or is another run that has none; what `beside` says where it
   *   is refused.
   */
  create(run: Run, beside?: Beside): Promise<CreatedRun>
  read(runId: RunId): Promise<Run | undefined>
  /** Newest first. */
  list(options?: { readonly limit?: number; readonly after?: string }): Promise<RunPage>
  isCancelRequested(runId: RunId): Promise<boolean>
  /** @throws NotFound; Conflict where the run is over. */
  requestCancel(runId: RunId): Promise<Run>
  /**
   * Makes a run running again, as its nth execution.
   * @throws NotFound; Conflict where it is not at n - 1; as `create`.
   */
  setExecution(runId: RunId, execution: number, beside?: Beside): Promise<Run>
  /**
   * What it was started with, which never changes: read anew only where nothing of the run was read or made here
   * lately.
   */
  budgetOf(runId: RunId): Promise<RunBudget | undefined>
  /**
   * Ends the run and, in the same transaction, its journal. A run that has ended stays as it ended.
   * An output over 32 KB is kept as a reference; without `usage`, it is what the steps used. @throws NotFound
   */
  finish(runId: RunId, end: RunEnd): Promise<Run>
}

/** Writes of others in the same transaction. */
export interface Beside {
  readonly writes: readonly Write[]
  /** What it means that one of them was refused. @param index From 0. */
  readonly refused: (index: number, stored: Item | undefined) => Error
}

export interface CreatedRun {
  readonly run: Run
  /** False: there was this run already. */
  readonly isNew: boolean
}

export interface RunPage {
  readonly runs: readonly Run[]
  readonly next?: string
}

export interface RunsOptions {
  readonly records: Records
  readonly journal: Journal
  readonly artifacts: Artifacts
}

/** Runs whose budget is remembered at most. */
const REMEMBERED = 1_000
/** Rounds against other finishers of the same run. */
const FINISH_ROUNDS = 5
const RUNNING: Condition = { kind: 'equals', attribute: 'status', value: 'running' }

export function openRuns({ records, journal, artifacts }: RunsOptions): Runs {
  const budgets = new Map<RunId, RunBudget | undefined>()

  function remember(runId: RunId, budget: RunBudget | undefined): void {
    const [oldest] = budgets.keys()
    if (budgets.size >= REMEMBERED && oldest !== undefined) budgets.delete(oldest)
    budgets.set(runId, budget)
  }

  async function readItem(runId: RunId): Promise<Item | undefined> {
    const item = await records.get(headKey(runId))
    if (item !== undefined) remember(runId, budgetIn(item))
    return item
  }

  async function read(runId: RunId): Promise<Run | undefined> {
    const item = await readItem(runId)
    return item === undefined ? undefined : runOfItem(item)
  }

  async function mustRead(runId: RunId): Promise<Run> {
    return (await read(runId)) ?? refuseMissing(runId)
  }

  async function update(
    runId: RunId,
    change: Pick<UpdateWrite, 'condition' | 'set' | 'remove'>,
    why: string,
    beside?: Beside,
  ) {
    const outcome = await writeBeside({ kind: 'update', key: headKey(runId), ...change }, beside)
    if (!outcome.ok && outcome.item === undefined) refuseMissing(runId)
    if (!outcome.ok)
      throw new Conflict({ message: `run ${runId} ${why}`, next: `Look at it with: baton show ${runId}` })
    return mustRead(runId)
  }

  /** @throws what `beside` says of a write of its own that was refused. */
  async function writeBeside(write: Write, beside: Beside | undefined): Promise<WriteOutcome> {
    if (beside === undefined || beside.writes.length === 0) return records.write(write)
    const outcome = await records.transact([write, ...beside.writes])
    if (outcome.ok || outcome.failed === 0) return outcome
    throw beside.refused(outcome.failed - 1, outcome.item)
  }

  /** undefined: somebody else is ending it; look again. */
  async function tryFinish(run: Run, { joins, ...end }: Omit<RunEnd, 'execution'>): Promise<Run | undefined> {
    const writer = await journal.claimAttempt(runClaim(run, await journal.readStep(run.runId, RUN_CHAIN)))
    if (writer instanceof Conflict) return undefined
    const ends = (await chainEnds(records, journal, run.runId)).filter(({ stepId }) => stepId !== RUN_CHAIN)
    const change: HeadEnd = { ...end, usage: end.usage ?? (await usageOf(ends, journal, run.runId)) }
    const ended: Run = { ...run, ...change }
    const { first, last } = endEntries(ended, ends)
    for (const entry of [...joinEntries(joins?.(run, ends) ?? []), ...first])
      if ((await writer.append(entry)) instanceof Conflict) return undefined
    const condition: Condition = {
      kind: 'and',
      conditions: [RUNNING, { kind: 'equals', attribute: 'execution', value: run.execution }],
    }
    const set = change as unknown as JsonObject
    const headWrite: Write = { kind: 'update', key: headKey(run.runId), condition, set }
    const row = await writer.append(last, undefined, [headWrite])
    return row instanceof Conflict ? undefined : ended
  }

  return {
    read,
    async create(run, beside) {
      const write: Write = { kind: 'put', item: headItem(run), condition: { kind: 'absent' } }
      const result = created(run, await writeBeside(write, beside))
      remember(result.run.runId, result.run.budget)
      // A Conflict: it is written. Cut off before it was, the row that comes first has the same.
      await journal.claimAttempt(runClaim(result.run, { nextAttempt: 1, head: undefined }))
      return result
    },
    async budgetOf(runId) {
      if (!budgets.has(runId)) await readItem(runId)
      return budgets.get(runId)
    },
    async list({ limit = 50, after } = {}) {
      const options = { reverse: true, limit, ...(after === undefined ? {} : { after }) }
      const { items, next } = await records.queryIndex(RUNS_INDEX, options)
      // What an adapter adds to tell items of the same sort key apart is needless: this one has the run's id in it.
      const cursor = next?.split('\0', 1)[0]
      return { runs: items.map(runOfItem), ...(cursor === undefined ? {} : { next: cursor }) }
    },
    async isCancelRequested(runId) {
      return (await readItem(runId))?.attributes['cancelRequested'] === true
    },
    requestCancel: (runId) => update(runId, { condition: RUNNING, set: { cancelRequested: true } }, 'is over'),
    setExecution(runId, execution, beside) {
      const condition: Condition = { kind: 'equals', attribute: 'execution', value: execution - 1 }
      const set = { execution, status: 'running', cancelRequested: false }
      const change = { condition, set, remove: ['endedAt', 'output', 'error', 'usage'] }
      return update(runId, change, `is not at execution ${execution - 1}: somebody else has resumed it`, beside)
    },
    async finish(runId, { execution, ...end }) {
      const output = end.output === undefined ? {} : { output: await inline(artifacts, runId, end.output) }
      for (let round = 0; round < FINISH_ROUNDS; round++) {
        const run = await mustRead(runId)
        const hasGoneOn = execution !== undefined && run.execution !== execution
        if (run.status !== 'running' || end.status === 'running' || hasGoneOn) return run
        const ended = await tryFinish(run, { ...end, ...output })
        if (ended !== undefined) return ended
      }
      throw new Conflict({
        message: `run ${runId} could not be ended in ${FINISH_ROUNDS} rounds: others are ending it too`,
        next: `Look at it with: baton show ${runId}`,
      })
    },
  }
}

type UpdateWrite = Extract<Write, { kind: 'update' }>
/** What of it is written down. */
type HeadEnd = Omit<RunEnd, 'execution' | 'joins'>

/** A head already there with the same start is ours: the reply to an earlier send was lost. */
function created(run: Run, outcome: WriteOutcome): CreatedRun {
  if (outcome.ok) return { run, isNew: true }
  const stored = outcome.item === undefined ? undefined : runOfItem(outcome.item)
  const isOurs = stored?.startedAt === run.startedAt && stored.teamSha256 === run.teamSha256
  if (stored !== undefined && run.bodySha256 !== undefined) {
    return { run: sameBody(stored, run.bodySha256), isNew: isOurs }
  }
  if (stored !== undefined && isOurs) return { run: stored, isNew: true }
  throw new Conflict({ message: `there is a run ${run.runId} already`, next: 'Start it again with another id.' })
}

async function inline(artifacts: Artifacts, runId: RunId, output: Json): Promise<Json> {
  if (Buffer.byteLength(JSON.stringify(output)) <= INLINE_OUTPUT_BYTES) return output
  return (await artifacts.put(runId, output)) as unknown as Json
}

function refuseMissing(runId: RunId): never {
  throw new NotFound({ message: `there is no run ${runId}`, next: 'List the runs with: baton runs' })
}
