/** The rules of a blackboard over real records: again, at the same time, and after their replies were lost. */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { boardAnnounce } from '../../../src/coordination/board-announce.ts'
import { boardAward } from '../../../src/coordination/board-award.ts'
import { boardClose } from '../../../src/coordination/board-close.ts'
import { boardSettle } from '../../../src/coordination/board-settle.ts'
import type { Decision, RuleContext } from '../../../src/coordination/rule.ts'
import { openStores } from '../../../src/engine/host-stores.ts'
import { RecordsUnavailable } from '../../../src/errors.ts'
import type { Records } from '../../../src/records/records.ts'
import type { Award, Awarded, BoardState } from '../../../src/schema/board.ts'
import type { AgentName, RunId, StepId } from '../../../src/schema/ids.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'

const opened: { close(): void }[] = []
afterEach(() => {
  for (const one of opened.splice(0)) one.close()
})

const PEERS = ['ann', 'bob'] as AgentName[]
const LEASE_SECONDS = 600
const AWARD = { peers: PEERS, policy: 'confidence' as const, capacity: 9, least: 0, leaseSeconds: LEASE_SECONDS }
const gone = () => new RecordsUnavailable({ message: 'no reply', next: 'Again.' })

function bench() {
  const clock = fakeClock()
  const stores = openStores({ folder: join(tmpdir(), 'baton-boards'), memory: true, synchronous: 'NORMAL', clock })
  opened.push(stores)
  /** Writes whose reply is lost. */
  const lost = { next: 0 }
  const records: Records = {
    ...stores.records,
    async transact(writes) {
      const outcome = await stores.records.transact(writes)
      if (lost.next > 0) {
        lost.next -= 1
        throw gone()
      }
      return outcome
    },
  }
  const context: RuleContext = {
    ...{ team: 'team', workflow: 'main', runId: 'run-1' as RunId, stepId: 'board-announce' as StepId },
    ...{ clock, records },
  }
  const announce = async (...ids: readonly string[]) =>
    output<BoardState>(await boardAnnounce.decide({ tasks: ids.map((id) => ({ id })) }, { max: 40 }, context))
  const award = async (
    board: BoardState,
    bids: Readonly<Record<string, Readonly<Record<string, number>>>>,
    round = 1,
  ) => output<Awarded>(await boardAward.decide(awardInput(board, bids, round), AWARD, context))
  const settle = async (board: BoardState, awards: Awarded, outputs: readonly unknown[], round = 1) =>
    output<BoardState>(
      await boardSettle.decide({ board, round, awards, outputs: [...outputs] }, { peers: PEERS }, context),
    )
  return { announce, award, settle, clock, context, lost, stores }
}

function awardInput(
  board: BoardState,
  bids: Readonly<Record<string, Readonly<Record<string, number>>>>,
  round: number,
) {
  const all = PEERS.map((peer) => {
    const given = Object.entries(bids[peer] ?? {})
    return [peer, { bids: given.map(([task, confidence]) => ({ task, confidence, note: '' })) }]
  })
  return { board, round, bids: Object.fromEntries(all) }
}

function output<T>(decision: Decision<unknown>): T {
  if ('stopped' in decision) throw new Error(decision.stopped.reason)
  return decision.output as T
}

const failed = ({ claim }: Award) => ({ undelivered: { claim, failure: { cause: 'timeLimit', reason: 'too slow' } } })
const holders = ({ awards }: Awarded) => Object.fromEntries(awards.map(({ task, by }) => [task.id, by]))

