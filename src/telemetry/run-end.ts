/** How a run ended, as one log line and as metrics: its totals, and nothing that it said. Ends no run. */
import type { JsonObject } from '../schema/json.ts'
import type { Run } from '../schema/run.ts'
import { errorName } from './error-name.ts'
import { BATON, GENAI, PLACE } from './genai-names.ts'
import { type MetricGroup, metricGroups } from './metric-group.ts'

/** `event` of the line that tells how a run ended; no journal row has it. */
export const RUN_EVENT = 'run'

export function logOfRun({ runId, workflow, status, execution, usage, error, ...run }: Run): JsonObject {
  const durationMs = runDurationMs(run)
  return {
    [PLACE.run]: runId,
    [PLACE.event]: RUN_EVENT,
    [PLACE.status]: status,
    [BATON.workflow]: workflow,
    [BATON.execution]: execution,
    ...(durationMs === undefined ? {} : { [BATON.durationMs]: durationMs }),
    ...(error === undefined || status === 'cancelled' ? {} : { [GENAI.errorType]: errorName(error.name) }),
    ...(usage === undefined
      ? {}
      : {
          [BATON.runTurns]: usage.turns,
          [BATON.runInputTokens]: usage.inputTokens,
          [BATON.runOutputTokens]: usage.outputTokens,
          ...(usage.costUsd === null ? { [BATON.costUnknown]: 1 } : { [BATON.runCostUsd]: usage.costUsd }),
        }),
  }
}

export function runMetrics({ status, workflow, usage, ...run }: Run): MetricGroup[] {
  const isBought = usage !== undefined && usage.turns > 0
  const values = {
    Runs: 1,
    RunFailures: status === 'failed' || status === 'timedOut' ? 1 : 0,
    RunDuration: runDurationMs(run),
    RunCostUsd: isBought ? (usage.costUsd ?? undefined) : undefined,
    RunUnknownCosts: isBought && usage.costUsd === null ? 1 : undefined,
  }
  return metricGroups(values, { status, workflow })
}

/** From the run's start, waits and pauses before a resume included. */
function runDurationMs({ startedAt, endedAt }: Pick<Run, 'startedAt' | 'endedAt'>): number | undefined {
  return endedAt === undefined ? undefined : Math.max(0, Date.parse(endedAt) - Date.parse(startedAt))
}
