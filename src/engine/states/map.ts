/** Map: its items, and the inline mode, whose iterations run in this execution. Child executions: map-run.ts. */
import type { Json } from '../../schema/json.ts'
import { numberFault } from '../definition-reader.ts'
import type { StoredEvent } from '../events.ts'
import { INLINE_MAP_WIDTH } from '../limits.ts'
import type { MapState } from '../program.ts'
import { withRecovery } from '../recover.ts'
import { runBranches } from './branches.ts'
import { batch, runMapRun } from './map-run.ts'
import type { Outcome, StateRun } from './state-run.ts'

/** What a Map evaluates before it starts; recorded, so that a restart does not evaluate again. */
export interface MapPlan {
  readonly items: readonly Json[]
  /** 0: no limit of its own. */
  readonly maxConcurrency: number
  readonly toleratedFailureCount: number | null
  readonly toleratedFailurePercentage: number | null
}

export function runMap(run: StateRun<MapState>): Promise<Outcome> {
  let succeeded = false
  return withRecovery(run, {
    async attempt() {
      const { frame, state } = run
      const started = frame.take('MapStateStarted') ?? (await start(run))
      const plan = planOf(started)
      const result = await (state.mode === 'DISTRIBUTED' ? runMapRun(run, started, plan) : iterate(run, started, plan))
      frame.record('MapStateSucceeded')
      succeeded = true
      return await run.exit(state, result, { result })
    },
    onFailed() {
      if (!succeeded) run.frame.record('MapStateFailed')
    },
  })
}

async function start(run: StateRun<MapState>): Promise<StoredEvent> {
  const { frame, state } = run
  run.throwRecordedFailure()
  await frame.live()
  const items = await itemsOf(run)
  const integer = (value: number) => numberFault(value, { minimum: 0 })
  const percentage = (value: number) => numberFault(value, { minimum: 0, maximum: 100, integer: false })
  const plan = [
    (await run.evaluateNumber(state.maxConcurrency, integer)) ?? 0,
    (await run.evaluateNumber(state.toleratedFailureCount, integer)) ?? null,
    (await run.evaluateNumber(state.toleratedFailurePercentage, percentage)) ?? null,
    items.length,
  ]
  const inputs = state.mode === 'DISTRIBUTED' ? await batch(run, await select(run, items)) : items
  return frame.record('MapStateStarted', { items: inputs, plan })
}

function planOf({ details }: StoredEvent): MapPlan {
  const [maxConcurrency, toleratedFailureCount, toleratedFailurePercentage] = details['plan'] as [
    number,
    number | null,
    number | null,
  ]
  const items = details['items'] as readonly Json[]
  return { items, maxConcurrency, toleratedFailureCount, toleratedFailurePercentage }
}

async function itemsOf(run: StateRun<MapState>): Promise<readonly Json[]> {
  const { items } = run.state
  const value = items === undefined ? run.input : await run.evaluate(items)
  if (Array.isArray(value)) return value as readonly Json[]
  if (items !== undefined) throw run.wrongType(items, value, 'array')
  throw run.evaluationFailed(`Map state input must be an array but was: ${JSON.stringify(value)}`, 'Items')
}

async function select(run: StateRun<MapState>, items: readonly Json[]): Promise<readonly Json[]> {
  const { itemSelector } = run.state
  if (itemSelector === undefined) return items
  const selected: Json[] = []
  for (const [index, value] of items.entries()) {
    selected.push(await run.evaluate(itemSelector, { item: { index, value } }))
  }
  return selected
}

function iterate(run: StateRun<MapState>, started: StoredEvent, plan: MapPlan): Promise<Json[]> {
  const { frame, state } = run
  const { itemSelector } = state
  const branches = plan.items.map((value, index) => ({
    index,
    machine: state.body,
    item: { index, value },
    input(iteration: typeof frame) {
      const recorded = iteration.peek()
      if (itemSelector === undefined || (recorded !== undefined && recorded.type !== 'EvaluationFailed')) return value
      return run.evaluate(itemSelector, { item: { index, value }, frame: iteration })
    },
  }))
  const wanted = plan.maxConcurrency === 0 ? INLINE_MAP_WIDTH : plan.maxConcurrency
  return runBranches(branches, {
    frame,
    startedBy: started.id,
    width: Math.min(wanted, INLINE_MAP_WIDTH),
    isMap: true,
  })
}
