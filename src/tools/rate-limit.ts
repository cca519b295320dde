/**
 * How many calls an integration takes, over all processes: a bucket of `calls` that fills up again in `perSeconds`. So any span
 * of s seconds sees at most calls + s × calls / perSeconds calls. Kept as one number, the time until which all calls so far
 * are paid for (GCRA, the cell rate algorithm of ITU-T I.371), so that takers add to it without reading it before.
 * A clock that is fast makes the others wait by as much; a wrong clock never lets more calls through than its own error is worth.
 */
import type { Clock } from '../clock.ts'
import { RecordsCorrupt } from '../errors.ts'
import type { Condition, Records, Write } from '../records/records.ts'
import { sendAgain } from './send-again.ts'
import type { TakeCall } from './take-call.ts'

export interface RateLimits {
  /** @throws RecordsUnavailable, RecordsCorrupt */
  readonly takeCall: TakeCall
}

interface RateLimitsOptions {
  readonly records: Records
  readonly clock: Clock
}

/** One finds how the bucket stands, another that it has emptied or filled meanwhile, and so on. */
const ROUNDS = 8
const PAID_UNTIL = 'paidUntilMs'

export function openRateLimits({ records, clock }: RateLimitsOptions): RateLimits {
  return {
    async takeCall({ name, calls, perSeconds }) {
      const key = { partition: `RATE#${name}`, sort: 'BUCKET' }
      const callMs = (perSeconds * 1_000) / calls
      /** undefined: not looked yet; most often the bucket is in use. */
      let seen: number | 'none' | undefined
      for (let round = 0; round < ROUNDS; round += 1) {
        const nowMs = clock.now().getTime()
        const fullMs = nowMs + (calls - 1) * callMs
        if (typeof seen === 'number' && seen > fullMs) return seen - fullMs
        const isIdle = seen === 'none' || (seen !== undefined && seen < nowMs)
        const write: Write = isIdle
          ? { kind: 'update', key, condition: idle(seen, nowMs), set: { [PAID_UNTIL]: nowMs + callMs } }
          : { kind: 'update', key, condition: between(nowMs, fullMs), add: { [PAID_UNTIL]: callMs } }
        // Sent again after a lost reply, it takes two: calls too few, never too many.
        const outcome = await sendAgain(clock, () => records.write(write))
        if (outcome.ok) return 0
        seen = outcome.item === undefined ? 'none' : numberIn(outcome.item.attributes[PAID_UNTIL], name)
      }
      return callMs
    },
  }
}

function idle(seen: number | 'none' | undefined, nowMs: number): Condition {
  return seen === 'none' ? { kind: 'absent' } : { kind: 'less', attribute: PAID_UNTIL, than: nowMs }
}

/** Up to and with `fullMs`. */
function between(nowMs: number, fullMs: number): Condition {
  const attribute = PAID_UNTIL
  const isInUse: Condition = { kind: 'atLeast', attribute, value: nowMs }
  const hasRoom: Condition = { kind: 'less', attribute, than: fullMs }
  const isJustFull: Condition = { kind: 'equals', attribute, value: fullMs }
  return { kind: 'and', conditions: [isInUse, { kind: 'or', conditions: [hasRoom, isJustFull] }] }
}

function numberIn(value: unknown, name: string): number {
  if (typeof value === 'number') return value
  throw new RecordsCorrupt({
    message: `the bucket of the rate limit ${name} is damaged, or from a newer version`,
    next: 'Use the Baton version that wrote it, or restore the data folder from a copy.',
  })
}
