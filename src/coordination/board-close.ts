/** `board.close`: what came of a board: what was delivered by whom, and what is still open, and why. */
import * as z from 'zod'
import { type BoardOutcome, BoardState } from '../schema/board.ts'
import { readBoard } from './board.ts'
import type { Decision, RuleContext } from './rule.ts'

/** `last`: after the last round; null where there was nothing to do. */
const Input = z.strictObject({ announced: BoardState, last: BoardState.nullable() })
type Input = z.output<typeof Input>

export const boardClose = {
  name: 'board.close',
  options: z.strictObject({}),
  input: Input,
  async decide({ announced, last }: Input, _options: unknown, context: RuleContext): Promise<Decision<BoardOutcome>> {
    const { board, results, round, aside } = last ?? announced
    const { tasks } = await readBoard({ records: context.records, runId: context.runId, board })
    const undone = tasks.filter(({ status }) => status !== 'done')
    const open = [...undone.map(({ id, why }) => ({ task: id, why })), ...aside]
    return {
      output: { results, open, rounds: round },
      reason: `${results.length} of ${results.length + open.length} tasks are done after ${round} rounds`,
      considered: [
        ...results.map(({ task, by }) => `${task}: done by ${by}`),
        ...open.map(({ task, why }) => `${task}: ${why}`),
      ],
    }
  },
}
