/**
 * Runs as executions of Step Functions: each in the version of the state machine that its lockfile names. Executions live
 * there on their own, so that none is ever continued by hand.
 */
import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  type ExecutionStatus,
  type SFNClient,
  StartExecutionCommand,
  StateMachineDoesNotExist,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn'
import { type ExecutionState, type Executions, executionName } from '../src/api/ports.ts'
import { runInput } from '../src/api/run-input.ts'
import { canonicalJson } from '../src/audit/canonical.ts'
import { Conflict, RecordsUnavailable } from '../src/errors.ts'
import type { Json } from '../src/schema/json.ts'
import { parseJson } from '../src/schema/parse-json.ts'
import type { Run } from '../src/schema/run.ts'

const STATUS: Readonly<Record<ExecutionStatus, ExecutionState['status']>> = {
  RUNNING: 'running',
  PENDING_REDRIVE: 'running',
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
  TIMED_OUT: 'timedOut',
  ABORTED: 'aborted',
}
const TRANSIENT = new Set(['ThrottlingException', 'TooManyRequestsException', 'ExecutionLimitExceeded'])

/** All may throw RecordsUnavailable where Step Functions does not answer. */
export function stepFunctionsExecutions(client: SFNClient): Executions {
  async function describe(run: Run) {
    const command = new DescribeExecutionCommand({ executionArn: executionArn(run) })
    return client.send(command).catch((error) => {
      if (error instanceof ExecutionDoesNotExist) return undefined
      throw translated(error, run)
    })
  }
  return {
    async start(run) {
      const input = JSON.stringify(runInput(run))
      const name = executionName(run.runId, run.execution)
      const command = new StartExecutionCommand({ stateMachineArn: machineArn(run), name, input })
      try {
        await client.send(command)
      } catch (error) {
        if (!(error instanceof ExecutionAlreadyExists)) throw translated(error, run)
        if (!isSameText((await describe(run))?.input, input)) throw nameTaken(run, error)
      }
    },
    async describe(run) {
      const found = await describe(run)
      if (found?.status === undefined) return undefined
      const { status, output, error, cause } = found
      const parsed = output === undefined ? undefined : parseJson(output)
      return {
        status: STATUS[status],
        ...(parsed?.ok ? { output: parsed.value } : {}),
        ...(error === undefined ? {} : { error }),
        ...(cause === undefined ? {} : { cause }),
      }
    },
    continue: async () => false,
    async stop(run, { error, cause }) {
      await client
        .send(new StopExecutionCommand({ executionArn: executionArn(run), error, cause }))
        .catch((failure) => {
          if (!(failure instanceof ExecutionDoesNotExist)) throw translated(failure, run)
        })
    },
  }
}

/** Stops a run's execution after a time of grace, by a state machine that waits for it. A repeated request is one. */
export function stopAfterGrace(client: SFNClient, cancelMachineArn: string): (run: Run) => Promise<void> {
  return async (run) => {
    const name = `${executionName(run.runId, run.execution)}.cancel`
    const input = JSON.stringify({ executionArn: executionArn(run) })
    await client.send(new StartExecutionCommand({ stateMachineArn: cancelMachineArn, name, input })).catch((error) => {
      if (!(error instanceof ExecutionAlreadyExists)) throw translated(error, run)
    })
  }
}

/** Executions of a version bear the name of the machine alone. */
export function executionArn(run: Run): string {
  const [machine = ''] = /^.*:stateMachine:[^:]+/.exec(machineArn(run)) ?? []
  return `${machine.replace(':stateMachine:', ':execution:')}:${executionName(run.runId, run.execution)}`
}

/** @throws Conflict where the run's lockfile does not name it. */
function machineArn({ runId, workflow, lock }: Run): string {
  const arn = lock.workflows[workflow]?.stateMachineArn
  if (arn !== undefined) return arn
  throw new Conflict({
    message: `the release that run ${runId} was started with has no state machine for workflow ${workflow}`,
    next: 'Deploy the team again, then start a new run.',
  })
}

function isSameText(a: string | undefined, b: string): boolean {
  const parsed = parseJson(a ?? '')
  return parsed.ok && canonicalJson(parsed.value) === canonicalJson(JSON.parse(b) as Json)
}

function nameTaken({ runId }: Run, cause: unknown): Conflict {
  return new Conflict({
    message: `run ${runId} cannot be started: there is an execution of its name with another input`,
    next: 'Start it again with another idempotency key.',
    cause,
  })
}

/** Ours for theirs, where the caller can do something about it. */
function translated(error: unknown, run: Run): unknown {
  if (!(error instanceof Error)) return error
  if (error instanceof StateMachineDoesNotExist) {
    return new Conflict({
      message: `the state machine that run ${run.runId} was started with is gone: ${machineArn(run)}`,
      next: 'Start a new run with what is deployed now.',
      cause: error,
    })
  }
  return unanswered(error)
}

/** What another try may get past, as that; everything else as it is. */
export function unanswered(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const { name, message, code, $metadata } = error as Error & { code?: string; $metadata?: { httpStatusCode?: number } }
  const status = $metadata?.httpStatusCode
  const isUnanswered = status === undefined && (code !== undefined || name === 'TimeoutError')
  if (!TRANSIENT.has(name) && !isUnanswered && !(status !== undefined && status >= 500)) return error
  return new RecordsUnavailable({
    message: `Step Functions did not take the request: ${name}: ${message}`,
    next: 'Try again in a moment.',
    cause: error,
  })
}
