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
  const ended = new AbortController()
  const expired = clock.sleep(options.timeoutMs, ended.signal).then(() => {
    throw new ModelTimedOut({
      message: `${asked} gave no answer within ${options.timeoutMs} ms (agent ${options.agent}, step ${options.stepId})`,
      next: 'Try again, give the agent more seconds, or name a faster model as a fallback.',
    })
  })
  let onAbort = () => {}
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(options.signal.reason)
    options.signal.addEventListener('abort', onAbort, { once: true })
  })
  try {
    return await Promise.race([run(AbortSignal.any([options.signal, ended.signal])), expired, aborted])
  } catch (error) {
    throw options.signal.aborted ? options.signal.reason : error
  } finally {
    options.signal.removeEventListener('abort', onAbort)
    expired.catch(() => {})
    ended.abort(new DOMException('the call is over', 'AbortError'))
  }
}
