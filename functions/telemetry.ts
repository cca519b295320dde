/**
 * What a function tells CloudWatch: one JSON line an event, and its metrics once, at its end. Each invocation has a logger
 * and metrics of its own, so that two in one process never mix. What a line holds is src/telemetry's business.
 */
import { Logger } from '@aws-lambda-powertools/logger'
import { Metrics } from '@aws-lambda-powertools/metrics'
import type { Context } from 'aws-lambda'
import type { AgentEnvironment } from '../src/config.ts'
import type { JournalRow } from '../src/schema/journal-row.ts'
import type { Json, JsonObject } from '../src/schema/json.ts'
import type { Run } from '../src/schema/run.ts'
import type { Move } from '../src/schema/versions.ts'
import { approvalMetrics, type DecidedApproval, logOfApproval } from '../src/telemetry/approval-end.ts'
import { BATON, GENAI, PLACE } from '../src/telemetry/genai-names.ts'
import { errorFields, logOfInvocation, thrownName } from '../src/telemetry/invocation-log.ts'
import { type MetricGroup, metricGroups } from '../src/telemetry/metric-group.ts'
import { METRIC_NAMESPACE } from '../src/telemetry/metric-names.ts'
import { logOfMove, moveMetrics } from '../src/telemetry/release-move.ts'
import { logOfRow } from '../src/telemetry/row-log.ts'
import { stepMetrics } from '../src/telemetry/row-metrics.ts'
import { logOfRun, runMetrics } from '../src/telemetry/run-end.ts'

export interface TelemetryOptions {
  /** The team's name: `service` of every line and metric. */
  readonly team: string
  /** Whether lines hold content: answers, tool results, outputs, reasons. @default false */
  readonly logContent?: boolean
  /** @default INFO */
  readonly logLevel?: AgentEnvironment['BATON_LOG_LEVEL']
  /** Milliseconds since 1970. @default the system's clock */
  readonly now?: () => number
}

export interface Telemetry {
  /** Of a function that runs agent steps. */
  step(place: StepPlace, context: InvocationContext): StepTelemetry
  /** Of a function that does something else: a request, a schedule, a run's end, an isolated tool. */
  operation(name: string, context: InvocationContext): OperationTelemetry
  /** A row that belongs to no step of this function's. */
  readonly row: (row: JournalRow, body?: Json) => void
  /** What people decided, or did not: told once. */
  readonly decided: (approval: DecidedApproval) => void
  /** Which release starts take, and who changed that: for `openReleases`. */
  readonly moved: (team: string, move: Move) => void
  /** Evidence that was changed, removed, or does not follow from what was there. @param runId Absent: of no run. */
  auditFault(what: string, runId?: string): void
  /** Of what a client is told nothing of. @param request Where it happened; no content. */
  fault(error: unknown, request: JsonObject): void
}

/** What of Lambda's context a line has, where it is given. */
export type InvocationContext = Pick<Context, 'awsRequestId'> &
  Partial<Pick<Context, 'functionName' | 'functionVersion' | 'invokedFunctionArn' | 'memoryLimitInMB'>>

export interface StepPlace {
  readonly runId: string
  readonly stepId: string
  readonly agent: string
}

export interface Ended {
  readonly status?: string
  /** What is about to be thrown. */
  readonly error?: unknown
}

export interface StepTelemetry {
  /** For `StepDependencies.onRow`. */
  readonly onRow: (row: JournalRow, body?: Json) => void
  /** Once, at the end, however it ends. Later calls do nothing. */
  readonly finish: (ended: Ended) => void
}

export interface OperationTelemetry {
  /** From here on the lines belong to this run. */
  readonly ofRun: (runId: string) => void
  /** A row of the run's own chain. */
  readonly onRow: (row: JournalRow, body?: Json) => void
  /** A run that ended here, and not before. */
  readonly onRunEnd: (run: Run) => void
  /** @param operation Where it shows only now which one it was: an id of the API's, of which there are few. */
  readonly finish: (ended: Ended & { readonly operation?: string }) => void
}

/** What the environment of a function says about its log. */
export function loggingOf(environment: Pick<AgentEnvironment, 'BATON_LOG_LEVEL' | 'BATON_LOG_CONTENT'>) {
  return { logContent: environment.BATON_LOG_CONTENT === 'true', logLevel: environment.BATON_LOG_LEVEL }
}

