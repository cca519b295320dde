/** The quality gate: what a batch must be like to be loaded, and what is odd enough to ask a person. Change the numbers here. */
import * as z from 'zod'

/** Above any of these nothing of the batch is loaded. */
export const LIMITS = {
  /** Share of rows that are turned down, whatever for. */
  rejected: 0.1,
  /** Share of rows whose customer is in no list. */
  strangers: 0.03,
  /** Share of rows that are valid and odd: more is no oddity, but a fault of the source. */
  odd: 0.05,
  /** Fewer rows than these are no day's work: the export was cut off. */
  leastRows: 20,
} as const

export const ODD = {
  /** A price so many times the median of its product, or so many times below. */
  priceTimes: 5,
  weightTimes: 3,
  /** Orders of a product from which on its median says something. */
  leastPeers: 5,
  /** Pieces, as times the median of all orders. */
  quantityTimes: 50,
  /** Days before or after the median day of the batch. */
  days: 31,
} as const

export const Gate = z.strictObject({
  decision: z.enum(['load', 'stop']),
  checks: z
    .array(z.strictObject({ check: z.string(), measured: z.number(), limit: z.number(), holds: z.boolean() }))
    .max(10),
})
export type Gate = z.infer<typeof Gate>

interface Measured {
  readonly rows: number
  readonly rejected: number
  readonly strangers: number
  readonly odd: number
  /** That a person can be shown. */
  readonly mostOdd: number
}

export function gateOf({ rows, rejected, strangers, odd, mostOdd }: Measured): Gate {
  const share = (count: number) => Math.round((count / Math.max(1, rows)) * 10_000) / 10_000
  const most = (check: string, measured: number, limit: number) => ({
    check,
    measured,
    limit,
    holds: measured <= limit,
  })
  const checks = [
    { check: 'rows, at least', measured: rows, limit: LIMITS.leastRows, holds: rows >= LIMITS.leastRows },
    most('share of rows turned down', share(rejected), LIMITS.rejected),
    most('share of rows with an unknown customer', share(strangers), LIMITS.strangers),
    most('share of rows that are odd', share(odd), LIMITS.odd),
    most('odd rows that a person can look at', odd, mostOdd),
  ]
  return { decision: checks.every(({ holds }) => holds) ? 'load' : 'stop', checks }
}
