/** Task: one call of an integration per attempt, with its timeouts. What is called: ../integrations. */
import type { Json } from '../../schema/json.ts'
import { numberFault } from '../definition-reader.ts'
import type { EventType, StoredEvent } from '../events.ts'
import { TIMEOUT_SECONDS } from '../limits.ts'
import type { TaskState } from '../program.ts'
import { PayloadTooLarge } from '../recorder.ts'
import { withRecovery } from '../recover.ts'
import { StateError, TIMEOUT } from '../state-error.ts'
import { callTask } from './call-task.ts'
import type { Outcome, StateRun } from './state-run.ts'

export function runTask(run: StateRun<TaskState>): Promise<Outcome> {
  return withRecovery(run, { attempt: () => attempt(run) })
}

async function attempt(run: StateRun<TaskState>): Promise<Outcome> {
  const { frame, state } = run
  const family = state.integration.events ?? 'Task'
  const scheduled = frame.take(`${family}Scheduled`) ?? (await schedule(run, `${family}Scheduled`))
  const result = await outcomeOf(run, scheduled, family)
  const token = scheduled.details['token'] as string | undefined
  return await run.exit(state, result, token === undefined ? { result } : { result, token })
}

async function schedule(run: StateRun<TaskState>, type: EventType): Promise<StoredEvent> {
  const { frame, state, input } = run
  run.throwRecordedFailure()
  await frame.live()
  const token = state.integration.pattern === 'token' ? frame.execution.newToken(run.entered.id) : undefined
  const extra = token === undefined ? {} : { token }
  const parameters = state.arguments === undefined ? input : await run.evaluate(state.arguments, extra)
  const seconds = (value: number) => numberFault(value, { minimum: 1, maximum: TIMEOUT_SECONDS })
  const timeout = await run.evaluateNumber(state.timeoutSeconds, seconds)
  const heartbeat = await run.evaluateNumber(state.heartbeatSeconds, seconds)
  try {
    return frame.record(type, { parameters, timeout, heartbeat, token })
  } catch (error) {
    throw error instanceof PayloadTooLarge ? run.tooLarge() : error
  }
}

/** The recorded outcome, or that of a call: then recorded before it is used. */
async function outcomeOf(
  run: StateRun<TaskState>,
  scheduled: StoredEvent,
  family: 'Task' | 'LambdaFunction',
): Promise<Json> {
  const { frame, state } = run
  frame.record(`${family}Started`)
  const submitted = frame.take('TaskSubmitted')
  const recorded = frame.take(`${family}Succeeded`, `${family}Failed`, `${family}TimedOut`)
  if (recorded !== undefined) return replayed(recorded)
  await frame.live()
  try {
    const output = await callTask(run, scheduled, submitted)
    const succeeded = frame.record(`${family}Succeeded`, { output })
    void frame.execution.recorder.persist()
    return succeeded.details['output'] as Json
  } catch (thrown) {
    const error = thrown instanceof PayloadTooLarge ? run.tooLarge(nameInCauses(state)) : thrown
    if (!(error instanceof StateError)) throw error
    const type = error.error === TIMEOUT ? (`${family}TimedOut` as const) : (`${family}Failed` as const)
    frame.record(type, { error: error.error, cause: error.causeText })
    void frame.execution.recorder.persist()
    throw error
  }
}

function replayed({ type, details }: StoredEvent): Json {
  if (type.endsWith('Succeeded')) return details['output'] as Json
  throw new StateError(details['error'] as string | undefined, details['cause'] as string | undefined)
}

function nameInCauses({ integration, resource }: TaskState): string {
  return integration.events === 'LambdaFunction' ? resource : integration.service
}
