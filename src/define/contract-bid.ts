/** Under this contract an agent bids for tasks on a board. */
import * as z from 'zod'
import { Bid, Posted } from '../schema/board.ts'
import type { BidContract } from '../schema/step-contract.ts'
import type { Terms } from './contract.ts'

/** Enough to bid, and to be asked again where the answer was in no form. */
const TURNS = 4

const Input = z.strictObject({
  round: z.int().positive().describe('how often tasks were put up for bids, this time included'),
  tasks: z.array(Posted).describe('what is open, each with its id'),
})

export function bidTerms({ most }: BidContract): Terms {
  return {
    input: Input,
    output: z.strictObject({ bids: z.array(Bid).max(most) }),
    instructions:
      'You are shown tasks that are open. Do none of them yet: bid for those that you are the right one for, none where there is none.',
    own: () => undefined,
    saysOnly: { turns: TURNS },
  }
}
