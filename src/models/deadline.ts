/** The time limit of one model call. What becomes of the error, once it is neither abort nor timeout, is the adapter's. */
import type { Clock } from '../clock.ts'
import { ModelTimedOut } from '../errors.ts'
import type { ModelCallOptions } from './model.ts'

interface Call<T> {
  readonly options: ModelCallOptions
  readonly clock: Clock
  /** Who was asked, for the message: `bedrock model amazon.nova-pro-v1:0`. */
  readonly asked: string
  /** Gets a signal that aborts on either: the caller's abort or the deadline. */
  readonly run: (signal: AbortSignal) => Promise<T>
}

/**
 * Runs a call until it settles, the caller aborts, or its time is up, whichever is first: a client that ignores its
 * signal holds nobody up.
 * @throws the caller's abort reason; ModelTimedOut; whatever `run` threw.
 */
export async function withDeadline<T>({ options, clock, asked, run }: Call<T>): Promise<T> {
  options.signal.throwIfAborted()
  const over = new AbortController()
  /** Not AbortSignal.any: it costs more than the rest of this function. */
  const onAbort = () => over.abort(options.signal.reason)
  options.signal.addEventListener('abort', onAbort, { once: true })
  const expired = clock.sleep(options.timeoutMs, over.signal).then(() => {
    throw timedOut(asked, options)
  })
  expired.catch(() => {})
  try {
    return await Promise.race([run(over.signal), expired])
  } catch (error) {
    throw options.signal.aborted ? options.signal.reason : error
  } finally {
    options.signal.removeEventListener('abort', onAbort)
    over.abort(CALL_OVER)
  }
}

/** Made once: an abort without a reason makes a new error, with its stack, each time. */
const CALL_OVER = new DOMException('the call is over', 'AbortError')

export function timedOut(asked: string, { timeoutMs, agent, stepId }: ModelCallOptions): ModelTimedOut {
  return new ModelTimedOut({
    message: `${asked} gave no answer within ${timeoutMs} ms (agent ${agent}, step ${stepId})`,
    next: 'Try again, give the agent more seconds, or name a faster model as a fallback.',
  })
}
