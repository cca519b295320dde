import type { Call, Performed } from './performed.ts'

/** Takes one call of an integration: resolves with ms to wait before it may be made, 0 where it may be made now. */
export type TakeCall = (limit: {
  readonly name: string
  readonly calls: number
  readonly perSeconds: number
}) => Promise<number>

/** A longer wait is the state machine's, at no compute. */
const LONGEST_INLINE_WAIT_MS = 5_000
/** Others may take what became free, each time. */
const TRIES = 20

/** @returns undefined once the call may be made. @param leftMs Time that there is. */
export async function awaitTurn(
  { tool, clock, cancellation, takeCall }: Pick<Call, 'tool' | 'clock' | 'cancellation' | 'takeCall'>,
  leftMs: number,
): Promise<Performed | undefined> {
  const { rateLimit } = tool
  if (rateLimit === undefined || takeCall === undefined) return undefined
  const began = clock.now().getTime()
  for (let tries = 1; ; tries += 1) {
    const waitMs = await takeCall(rateLimit)
    if (waitMs <= 0) return undefined
    const now = clock.now().getTime()
    const restMs = Math.min(LONGEST_INLINE_WAIT_MS, leftMs) - (now - began)
    if (waitMs >= restMs || tries >= TRIES) {
      const untilIso = new Date(now + Math.ceil(waitMs)).toISOString()
      const { name, calls, perSeconds } = rateLimit
      return { kind: 'busy', untilIso, reason: `${name} takes ${calls} calls in ${perSeconds} s, and they are used up` }
    }
    await clock.sleep(Math.ceil(waitMs), cancellation).catch((error) => {
      if (!cancellation?.aborted) throw error
    })
    if (cancellation?.aborted) return { kind: 'cancelled' }
  }
}
