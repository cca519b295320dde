/** `board.award`: gives open tasks to peers by their bids, each as a claim with a lease and a fence. */
import * as z from 'zod'
import { type Award, type Awarded, AwardPolicy, Bid, BoardState, Silent } from '../schema/board.ts'
import { AgentName } from '../schema/ids.ts'
import type { Json } from '../schema/json.ts'
import { type Assignment, awardTasks, type Considered, type PeerBids } from './award-tasks.ts'
import {
  type Board,
  type BoardChange,
  changeBoard,
  claimOf,
  NO_BID,
  type RoundItem,
  readBoard,
  type TaskItem,
} from './board.ts'
import type { Decision, RuleContext } from './rule.ts'

const Options = z.strictObject({
  peers: z.array(AgentName).min(1),
  policy: AwardPolicy,
  capacity: z.int().positive(),
  least: z.number().min(0).max(1),
  leaseSeconds: z.int().positive(),
})
type Options = z.output<typeof Options>

const Input = z.strictObject({
  board: BoardState,
  round: z.int().positive(),
  bids: z.record(z.string(), z.union([z.strictObject({ bids: z.array(Bid) }), Silent])),
})
type Input = z.output<typeof Input>

const CONSIDERED = 40
const BIDS_TOLD = 6

export const boardAward = {
  name: 'board.award',
  options: Options,
  input: Input,
  async decide(input: Input, options: Options, { records, runId, clock }: RuleContext): Promise<Decision<Awarded>> {
    const { board, round: number } = input
    const place = { records, runId, board: board.board }
    const { round } = await changeBoard(place, number, 'awarded', (now) =>
      award(now, input, options, clock.now().getTime()),
    )
    const posted = new Map(board.open.map((task) => [task.id, task]))
    const awards = round.awards.flatMap(({ task: id, by, fence }): Award[] => {
      const task = posted.get(id)
      return task === undefined ? [] : [{ task, by: by as AgentName, fence, claim: claimOf(place, id, fence) }]
    })
    return {
      output: { awards },
      reason: round.reason,
      considered: round.considered,
      body: { bids: input.bids, awards: round.awards } as Json,
    }
  },
  /** Of a round that is settled, only what was delivered is gone through again: its outputs are recorded. */
  async recall(given: unknown, { board, round: number }: Input, _options: Options, { records, runId }: RuleContext) {
    const { awards } = given as Awarded
    const round = (await readBoard({ records, runId, board: board.board })).rounds.get(number)
    if (round?.stage !== 'settled') return given
    return { awards: awards.map((one) => (round.delivered.includes(one.task.id) ? one : { ...one, by: null })) }
  },
}

function award(board: Board, { bids, round }: Input, options: Options, nowMs: number): BoardChange {
  const open = board.tasks.filter(
    ({ status, expiresAtMs }) => status === 'open' || (status === 'claimed' && expiresAtMs <= nowMs),
  )
  const peers = options.peers.map((peer): PeerBids => ({ peer, bids: bidsOf(bids[peer]) }))
  const silent = options.peers.filter((peer) => bids[peer] === undefined || 'silent' in bids[peer])
  const assignment = awardTasks(open, peers, options, loadsOf(board))
  const tasks = new Map<number, TaskItem>()
  for (const [index, task] of board.tasks.entries()) {
    if (!open.includes(task)) continue
    const by = assignment.awards.get(task.id)
    if (by === undefined) tasks.set(index, { ...task, status: 'open', why: whyLeft(task, assignment.considered) })
    else {
      const expiresAtMs = nowMs + options.leaseSeconds * 1_000
      tasks.set(index, { ...task, status: 'claimed', by, fence: task.fence + 1, expiresAtMs, why: 'it is being done' })
    }
  }
  const awards = [...tasks.values()]
    .filter(({ status }) => status === 'claimed')
    .map(({ id, by, fence }) => ({ task: id, by, fence }))
  const item: RoundItem = {
    stage: 'awarded',
    awards,
    silent,
    delivered: [],
    reason: reasonOf(round, awards, open.length, silent),
    considered: open.slice(0, CONSIDERED).map((task) => told(task, assignment)),
  }
  return { tasks, round: item }
}

function bidsOf(given: Input['bids'][string] | undefined): PeerBids['bids'] {
  return given !== undefined && 'bids' in given ? given.bids : []
}

/** How many tasks each peer was given in the rounds before. */
function loadsOf({ rounds }: Board): ReadonlyMap<string, number> {
  const loads = new Map<string, number>()
  for (const { awards } of rounds.values()) for (const { by } of awards) loads.set(by, (loads.get(by) ?? 0) + 1)
  return loads
}

const VERDICTS: Readonly<Record<Considered['verdict'], string>> = {
  awarded: 'awarded',
  outbid: 'outbid',
  full: 'has no room',
  tooUnsure: 'too unsure',
  failedBefore: 'has failed it before',
  repeated: 'said so before',
  unknownTask: 'no such task',
}

/** A peer that failed it is why, as long as nobody else comes. */
function whyLeft({ id, tried, why }: TaskItem, considered: readonly Considered[]): string {
  const verdicts = new Set(considered.filter(({ task }) => task === id).map(({ verdict }) => verdict))
  if (verdicts.has('full')) return 'whoever bid for it had no room'
  if (verdicts.has('tooUnsure')) return 'whoever bid for it was too unsure'
  return tried.length > 0 ? why : NO_BID
}

function told({ id }: TaskItem, { considered }: Assignment): string {
  const bids = considered.filter(({ task }) => task === id)
  const most = bids.toSorted((a, b) => b.confidence - a.confidence).slice(0, BIDS_TOLD)
  const texts = most.map(({ peer, confidence, verdict }) => `${peer} ${confidence} (${VERDICTS[verdict]})`)
  return `${id}: ${texts.length === 0 ? NO_BID : texts.join(', ')}`
}

function reasonOf(round: number, awards: RoundItem['awards'], open: number, silent: readonly string[]): string {
  const unheard = silent.length === 0 ? '' : `; nothing was heard of ${silent.join(', ')}`
  return `round ${round}: ${awards.length} of ${open} open tasks go to who bid best${unheard}`
}
