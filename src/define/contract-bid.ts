/** Under this contract an agent bids for tasks on a board. */
import * as z from 'zod'
import type { BidContract } from '../schema/step-contract.ts'
import type { Terms } from './contract.ts'

export function bidTerms({ most }: BidContract): Terms {
  const bid = z.strictObject({
    task: z.string().min(1).max(200).describe('id of the task'),
    confidence: z.number().min(0).max(1).describe('how sure you are that you can do it well'),
    note: z.string().max(500).describe('why you'),
  })
  return {
    output: z.strictObject({ bids: z.array(bid).max(most) }),
    instructions:
      'You are shown tasks that are open. Do none of them yet: bid for those that you are the right one for, none where there is none.',
    own: () => undefined,
  }
}