/** Once a process. */
export function createTelemetry(options: TelemetryOptions): Telemetry {
  const { team, logContent = false, logLevel = 'INFO', now = Date.now } = options
  const parent = new Logger({ serviceName: team, logLevel })
  const first = new FirstInvocation({ namespace: METRIC_NAMESPACE, serviceName: team })

  function begin(context: InvocationContext, keys: JsonObject) {
    const startedMs = now()
    const isColdStart = first.isFirst()
    const logger = parent.createChild()
    logger.addContext(context as Context)
    logger.appendKeys({ ...keys, cold_start: isColdStart })
    const groups: MetricGroup[] = isColdStart ? metricGroups({ ColdStart: 1 }) : []
    const metadata: Record<string, Json> = {}
    const elapsedMs = () => Math.max(0, now() - startedMs)
    let isOver = false
    return {
      logger,
      /** Beside the metrics, for a reader of their line: never a dimension. */
      metadata,
      elapsedMs,
      logRow(row: JournalRow, agent: string | undefined, body: Json | undefined) {
        const { level, message, fields } = logOfRow(row, { agent, ...(logContent && { content: { body } }) })
        logger[level](message, fields)
      },
      end({ status, error }: Ended, more: readonly MetricGroup[]) {
        if (isOver) return
        isOver = true
        const fields = logOfInvocation({ durationMs: elapsedMs(), status, error, logContent })
        logger[error === undefined ? 'info' : 'error']('invocation', fields)
        for (const group of [...groups, ...more]) publish(team, group, metadata, logger)
      },
    }
  }

  return {
    row(row, body) {
      const { level, message, fields } = logOfRow(row, logContent ? { content: { body } } : {})
      parent[level](message, fields)
    },
    decided(approval) {
      parent.info('approval', logOfApproval(approval))
      const { runId, stepId } = approval.request
      for (const group of approvalMetrics(approval)) publish(team, group, { run: runId, step: stepId }, parent)
    },
    moved(_, move) {
      parent[move.rule === undefined ? 'info' : 'warn']('release', logOfMove(move))
      for (const group of moveMetrics(move)) publish(team, group, {}, parent)
    },
    auditFault(what, runId) {
      parent.error('audit fault', { [BATON.fault]: what, ...(runId !== undefined && { [PLACE.run]: runId }) })
      const metadata = runId === undefined ? {} : { run: runId }
      for (const group of metricGroups({ AuditFaults: 1 })) publish(team, group, metadata, parent)
    },
    fault: (error, request) => parent.error('request failed', { ...request, ...errorFields(error, logContent) }),
    step({ runId, stepId, agent }, context) {
      const place = { [PLACE.run]: runId, [PLACE.step]: stepId, [PLACE.agent]: agent, [GENAI.agentName]: agent }
      const invocation = begin(context, place)
      invocation.logger.setCorrelationId(runId)
      const rows: JournalRow[] = []
      return {
        onRow(row, body) {
          if (rows.length === 0) invocation.logger.appendKeys({ [PLACE.attempt]: row.attempt })
          Object.assign(invocation.metadata, { run: runId, step: stepId, attempt: row.attempt })
          rows.push(row)
          invocation.logRow(row, agent, body)
        },
        finish(ended) {
          const error = ended.error === undefined ? undefined : thrownName(ended.error)
          invocation.end(ended, stepMetrics(rows, { agent, error }))
        },
      }
    },
    operation(name, context) {
      const invocation = begin(context, { [BATON.operation]: name })
      const groups: MetricGroup[] = []
      return {
        ofRun(runId) {
          invocation.logger.appendKeys({ [PLACE.run]: runId })
          invocation.logger.setCorrelationId(runId)
          invocation.metadata['run'] = runId
        },
        onRow: (row, body) => invocation.logRow(row, undefined, body),
        onRunEnd(run) {
          invocation.logger.info('run', logOfRun(run))
          groups.push(...runMetrics(run))
        },
        finish(ended) {
          const { error, operation = name } = ended
          invocation.logger.appendKeys({ [BATON.operation]: operation })
          const latency = metricGroups({ RequestLatency: invocation.elapsedMs() }, { operation })
          const errors = error === undefined ? [] : metricGroups({ Errors: 1 }, { error: thrownName(error) })
          invocation.end(ended, [...latency, ...groups, ...errors])
        },
      }
    },
  }
}

/** Powertools knows whether this process has served before, and whether that counts as a cold start. */
class FirstInvocation extends Metrics {
  isFirst(): boolean {
    return this.getColdStart()
  }
}

/** One EMF document. */
function publish(team: string, group: MetricGroup, metadata: JsonObject, logger: Logger): void {
  const metrics = new Metrics({ namespace: METRIC_NAMESPACE, serviceName: team, logger })
  for (const dimensions of group.dimensions) metrics.addDimensions({ ...dimensions })
  for (const [key, value] of Object.entries(metadata)) metrics.addMetadata(key, String(value))
  for (const { name, unit, value } of group.metrics) metrics.addMetric(name, unit, value)
  metrics.publishStoredMetrics()
}