describe('the rules of a blackboard', () => {
  it('decide the same when they are asked again, whatever they are told meanwhile', async () => {
    const { announce, award, settle } = bench()
    const board = await announce('t1', 't2')
    expect(await announce('t1', 't2')).toEqual(board)
    const awards = await award(board, { ann: { t1: 1, t2: 1 } })
    expect(await award(board, { bob: { t1: 1, t2: 1 } })).toEqual(awards)
    const [first] = awards.awards
    const settled = await settle(board, awards, [failed(first as Award), 'done'])
    expect(await settle(board, awards, ['late', 'done'])).toEqual(settled)
    expect(settled).toMatchObject({ open: [{ id: 't1' }], results: [{ task: 't2', by: 'ann', output: 'done' }] })
  })

  it('are safe to be asked again where a reply was lost', async () => {
    const { announce, award, settle, lost } = bench()
    const unheard = async <T>(ask: () => Promise<T>): Promise<T> => {
      lost.next = 1
      await expect(ask()).rejects.toMatchObject({ name: 'RetryableRecordsUnavailable' })
      return ask()
    }
    const board = await unheard(() => announce('t1'))
    const awards = await unheard(() => award(board, { bob: { t1: 1 } }))
    expect(awards.awards).toMatchObject([{ by: 'bob', fence: 1 }])
    const settled = await unheard(() => settle(board, awards, ['done']))
    expect(settled).toMatchObject({ results: [{ by: 'bob' }], isOver: true })
  })

  it('agree where two processes decide at the same moment', async () => {
    const { announce, award } = bench()
    const board = await announce('t1', 't2', 't3')
    const all = { t1: 1, t2: 1, t3: 1 }
    const both = await Promise.all([award(board, { ann: all }), award(board, { bob: all }), award(board, { ann: all })])
    expect(new Set(both.map((one) => JSON.stringify(one))).size).toBe(1)
  })

  it('do not give away what is claimed, until its lease has ended; then the first claim counts no longer', async () => {
    const { announce, award, settle, clock } = bench()
    const board = await announce('t1')
    const bids = { ann: { t1: 1 }, bob: { t1: 0.5 } }
    const first = await award(board, bids, 1)
    expect(holders(first)).toEqual({ t1: 'ann' })
    // Never settled; another round begins.
    expect(holders(await award(board, bids, 2))).toEqual({})
    await clock.advance(LEASE_SECONDS * 1_000)
    const third = await award(board, { bob: { t1: 0.5 } }, 3)
    expect(third.awards).toMatchObject([{ by: 'bob', fence: 2 }])
    expect(await settle(board, first, ['late'], 1)).toMatchObject({ results: [] })
    expect(await settle(board, third, ['in time'], 3)).toMatchObject({ results: [{ by: 'bob', output: 'in time' }] })
  })

  it('let a clock that is wrong delay a task, never have it count twice', async () => {
    const { announce, award, settle, clock, context } = bench()
    const board = await announce('t1')
    const first = await award(board, { ann: { t1: 1 } }, 1)
    const ahead = { ...clock, now: () => new Date(clock.now().getTime() + LEASE_SECONDS * 1_000) }
    const decided = await boardAward.decide(awardInput(board, { bob: { t1: 1 } }, 2), AWARD, {
      ...context,
      clock: ahead,
    })
    const second = output<Awarded>(decided)
    expect(holders(second)).toEqual({ t1: 'bob' })
    const results = [await settle(board, first, ['of ann'], 1), await settle(board, second, ['of bob'], 2)]
    expect(results.flatMap((one) => one.results)).toEqual([{ task: 't1', by: 'bob', output: 'of bob' }])
  })

  it('go through a settled round again only for what was delivered', async () => {
    const { announce, award, settle, context } = bench()
    const board = await announce('t1', 't2')
    const bids = { ann: { t1: 1, t2: 1 } }
    const awards = await award(board, bids)
    const recall = () => boardAward.recall(awards, awardInput(board, bids, 1), AWARD, context)
    expect(await recall()).toEqual(awards)
    await settle(board, awards, [failed(awards.awards[0] as Award), 'done'])
    expect(holders((await recall()) as Awarded)).toEqual({ t1: null, t2: 'ann' })
  })

  it('count the word of a failure only under its own claim', async () => {
    const { announce, award, settle } = bench()
    const board = await announce('t1')
    const awards = await award(board, { ann: { t1: 1 } })
    const said = failed({ ...(awards.awards[0] as Award), claim: 'made up' })
    expect(await settle(board, awards, [said])).toMatchObject({ results: [{ by: 'ann', output: said }] })
  })

  it('put other tasks on another board', async () => {
    const { announce } = bench()
    const [one, other] = [await announce('t1'), await announce('t1', 't2')]
    expect(one.board).not.toBe(other.board)
  })

  it('say what is left, and why', async () => {
    const { announce, award, settle, context } = bench()
    const board = await announce('t1', 't2')
    const awards = await award(board, { ann: { t1: 1 } })
    const last = await settle(board, awards, [failed(awards.awards[0] as Award)])
    const closed = await boardClose.decide({ announced: board, last }, {}, context)
    expect(closed).toMatchObject({
      output: {
        results: [],
        open: [
          { task: 't1', why: 'ann did not deliver: timeLimit: too slow' },
          { task: 't2', why: 'nobody bid for it' },
        ],
        rounds: 1,
      },
    })
  })

  it('refuse a board that is damaged', async () => {
    const { announce, award, stores } = bench()
    const board = await announce('t1')
    const key = { partition: `RUN#run-1#BOARD#${board.board}`, sort: 'TASK#000' }
    await stores.records.write({
      kind: 'put',
      item: { ...key, attributes: { id: 't1' } },
      condition: { kind: 'exists' },
    })
    await expect(award(board, {})).rejects.toMatchObject({ name: 'RecordsCorrupt' })
  })
})
