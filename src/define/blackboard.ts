/**
 * `blackboard`: tasks are put up on a board and peers bid for them (the contract net protocol, Smith 1980): announce, bid,
 * award, work, settle, and again with what is still open. Who gets what is decided in code; a model only bids.
 */
import * as z from 'zod'
import { InvalidDefinition, type Issue } from '../errors.ts'
import { Awarded, AwardPolicy, BOARD_PEERS, BOARD_TASKS, BoardOutcome, BoardState, Delivered } from '../schema/board.ts'
import type { Agent } from './agent.ts'
import { isKind, parseDefinition, requireFields } from './definition.ts'
import { count, eq, failure, gt, type Ref, type Value } from './expressions.ts'
import { contractStep, pattern, rule } from './pattern-node.ts'
import { checkName, choose, forEach, from, type Node, parallel, repeat, sequence, step, when } from './patterns.ts'

type Peer = Agent<z.ZodType, z.ZodType>

/** A task as all peers take it, with an id. */
type TaskOf<P extends Peer> = z.input<P['input']> & { readonly id: string }

/** Who did what, and what nobody did. */
export interface BlackboardResult<P extends Peer = Peer> {
  readonly results: {
    readonly task: string
    readonly by: P['name']
    readonly output: z.output<P['output']>
  }[]
  readonly open: { readonly task: string; readonly why: string }[]
  /** Rounds it took. */
  readonly rounds: number
}

const MAX_ROUNDS = 20
const MAX_PER_ROUND = 40
const LEAST_LEASE_SECONDS = 600
const LONGEST_NAME = 48

interface BlackboardOptions<P extends Peer> {
  /** Each may bid for every task; where two are equal, the first one here comes first. 1 to 40. */
  readonly peers: readonly P[]
  /** What is to be done, each with an id of its own: the input of whichever peer gets it. */
  readonly tasks: Value<readonly TaskOf<P>[]>
  /** Times that open tasks are put up for bids. @default 3 */
  readonly rounds?: number
  /** Tasks at most; what is beyond stays open. @default 40 */
  readonly max?: number
  /** Tasks at most that one peer is given in one round. @default an equal share of `max` */
  readonly capacity?: number
  /** Tasks at work at the same time. @default 10 */
  readonly concurrency?: number
  /** Seconds for which a claim holds; no less than the longest peer may take. @default minutes(10), or that */
  readonly lease?: number
  /** The better bid: of the surest peer, or of the one with the fewest tasks. @default 'confidence' */
  readonly award?: AwardPolicy
  /** Bids that are less sure than this do not count, 0 to 1. @default 0 */
  readonly least?: number
}

const Options = z.strictObject({
  peers: z
    .array(
      z.custom<Peer>((value) => isKind(value, 'agent'), {
        error: 'an agent made by defineAgent is expected',
        params: { remedy: 'give peers: [analyst, writer]' },
      }),
    )
    .min(1, 'a blackboard has at least one peer')
    .max(BOARD_PEERS),
  rounds: z.int().positive().max(MAX_ROUNDS).default(3),
  max: z.int().positive().max(BOARD_TASKS).default(MAX_PER_ROUND),
  capacity: z.int().positive().max(BOARD_TASKS).optional(),
  concurrency: z.int().positive().max(BOARD_TASKS).default(10),
  lease: z.int().positive().optional(),
  award: AwardPolicy.default('confidence'),
  least: z.number().min(0).max(1).default(0),
})
type Options = z.output<typeof Options>

/** The output is typed whatever the peers do: what was delivered, and of every other task why it was not. */
export function blackboard<const P extends Peer>(
  name: string,
  options: BlackboardOptions<P>,
): Node<BlackboardResult<P>> {
  checkName('blackboard', name)
  const label = `blackboard "${name}"`
  requireFields(label, options, `blackboard('${name}', { peers: [analyst, writer], tasks: from(plan).tasks })`)
  const { tasks, ...rest } = options
  const given = parseDefinition(label, Options, rest, { others: ['tasks'], remedies: REMEDIES })
  const longest = Math.max(...given.peers.map(({ limits }) => limits.seconds))
  const issues = faultsOf(name, given, longest, tasks)
  if (issues.length > 0) throw new InvalidDefinition(label, issues)
  const { peers, rounds, max } = given
  const lease = given.lease ?? Math.max(LEAST_LEASE_SECONDS, longest)
  const announced = rule(`${name}-announce`, 'board.announce', {
    options: { max },
    input: { tasks },
    output: BoardState,
  })
  const loop = repeat<BoardState, BoardState>(
    `${name}-rounds`,
    ({ previous, iteration }) => round(name, { ...given, lease }, previous, iteration),
    { max: rounds, initial: from(announced), until: (state) => state.isOver },
  )
  const any = choose(`${name}-any`, [when(gt(count(from(announced).open), 0), loop)])
  const input = { announced: from(announced), last: from(any) }
  const closed = rule(`${name}-close`, 'board.close', { input, output: outcomeOf(peers) })
  const details = [peers.map((peer) => peer.name).join(', '), `at most ${rounds} rounds, ${max} tasks`]
  return pattern(name, 'blackboard', sequence(announced, any, closed), details) as Node<BlackboardResult<P>>
}

