import { type Clock, startAlarm } from '../clock.ts'

export type Timed<T> =
  | { readonly ended: 'inTime'; readonly value: T }
  | { readonly ended: 'tooLate' }
  | { readonly ended: 'cancelled' }

interface Limits {
  readonly clock: Clock
  readonly milliseconds: number
  /** Aborts when nobody wants the work any more. */
  readonly cancellation?: AbortSignal | undefined
}

/**
 * Gives work a signal that aborts when its time is up or it is cancelled, and stops waiting for it then, whether it heeds
 * the signal or not. Whatever the work throws before is thrown on.
 */
export function withinTime<T>(
  work: (signal: AbortSignal) => Promise<T>,
  { clock, milliseconds, cancellation }: Limits,
): Promise<Timed<T>> {
  if (cancellation?.aborted) return Promise.resolve({ ended: 'cancelled' })
  const controller = new AbortController()
  return new Promise((resolve, reject) => {
    const stopAlarm = startAlarm(clock, milliseconds, () => {
      controller.abort(new DOMException(`${milliseconds} ms are over`, 'TimeoutError'))
      cancellation?.removeEventListener('abort', onCancelled)
      resolve({ ended: 'tooLate' })
    })
    function onCancelled(): void {
      stopAlarm()
      controller.abort(cancellation?.reason)
      resolve({ ended: 'cancelled' })
    }
    cancellation?.addEventListener('abort', onCancelled)
    function stop(): void {
      stopAlarm()
      cancellation?.removeEventListener('abort', onCancelled)
    }
    startWork(work, controller.signal).then(
      (value) => {
        stop()
        resolve({ ended: 'inTime', value })
      },
      (error) => {
        stop()
        reject(error)
      },
    )
  })
}

/** Turns a synchronous throw into a rejection. */
async function startWork<T>(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
  return work(signal)
}
