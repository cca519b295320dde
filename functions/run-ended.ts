/**
 * Writes down the end of a run when Step Functions tells that its execution changed its status: an execution that was
 * stopped or timed out runs no state that could. Safe to be told again, late, or of what is none of ours.
 */
import * as z from 'zod'
import type { ServiceDependencies } from '../src/api/bind-run-service.ts'
import { endRun } from '../src/api/end-run.ts'
import { type ExecutionState, type Executions, executionName } from '../src/api/ports.ts'
import type { Team } from '../src/define/team.ts'
import { Conflict, InvalidRequest } from '../src/errors.ts'
import { RUN_CHAIN } from '../src/records/run-chain.ts'
import { RunId } from '../src/schema/ids.ts'
import type { JournalRow } from '../src/schema/journal-row.ts'
import { parseJson } from '../src/schema/parse-json.ts'
import type { Run } from '../src/schema/run.ts'
import { openControlSurroundings } from './control-surroundings.ts'
import { type Handler, opened } from './lambda.ts'
import { observed } from './observed.ts'
import { executionArn } from './step-functions-executions.ts'

/** What became of the run, or why nothing did. */
export type RunEnded = { readonly runId: string; readonly status: string } | { readonly ignored: string }

/** "Step Functions Execution Status Change", as far as it is read. */
const StatusChange = z.looseObject({
  detail: z.looseObject({
    executionArn: z.string(),
    name: z.string(),
    status: z.string(),
    /** Absent or null where input and output together are too large for an event. */
    output: z.string().nullish(),
  }),
})
type Detail = z.infer<typeof StatusChange>['detail']

export function runEndedHandler({ team }: { readonly team: Team }, open = openControlSurroundings): Handler<RunEnded> {
  const surroundings = opened(() => open(team))
  return async (event, context) => {
    const { dependencies, telemetry } = await surroundings()
    const { runs, executions } = dependencies
    const operation = telemetry?.operation('runEnded', context)
    return observed(operation, async () => {
      const detail = acceptEvent(event)
      const runId = runIdOf(detail.name)
      if (runId === undefined) return { ignored: `${detail.name} is no run's own execution` }
      operation?.ofRun(runId)
      const run = await runs.read(runId)
      const ignored = run === undefined ? `there is no run ${runId}` : whyIgnored(run, detail)
      if (run === undefined || ignored !== undefined) return { ignored: ignored ?? '' }
      const state = await stateOf(run, detail, executions)
      const ended = await endRun(runId, state, dependencies, run.execution)
      if (ended.status !== 'running') operation?.onRunEnd(ended)
      if (operation !== undefined) for (const row of await endRows(runId, dependencies)) operation.onRow(row)
      return { runId, status: ended.status }
    })
  }
}

/** All of the run's own chain: they are lines of the log, like the rows of steps. Again, where it had ended before. */
async function endRows(runId: RunId, { journal }: Pick<ServiceDependencies, 'journal'>): Promise<JournalRow[]> {
  const chains = await journal.readChains(runId, RUN_CHAIN)
  return chains.flatMap(({ records }) => records.map(({ row }) => row))
}

function acceptEvent(event: unknown): Detail {
  const change = StatusChange.safeParse(event)
  if (change.success) return change.data.detail
  throw new InvalidRequest({
    message: `the event is no status change of an execution:\n${z.prettifyError(change.error)}`,
    next: 'Send it "Step Functions Execution Status Change" events alone.',
  })
}

/** `<runId>.<n>`; a child's execution has one part more. */
function runIdOf(name: string): RunId | undefined {
  const [id, execution, ...more] = name.split('.')
  return execution !== undefined && more.length === 0 ? RunId.safeParse(id).data : undefined
}

function whyIgnored(run: Run, { executionArn: arn, name, status }: Detail): string | undefined {
  if (status === 'RUNNING') return 'it has only begun'
  if (run.status !== 'running') return `the run is over: ${run.status}`
  const current = executionName(run.runId, run.execution)
  if (name !== current) return `the run has gone on as ${current}`
  return arn === executionArn(run) ? undefined : `${arn} is an execution of another state machine`
}

/** @throws Conflict where Step Functions knows nothing of it, which only a mixed-up event can mean. */
async function stateOf(run: Run, { status, output }: Detail, executions: Executions): Promise<ExecutionState> {
  const parsed = status === 'SUCCEEDED' && typeof output === 'string' ? parseJson(output) : undefined
  if (parsed?.ok) return { status: 'succeeded', output: parsed.value }
  const state = await executions.describe(run)
  if (state !== undefined && state.status !== 'running') return state
  throw new Conflict({
    message: `the event says that execution ${executionName(run.runId, run.execution)} ended as ${status}, Step Functions says ${state?.status ?? 'that there is none'}`,
    next: 'The event is delivered again; after that, resume the run: that looks at the execution anew.',
  })
}
