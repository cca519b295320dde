/** Claims, breakers, brakes, budgets and approvals on DynamoDB, as they are on SQLite: the same suites, fewer examples. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openApprovals } from '../../src/approval/approvals.ts'
import { levelState, newLevelItem, runLevel } from '../../src/budget/level.ts'
import { openBudgets } from '../../src/budget/open-budgets.ts'
import { systemClock } from '../../src/clock.ts'
import { RunId, StepId } from '../../src/schema/ids.ts'
import { faultlessContract, LEDGER_KINDS, ledgerContract } from '../faults/ledger-contract.ts'
import { requestOf, voteOn, voter } from '../unit/approval/requests.ts'
import { BRAKE_CONTRACT } from '../unit/brake/brake-contract.ts'
import { BREAKER_CONTRACT } from '../unit/breaker/breaker-contract.ts'
import { apart } from './support/apart.ts'
import { ownTables } from './support/own-tables.ts'

const { records, create, remove } = ownTables()
beforeAll(create)
afterAll(remove)

/** Those of 40 processes make thousands of requests: minutes on an emulator. */
const breakerCases = BREAKER_CONTRACT.filter(({ name }) => !/40 processes|half of them/.test(name))
const EXAMPLES = 4

describe('on DynamoDB', () => {
  const open = async () => apart(records, randomUUID())

  it.each(LEDGER_KINDS)('a %s call happens as its kind promises, whatever befalls its processes', async (kind) => {
    await ledgerContract(kind, open, EXAMPLES)
    await faultlessContract(kind, open, EXAMPLES)
  })

  it.each(breakerCases.map(({ name, run }) => [name, run] as const))('a breaker: %s', async (_, run) => {
    await run(records, randomUUID())
  })

  it.each(BRAKE_CONTRACT.map(({ name, run }) => [name, run] as const))('a brake: %s', async (_, run) => {
    await run(await open())
  })

  it('a budget is not overspent by 24 branches at once, and all of it is accounted for', async () => {
    const own = await open()
    const runId = RunId.parse('run-1')
    const budget = { run: { turns: 30 } }
    const level = runLevel(runId, budget)
    await own.write({ kind: 'put', item: newLevelItem(level), condition: { kind: 'absent' } })
    const turn = { costUsd: 0, tokens: 0, turns: 1, toolCalls: 0 }
    const taken = await Promise.all(
      Array.from({ length: 24 }, async (_, index) => {
        const budgets = openBudgets({ records: own, clock: systemClock, budgetOf: async () => budget })
        const step = await budgets.openStep({ runId, stepId: StepId.parse(`branch-${index}`) })
        let turns = 0
        while (turns < 4 && (await step?.reserve(turns + 1, turn, { ...turn, turns }))?.granted) turns += 1
        await step?.close({ ...turn, turns })
        return turns
      }),
    )
    const turns = taken.reduce((sum, each) => sum + each, 0)
    const item = await own.get(level.key)
    expect(turns).toBeGreaterThan(15)
    expect(turns).toBeLessThanOrEqual(30)
    expect(item && levelState(item)).toMatchObject({ spent: { turns }, left: { turns: 30 - turns } })
  })

  it('an approval counts each of ten people at once, and is decided once', async () => {
    const approvals = openApprovals({ records: await open(), clock: systemClock })
    const at = systemClock.now().toISOString()
    const request = {
      ...requestOf({ policy: { quorum: 7 } }),
      requestedAt: at,
      expiresAt: new Date(Date.parse(at) + 600_000).toISOString(),
    }
    await approvals.request({ request }, 'token')
    const people = Array.from({ length: 10 }, (_, index) => voter(`local:person-${index}`))
    const votes = await Promise.all(
      people.map((each) => approvals.vote(request.approvalId, voteOn(request, 'approve'), each)),
    )
    expect(votes.filter((vote) => vote?.voted.kind === 'changed')).toHaveLength(7)
    expect(await approvals.read(request.approvalId)).toMatchObject({
      status: 'approved',
      decision: { outcome: 'approved', by: expect.objectContaining({ length: 7 }) },
    })
    expect((await approvals.list({ limit: 100 })).approvals).toEqual([])
  })
})