const REMEDIES = {
  peers: `give 1 to ${BOARD_PEERS} agents: peers: [analyst, writer]`,
  rounds: `set rounds to 1 to ${MAX_ROUNDS}`,
  max: `set max to 1 to ${BOARD_TASKS}; for more, let each task be several`,
  lease: 'set lease to whole seconds: minutes(10)',
}

/** Bids of all peers at once, the award, the work that was awarded, and what came of it. */
function round(
  name: string,
  { peers, max, capacity, concurrency, lease, award: policy, least }: Options & { readonly lease: number },
  board: Ref<BoardState>,
  iteration: Ref<number>,
): Node<BoardState> {
  const names = peers.map((peer) => peer.name)
  const contract = { kind: 'bid', most: max } as const
  const bids = parallel(
    `${name}-bids`,
    Object.fromEntries(
      peers.map((peer) => {
        const input = { round: iteration, tasks: board.open }
        const bid = contractStep(bidName(name, peer), peer, contract, { input, otherwise: { silent: failure.reason } })
        return [peer.name, bid]
      }),
    ),
  )
  const awarded = rule(`${name}-award`, 'board.award', {
    options: {
      ...{ peers: names, policy, least, leaseSeconds: lease },
      capacity: capacity ?? Math.ceil(max / peers.length),
    },
    input: { board, round: iteration, bids: from(bids) },
    output: Awarded,
  })
  const work = forEach<z.output<typeof Awarded>['awards'][number], unknown>(
    `${name}-work`,
    from(awarded).awards,
    (award) => {
      const undelivered = { undelivered: { claim: award.claim, failure } }
      const arms = peers.map((peer) =>
        when(eq(award.by, peer.name), step(workName(name, peer), peer, { input: award.task, otherwise: undelivered })),
      )
      return choose(`${name}-who`, arms)
    },
    { max, concurrency },
  )
  const settled = rule(`${name}-settle`, 'board.settle', {
    options: { peers: names },
    input: { board, round: iteration, awards: from(awarded), outputs: from(work) },
    output: BoardState,
  })
  return sequence(bids, awarded, work, settled)
}

function bidName(name: string, peer: Peer): string {
  return `${name}-bid-${peer.name}`
}

function workName(name: string, peer: Peer): string {
  return `${name}-do-${peer.name}`
}

/** `BoardOutcome`, with what is known of the peers and their outputs. */
function outcomeOf(peers: readonly Peer[]) {
  const names = peers.map((peer) => peer.name)
  const schemas = peers.map(({ outputSchema }) => ({ ...outputSchema, 'x-document': outputSchema }))
  const delivered = Delivered.extend({
    by: z.enum(names),
    output: z.unknown().meta({ anyOf: schemas }),
  })
  return BoardOutcome.extend({ results: z.array(delivered) })
}

function faultsOf(name: string, { peers, lease }: Options, longest: number, tasks: unknown): Issue[] {
  const issues: Issue[] = []
  const names = peers.map((peer) => peer.name)
  for (const [index, peer] of peers.entries()) {
    const path = `peers.${index}`
    if (names.indexOf(peer.name) !== index) {
      issues.push({ path, message: `${peer.name} is there twice`, remedy: 'list each peer once' })
    }
    const own = bidName(name, peer)
    if (own.length > LONGEST_NAME) {
      const message = `the name of its step, ${own}, has more than ${LONGEST_NAME} characters`
      issues.push({ path, message, remedy: 'give the blackboard, or the agent, a shorter name' })
    }
  }
  if (lease !== undefined && lease < longest) {
    const message = `a claim holds for ${lease} s, but a peer may take ${longest} s`
    issues.push({ path: 'lease', message, remedy: `set lease to at least ${longest}, or lower limits.seconds` })
  }
  if (tasks === undefined) {
    issues.push({ path: 'tasks', message: 'the tasks are missing', remedy: 'give tasks: from(plan).tasks' })
  }
  return issues
}
