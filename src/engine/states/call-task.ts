/** A live call of an integration: signal, timeout, heartbeat, token, and its errors in Step Functions' terms. */
import { startAlarm } from '../../clock.ts'
import type { Json } from '../../schema/json.ts'
import type { StoredEvent } from '../events.ts'
import { toJson } from '../expression.ts'
import { unlessAborted } from '../frame.ts'
import type { TaskCall } from '../integrations/integration.ts'
import type { TaskState } from '../program.ts'
import { HistoryFull, PayloadTooLarge } from '../recorder.ts'
import { Aborted, FunctionError, RUNTIME, ServiceError, StateError, TIMEOUT } from '../state-error.ts'
import { resultOf } from '../task-tokens.ts'
import type { StateRun } from './state-run.ts'

const TIMED_OUT = JSON.stringify({ error: TIMEOUT })

/** @throws StateError, Aborted */
export async function callTask(
  run: StateRun<TaskState>,
  scheduled: StoredEvent,
  submitted: StoredEvent | undefined,
): Promise<Json> {
  const { frame } = run
  const { recorder } = frame.execution
  const timeout = scheduled.details['timeout'] as number | undefined
  const token = scheduled.details['token'] as string | undefined
  await recorder.persist(token === undefined ? undefined : (write) => write.openToken(token, recorder.row))
  if (frame.signal.aborted) throw new Aborted()
  const { clock, tokens } = frame.execution.services
  // What came in time counts, however late this process looks.
  const sent = token === undefined ? undefined : tokens.sent(token)
  if (sent !== undefined && submitted !== undefined) return toJson(resultOf(sent), recorder.content)
  // A job or a token that was handed over before a restart has had its time since then; a plain call starts anew.
  const since = submitted === undefined ? clock.now().getTime() : scheduled.at
  const deadline = startDeadline(run, timeout && since + timeout * 1_000 - clock.now().getTime())
  try {
    const work = perform(run, scheduled, submitted, deadline.signal, timeout)
    return toJson(await unlessAborted(work, deadline.signal), recorder.content)
  } catch (thrown) {
    if (deadline.expired()) {
      // Whoever answers now is told that it is too late.
      if (token !== undefined) await recorder.persist((write) => write.settleToken(token, TIMED_OUT))
      throw new StateError(TIMEOUT)
    }
    if (frame.signal.aborted) throw new Aborted()
    throw asStateError(thrown)
  } finally {
    deadline.end()
  }
}

async function perform(
  run: StateRun<TaskState>,
  scheduled: StoredEvent,
  submitted: StoredEvent | undefined,
  signal: AbortSignal,
  timeout: number | undefined,
): Promise<Json> {
  const { frame, state } = run
  const { integration } = state
  const call: TaskCall = {
    resource: state.resource,
    arguments: scheduled.details['parameters'] as Json,
    executionName: frame.execution.name,
    stateName: state.name,
    scheduledEventId: scheduled.id,
    signal,
    timeoutMs: timeout === undefined ? undefined : timeout * 1_000,
  }
  if (integration.pattern === 'response') return await integration.call(call)
  let job = submitted?.details['output']
  if (job === undefined) {
    job = await integration.call(call)
    signal.throwIfAborted()
    frame.record('TaskSubmitted', { output: job })
    void frame.execution.recorder.persist()
  }
  if (integration.pattern === 'sync') return await integration.complete(call, job)
  const heartbeat = scheduled.details['heartbeat'] as number | undefined
  const { tokens } = frame.execution.services
  return await tokens.wait(scheduled.details['token'] as string, { signal, heartbeatSeconds: heartbeat })
}

interface Deadline {
  readonly signal: AbortSignal
  expired(): boolean
  end(): void
}

/** The frame's own signal where there is no timeout: most calls need no controller of their own. */
function startDeadline({ frame }: StateRun<TaskState>, milliseconds: number | undefined): Deadline {
  if (milliseconds === undefined) return { signal: frame.signal, expired: () => false, end() {} }
  const call = new AbortController()
  const onAbort = () => call.abort(frame.signal.reason)
  let expired = false
  frame.signal.addEventListener('abort', onAbort, { once: true })
  if (frame.signal.aborted) onAbort()
  const stop = startAlarm(frame.execution.services.clock, milliseconds, () => {
    expired = !call.signal.aborted
    call.abort(new Aborted())
  })
  return {
    signal: call.signal,
    expired: () => expired,
    end() {
      frame.signal.removeEventListener('abort', onAbort)
      stop()
    },
  }
}

function asStateError(thrown: unknown): unknown {
  if (thrown instanceof StateError || thrown instanceof Aborted) return thrown
  if (thrown instanceof PayloadTooLarge || thrown instanceof HistoryFull) return thrown
  if (thrown instanceof FunctionError) return new StateError(thrown.errorType, JSON.stringify(thrown.payload))
  if (thrown instanceof ServiceError) return new StateError(thrown.error, thrown.message)
  if (thrown instanceof Error) {
    const payload = { errorType: thrown.name, errorMessage: thrown.message }
    return new StateError(thrown.name, JSON.stringify(payload))
  }
  return new StateError(RUNTIME, String(thrown))
}
