/**
 * `followRun`, `readEvents`: the events of a run in the order in which they happened, up to now or until it ends.
 *
 * A cursor is the id of the last event that a watcher knows. Rows come from many writers with clocks of their own, so that one may
 * turn up a little before the cursor: what happened in the last moments before it is told again, and a watcher drops
 * the ids that it knows.
 */
import { RUN_CHAIN } from '../records/run-chain.ts'
import type { RunId, StepId } from '../schema/ids.ts'
import type { JournalRow } from '../schema/journal-row.ts'
import { type Run, RunStatus } from '../schema/run.ts'
import type { EventId, RunEvent, StreamedEvent } from '../schema/run-event.ts'
import { idOfMoment, idOfRow } from './event-ids.ts'
import type { FinishedChains } from './finished-chains.ts'
import { type ReadDependencies, readHead } from './read-run.ts'
import { eventOf } from './run-events.ts'
import type { EventPage, EventsOptions } from './run-service.ts'
import { readRows } from './run-steps.ts'

/** How late an event may come to be known and still not be missed: skew of clocks, a write tried again, a lagging index; ms. */
const OVERLAP_MS = 5_000
const PAGE = 1_000

interface FollowDependencies extends ReadDependencies {
  readonly finished?: FinishedChains
}

/**
 * @param pause Waits before the next look; resolves false to leave off. Absent: what there is now, and no more.
 * @param after The last event that is known.
 * @throws NotFound
 */
export async function* followRun(
  runId: RunId,
  dependencies: FollowDependencies,
  pause?: () => Promise<unknown>,
  after?: EventId,
): AsyncGenerator<StreamedEvent> {
  const look = lookAt(runId, dependencies)
  let seen = await look()
  yield* since(seen.events, after, seen.isOver).events
  while (!seen.isOver && pause && (await pause()) !== false) {
    seen = await look()
    yield* seen.events
  }
}

/** @throws NotFound */
export async function readEvents(
  runId: RunId,
  dependencies: FollowDependencies,
  { after, limit = PAGE }: EventsOptions = {},
): Promise<EventPage> {
  const { events: all, isOver, startId } = await lookAt(runId, dependencies)()
  const { events, late } = since(all, after, isOver)
  const page = events.slice(0, late + limit)
  const isWhole = page.length === events.length
  const last = page.length > late ? page.at(-1)?.id : after
  return { events: page, next: last ?? startId, more: !isWhole, ended: isOver && isWhole }
}

/** `late`: how many of them happened before the cursor. */
function since(
  events: readonly StreamedEvent[],
  after: EventId | undefined,
  isOver: boolean,
): { readonly events: readonly StreamedEvent[]; readonly late: number } {
  const at = after === undefined ? -1 : events.findIndex(({ id }) => id === after)
  const known = events[at]
  if (known === undefined) return { events, late: 0 }
  // After its end nothing of a run comes late.
  if (isOver && at === events.length - 1) return { events: [], late: 0 }
  const from = Date.parse(known.at) - OVERLAP_MS
  const late = events.slice(0, at).filter((event) => Date.parse(event.at) >= from)
  return { events: [...late, ...events.slice(at + 1)], late: late.length }
}

interface Seen {
  /** Not told before. */
  readonly events: readonly StreamedEvent[]
  readonly isOver: boolean
  readonly startId: EventId
}

/** Each look gives what is new since the one before. */
function lookAt(runId: RunId, dependencies: FollowDependencies): () => Promise<Seen> {
  const { journal, finished } = dependencies
  const told = new Set<string>()
  const ended = new Map<StepId, number>()
  const isDone = (stepId: StepId, attempt: number) => ended.get(stepId) === attempt
  const startId = idOfMoment(runId, 1, 'started')
  let executions: ReturnType<typeof executionsOf> | undefined
  return async () => {
    const events: StreamedEvent[] = []
    // The head first: when it says that the run is over, the rows read after it are all there are.
    const run = await readHead(runId, dependencies)
    if (executions === undefined) {
      executions = executionsOf(run)
      events.push({ ...startedEvent(run), execution: 1, id: startId })
    }
    for (const row of await readRows(runId, journal, isDone, finished)) {
      if (told.has(row.hash)) continue
      told.add(row.hash)
      if (row.event === 'outcome') ended.set(row.stepId, row.attempt)
      events.push(...executions.eventsOf(row))
      const event = eventOf(row)
      if (event) events.push({ ...event, id: idOfRow(row) })
    }
    const isOver = run.status !== 'running'
    if (isOver) events.push(lastEvent(run, dependencies.now()))
    return { events, isOver, startId }
  }
}

function lastEvent(run: Run, now: Date): StreamedEvent {
  const moment = run.status === 'interrupted' ? 'interrupted' : 'ended'
  return { ...endedEvent(run, now), id: idOfMoment(run.runId, run.execution, moment) }
}

/**
 * An execution's end is a row of the run's own chain. It is told when something comes after it: the last one's end is the
 * run's, which its head tells better.
 */
function executionsOf(run: Run): { eventsOf(row: JournalRow): Generator<StreamedEvent> } {
  let execution = 1
  let end: JournalRow | undefined
  return {
    *eventsOf(row) {
      const isEnd = row.stepId === RUN_CHAIN && row.event === 'end' && row.status !== undefined
      if (row.stepId === RUN_CHAIN && !isEnd) return
      if (end !== undefined) {
        yield { ...executionEnded(run, end), id: idOfMoment(run.runId, execution, 'ended') }
        execution += 1
        yield { ...startedEvent(run), at: row.at, execution, id: idOfMoment(run.runId, execution, 'started') }
      }
      end = isEnd ? row : undefined
    },
  }
}

function executionEnded({ runId }: Run, { at, status, rule, reason, total }: JournalRow): RunEvent {
  const error = rule === undefined ? undefined : { name: rule, message: reason ?? rule, next: `baton resume ${runId}` }
  return {
    type: 'run.ended',
    at,
    runId,
    status: RunStatus.parse(status),
    ...(error === undefined ? {} : { error }),
    ...(total === undefined ? {} : { usage: total }),
  }
}

export function startedEvent(run: Run): Extract<RunEvent, { type: 'run.started' }> {
  const { runId, team, workflow, model, execution, startedAt } = run
  return { type: 'run.started', at: startedAt, runId, team, workflow, model, execution }
}

export function endedEvent(run: Run, now: Date): RunEvent {
  return {
    type: 'run.ended',
    at: run.endedAt ?? now.toISOString(),
    runId: run.runId,
    status: run.status,
    ...(run.error === undefined ? {} : { error: run.error }),
    ...(run.usage === undefined ? {} : { usage: run.usage }),
  }
}
