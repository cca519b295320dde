/** What the shop grants, as code: no model can grant more. The same in words: data/knowledge/refunds.md. */
import * as z from 'zod'
import type { Order } from './desk.ts'

const RETURN_DAYS = 30
const FAULT_DAYS = 2 * 365
const LOST_DAYS = 14
/** Above this a person looks at a refund first. In euro cents. */
export const APPROVAL_ABOVE_CENTS = 10_000

export const Reason = z.enum(['changed-mind', 'faulty', 'not-delivered', 'charged-twice'])
export type Reason = z.infer<typeof Reason>

export const Refund = z.strictObject({
  decision: z.enum(['refund', 'refuse', 'ask']).describe('ask: the customer must say which order is meant'),
  order: z.string().describe('empty where it is not known'),
  cents: z.int().nonnegative(),
  reason: Reason,
  why: z.string().describe('the rule that decided'),
})
export type Refund = z.infer<typeof Refund>

/**
 * @param order Of the customer who wrote; undefined: they have none of this number, or have not said which.
 * @param today When they wrote, as YYYY-MM-DD.
 */
export function decideRefund(order: Order | undefined, reason: Reason, today: string): Refund {
  if (order === undefined) return { decision: 'ask', order: '', cents: 0, reason, why: 'order unknown' }
  const { order: number, cents, day, delivered, isFinalSale, isRefunded } = order
  const refuse = (why: string): Refund => ({ decision: 'refuse', order: number, cents: 0, reason, why })
  const refund = (why: string): Refund => ({ decision: 'refund', order: number, cents, reason, why })
  if (isRefunded) return refuse('refunded already')
  if (reason === 'charged-twice') return refuse('second charge')
  if (reason === 'not-delivered') {
    if (delivered !== null) return refuse('delivered')
    return daysBetween(day, today) >= LOST_DAYS ? refund('lost') : refuse('still under way')
  }
  if (delivered === null) return refuse('still under way')
  const since = daysBetween(delivered, today)
  if (reason === 'faulty') return since <= FAULT_DAYS ? refund('faulty') : refuse('older than two years')
  if (isFinalSale) return refuse('final sale')
  return since <= RETURN_DAYS ? refund('returned in time') : refuse('older than 30 days')
}

function daysBetween(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / 86_400_000
}
