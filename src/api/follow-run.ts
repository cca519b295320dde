/** `followRun`: the events of a run in the order in which they happened, up to now or until it ends. */
import type { RunId } from '../schema/ids.ts'
import type { Run } from '../schema/run.ts'
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
  yield startedEvent(run)
  const told = new Set<string>()
  while (true) {
    // The head first: when it says that the run is over, the rows read after it are all there are.
    run = await readHead(runId, dependencies)
    for (const row of await readRows(runId, dependencies.journal)) {
      if (told.has(row.hash)) continue
      told.add(row.hash)
      const event = eventOf(row)
      if (event) yield event
    }
    if (run.status !== 'running' || !pause) break
    await pause()
  }
  if (run.status !== 'running') yield endedEvent(run, dependencies.now())
}

export function startedEvent(run: Run): RunEvent {
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
