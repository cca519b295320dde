import { type Clock, startAlarm } from '../clock.ts'

export type Timed<T> = { readonly timedOut: false; readonly value: T } | { readonly timedOut: true }

/**
 * Gives work a signal that aborts when its time is up, and stops waiting for it then, whether it heeds the signal or not.
 * Whatever the work throws in time is thrown on.
 */
export function withinTime<T>(
  work: (signal: AbortSignal) => Promise<T>,
  { clock, milliseconds }: { readonly clock: Clock; readonly milliseconds: number },
): Promise<Timed<T>> {
  const controller = new AbortController()
  return new Promise((resolve, reject) => {
    const stop = startAlarm(clock, milliseconds, () => {
      controller.abort(new DOMException(`${milliseconds} ms are over`, 'TimeoutError'))
      resolve({ timedOut: true })
    })
    startWork(work, controller.signal).then(
      (value) => {
        stop()
        resolve({ timedOut: false, value })
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
