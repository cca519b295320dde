/** The engine's executions as the use cases know them. */
import type { ExecutionState, Executions } from '../api/ports.ts'
import { executionName } from '../api/ports.ts'
import { runInput } from '../api/run-input.ts'
import { workflowNamed } from '../define/agent-workflow.ts'
import type { Team } from '../define/team.ts'
import { NotFound } from '../errors.ts'
import type { Json } from '../schema/json.ts'
import type { Run } from '../schema/run.ts'
import { compileWorkflow } from '../workflow/compile.ts'
import type { Engine, ExecutionHandle } from './engine.ts'
import type { ExecutionStatus } from './history-store.ts'
import { localArn } from './host-lockfile.ts'

export interface HostedExecutions extends Executions {
  /** How the run's current execution, started or continued in this process, ends. Asked once for each of those. */
  ended(run: Run): Promise<ExecutionState>
}

const STATUS: Readonly<Record<ExecutionStatus, ExecutionState['status']>> = {
  RUNNING: 'running',
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
  TIMED_OUT: 'timedOut',
  ABORTED: 'aborted',
}

/** @param team Absent: executions can be looked at, continued and stopped, but none started. */
export function hostedExecutions(engine: Engine, team?: Team): HostedExecutions {
  const handles = new Map<string, ExecutionHandle>()
  return {
    async start(run) {
      const name = nameOf(run)
      if (engine.describe(name) !== undefined) return
      const workflow = team && workflowNamed(team, run.workflow)
      if (team === undefined || workflow === undefined) {
        throw new NotFound({
          message: `The loaded team has no workflow ${run.workflow}`,
          next: 'Name the team file that the run was started with: --team FILE',
        })
      }
      const { definition } = compileWorkflow(workflow)
      const handle = await engine.start({
        name,
        machineArn: localArn(team.name, workflow.name),
        definition: definition as unknown as Json,
        input: runInput(run) as unknown as Json,
      })
      handles.set(name, handle)
    },
    async describe(run) {
      const found = engine.describe(nameOf(run))
      return found && stateOf(found)
    },
    async continue(run) {
      const name = nameOf(run)
      handles.set(name, await engine.resume(name))
      return true
    },
    async stop(run, why) {
      if (engine.describe(nameOf(run)) !== undefined) await engine.stop(nameOf(run), why)
    },
    async ended(run) {
      const name = nameOf(run)
      const handle = handles.get(name)
      // A server lives longer than its runs.
      handles.delete(name)
      if (handle !== undefined) return stateOf(await handle.done)
      const found = engine.describe(name)
      return found ? stateOf(found) : { status: 'aborted' }
    },
  }
}

const nameOf = ({ runId, execution }: Run) => executionName(runId, execution)

interface Told {
  readonly status: ExecutionStatus
  readonly output?: Json | undefined
  readonly error?: string | undefined
  readonly cause?: string | undefined
}

function stateOf({ status, output, error, cause }: Told): ExecutionState {
  return {
    status: STATUS[status],
    ...(output === undefined ? {} : { output }),
    ...(error === undefined ? {} : { error }),
    ...(cause === undefined ? {} : { cause }),
  }
}
