/**
 * `board.settle`: closes what was delivered, as long as its claim holds, and puts the rest back on the board, out of
 * reach of whoever failed it.
 */
import * as z from 'zod'
import { RecordsCorrupt } from '../errors.ts'
import { Awarded, BoardState, Undelivered } from '../schema/board.ts'
import { AgentName } from '../schema/ids.ts'
import { type Board, type BoardChange, changeBoard, claimOf, type TaskItem } from './board.ts'
import type { Decision, RuleContext } from './rule.ts'

const Options = z.strictObject({ peers: z.array(AgentName).min(1) })
type Options = z.output<typeof Options>

const Input = z.strictObject({
  board: BoardState,
  round: z.int().positive(),
  awards: Awarded,
  /** Of each award, in their order; null where it was no longer to be done. */
  outputs: z.array(z.unknown()),
})
type Input = z.output<typeof Input>

const WHY_CHARACTERS = 300

export const boardSettle = {
  name: 'board.settle',
  options: Options,
  input: Input,
  async decide(input: Input, options: Options, { records, runId }: RuleContext): Promise<Decision<BoardState>> {
    const { board: before, round: number, awards, outputs } = input
    const place = { records, runId, board: before.board }
    const failures = failuresOf(input, place)
    const { round, board } = await changeBoard(place, number, 'settled', (now) =>
      settle(now, input, failures, options.peers),
    )
    const delivered = new Set(round.delivered)
    const results = awards.awards.flatMap(({ task, by }, index) =>
      by !== null && delivered.has(task.id) ? [{ task: task.id, by, output: outputs[index] }] : [],
    )
    const statuses = new Map(board.tasks.map(({ id, status }) => [id, status]))
    const open = before.open.filter(({ id }) => statuses.get(id) === 'open')
    // Asked again, the same peers would say the same: but for those that were not heard.
    const isOver = open.length === 0 || (round.awards.length === 0 && round.silent.length === 0)
    const missing = round.awards.filter(({ task }) => !delivered.has(task))
    return {
      output: { ...before, round: number, open, results: [...before.results, ...results], isOver },
      reason: `round ${number}: ${delivered.size} of ${round.awards.length} tasks were delivered, ${open.length} are open`,
      considered: missing.map(({ task, by }) => `${task} by ${by}: ${failures.get(task) ?? 'its claim had passed on'}`),
    }
  },
}

/** Task → why its peer gave nothing. */
function failuresOf({ awards: { awards }, outputs }: Input, place: Parameters<typeof claimOf>[0]) {
  const failures = new Map<string, string>()
  for (const [index, { task, by, fence }] of awards.entries()) {
    const output = outputs[index]
    const said = Undelivered.safeParse(output)
    if (said.success && said.data.undelivered.claim === claimOf(place, task.id, fence)) {
      const { cause, reason } = said.data.undelivered.failure
      failures.set(task.id, `${cause}: ${reason}`)
    } else if (by === null || output === null || output === undefined) failures.set(task.id, 'nothing came of it')
  }
  return failures
}

function settle(
  board: Board,
  { awards: { awards }, round: number }: Input,
  failures: ReadonlyMap<string, string>,
  peers: readonly string[],
): BoardChange {
  const round = board.rounds.get(number)
  if (round === undefined) {
    throw new RecordsCorrupt({
      message: `round ${number} of a board is to be settled, but nothing was awarded in it`,
      next: 'Restore the data folder from a copy, or start a new run.',
    })
  }
  const tasks = new Map<number, TaskItem>()
  const delivered: string[] = []
  for (const { task, by, fence } of awards) {
    const index = board.tasks.findIndex(({ id }) => id === task.id)
    const now = board.tasks[index]
    if (by === null || now?.status !== 'claimed' || now.fence !== fence) continue
    const failure = failures.get(task.id)
    if (failure === undefined) {
      delivered.push(task.id)
      tasks.set(index, { ...now, status: 'done', why: '' })
    } else tasks.set(index, putBack(now, by, failure, peers))
  }
  return { tasks, round: { ...round, stage: 'settled', delivered } }
}

function putBack(task: TaskItem, by: string, failure: string, peers: readonly string[]): TaskItem {
  const tried = [...task.tried, by]
  const isHopeless = peers.every((peer) => tried.includes(peer))
  const why = `${tried.join(', ')} did not deliver: ${failure}`.slice(0, WHY_CHARACTERS)
  return { ...task, status: isHopeless ? 'left' : 'open', tried, why }
}
