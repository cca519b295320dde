/** `board.announce`: posts tasks on a board of their own. What cannot be posted is set aside, with the reason. */
import * as z from 'zod'
import { canonicalJson } from '../audit/canonical.ts'
import { BOARD_TASKS, type BoardState, type Left, Posted, TASK_ID_CHARACTERS } from '../schema/board.ts'
import type { Json } from '../schema/json.ts'
import { sha256 } from '../schema/sha256.ts'
import { postBoard } from './board.ts'
import type { Decision, RuleContext } from './rule.ts'

const HASH_CHARACTERS = 12
/** What is open, and what is awarded, stays inside the state: the tasks, and of each who has it by which claim. */
const BOARD_BYTES = 30 * 1024
const CLAIM_BYTES = 200
const FULL = `the board is full: tasks may have ${BOARD_BYTES} bytes together`
/** Tasks set aside that are named one by one. */
const NAMED_ASIDE = 100

const Options = z.strictObject({ max: z.int().positive().max(BOARD_TASKS) })
const Input = z.strictObject({ tasks: z.array(z.unknown()) })

export const boardAnnounce = {
  name: 'board.announce',
  options: Options,
  input: Input,
  async decide(
    { tasks }: z.output<typeof Input>,
    { max }: z.output<typeof Options>,
    { records, runId, stepId }: RuleContext,
  ): Promise<Decision<BoardState>> {
    const { open, aside } = sorted(tasks, max)
    // Other tasks are another board: who announces again, with what the run has come to since, finds nothing of the old one.
    const board = `${stepId}@${sha256(canonicalJson(open as Json)).slice(0, HASH_CHARACTERS)}`
    await postBoard(
      { records, runId, board },
      open.map(({ id }) => id),
    )
    const isOver = open.length === 0
    const unposted = aside.length === 0 ? '' : `; ${aside.length} could not be`
    return {
      output: { board, round: 0, open, results: [], aside: named(aside), isOver },
      reason: `${open.length} tasks are posted${unposted}`,
      considered: [...open.map(({ id }) => id), ...aside.map(({ task, why }) => `${task}: ${why}`)],
    }
  },
}

function sorted(tasks: readonly unknown[], max: number): { readonly open: Posted[]; readonly aside: Left[] } {
  const open = new Map<string, Posted>()
  const aside: Left[] = []
  let bytes = 0
  for (const [index, task] of tasks.entries()) {
    const { data: posted } = Posted.safeParse(task)
    if (posted === undefined) {
      aside.push({ task: `#${index + 1}`, why: `it has no id of 1 to ${TASK_ID_CHARACTERS} characters` })
      continue
    }
    const { id } = posted
    const size = Buffer.byteLength(JSON.stringify(posted)) + CLAIM_BYTES
    if (open.has(id)) aside.push({ task: id, why: 'another task has this id' })
    else if (open.size === max) aside.push({ task: id, why: `the board takes ${max} tasks` })
    else if (bytes + size > BOARD_BYTES) aside.push({ task: id, why: FULL })
    else {
      open.set(id, posted)
      bytes += size
    }
  }
  return { open: [...open.values()], aside }
}

function named(aside: readonly Left[]): Left[] {
  const rest = aside.length - NAMED_ASIDE
  if (rest <= 0) return [...aside]
  return [...aside.slice(0, NAMED_ASIDE), { task: `${rest} more`, why: 'likewise not posted' }]
}
