/** `followRun`: the events of a run in the order in which they happened, up to now or until it ends. */
import { RUN_CHAIN } from '../records/run-chain.ts'
import type { RunId, StepId } from '../schema/ids.ts'
import type { JournalRow } from '../schema/journal-row.ts'
import { type Run, RunStatus } from '../schema/run.ts'
import type { RunEvent } from '../schema/run-event.ts'
import { type ReadDependencies, readHead } from './read-run.ts'
import { eventOf } from './run-events.ts'
import { readRows } from './run-steps.ts'

/**
 * @param pause Waits before the next look. Absent: what there is now, and no more.
 * @throws NotFound
 */
export async function* followRun(
  runId: RunId,
  dependencies: ReadDependencies,
  pause?: () => Promise<unknown>,
): AsyncGenerator<RunEvent> {
  let run = await readHead(runId, dependencies)
  yield { ...startedEvent(run), execution: 1 }
  const told = new Set<string>()
  const ended = new Map<StepId, number>()
  const executions = executionsOf(run)
  while (true) {
    // The head first: when it says that the run is over, the rows read after it are all there are.
    run = await readHead(runId, dependencies)
    const isDone = (stepId: StepId, attempt: number) => ended.get(stepId) === attempt
    for (const row of await readRows(runId, dependencies.journal, isDone)) {
      if (told.has(row.hash)) continue
      told.add(row.hash)
      if (row.event === 'outcome') ended.set(row.stepId, row.attempt)
      yield* executions.eventsOf(row)
      const event = eventOf(row)
      if (event) yield event
    }
    if (run.status !== 'running' || !pause) break
    await pause()
  }
  if (run.status !== 'running') yield endedEvent(run, dependencies.now())
}

/**
 * An execution's end is a row of the run's own chain. It is told when something comes after it: the last one's end is the
 * run's, which its head tells better.
 */
function executionsOf(run: Run): { eventsOf(row: JournalRow): Generator<RunEvent> } {
  let execution = 1
  let end: JournalRow | undefined
  return {
    *eventsOf(row) {
      if (row.stepId === RUN_CHAIN) {
        if (row.event === 'end' && row.status !== undefined) end = row
        return
      }
      if (end === undefined) return
      yield executionEnded(run, end)
      end = undefined
      execution += 1
      yield { ...startedEvent(run), at: row.at, execution }
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
