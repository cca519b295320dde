/** A run with a blackboard that failed after it and goes on: what was settled is not done again. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { systemClock } from '../../../src/clock.ts'
import { openHost } from '../../../src/engine/host.ts'
import { thisProcess } from '../../../src/engine/host-owner.ts'
import { openStores } from '../../../src/engine/host-stores.ts'
import type { WorkflowName } from '../../../src/schema/ids.ts'
import { type Script, scriptedModel } from '../../../src/testing/scripted-model.ts'
import team from '../../cli/teams/board.team.ts'

const folder = mkdtempSync(join(tmpdir(), 'baton-board-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const stores = openStores({ folder, synchronous: 'NORMAL', clock: systemClock })
afterAll(() => stores.close())

function host(script: Script) {
  const model = scriptedModel(script)
  const common = { stores, team, clock: systemClock, random: () => 0, owner: thisProcess() }
  return { model, ...openHost({ ...common, model, priceOf: () => undefined, newRunId: () => 'run-1' }) }
}

const bids = (confidence: number) => [
  { submit: { bids: ['t1', 't2'].map((task) => ({ task, confidence, note: 'me' })) } },
]
const done = [{ submit: { done: 'yes' } }]

it('neither the work of who delivered nor that of who failed is asked for again', async () => {
  const first = host({
    'ann@*bid*': bids(1),
    'bob@*bid*': bids(0.5),
    'ann@*work:0*': [{ submit: { wrong: true } }],
    'ann@*work:1*': done,
    bob: done,
    reporter: [{ fail: 'rejected' }],
  })
  const tasks = [{ id: 't1' }, { id: 't2' }]
  const { run, ended } = await first.start({ workflow: 'sharing' as WorkflowName, input: { tasks }, settings: {} })
  expect(await ended).toMatchObject({ status: 'failed' })
  const worked = first.model.calls.filter(({ stepId }) => stepId.includes('/board-do-')).map(({ stepId }) => stepId)
  expect(worked.sort()).toEqual([
    'board-rounds=1/board-work:0/board-do-ann',
    'board-rounds=1/board-work:1/board-do-ann',
    'board-rounds=2/board-work:0/board-do-bob',
  ])
  await first.release()

  const second = host({ ann: done, bob: done, reporter: [{ submit: 'all done' }] })
  const resumed = await second.resume(run.runId)
  expect(await resumed.ended).toMatchObject({ status: 'succeeded', output: 'all done' })
  expect(second.model.calls.map(({ agent }) => agent)).toEqual(['reporter'])
  const [call] = second.model.calls
  const output = { done: 'yes' }
  expect(call?.request.messages[0]?.content[1]).toMatchObject({
    text: JSON.stringify({
      results: [
        { task: 't2', by: 'ann', output },
        { task: 't1', by: 'bob', output },
      ],
      open: [],
      rounds: 2,
    }),
  })
  await second.release()
})

it('keeps in the journal what was announced, bid and awarded, and why', async () => {
  const read = async (stepId: string) => {
    const { records } = await stores.journal.readStep('run-1' as never, stepId as never)
    return records.find(({ row }) => row.event === 'decision')?.row
  }
  expect(await read('board-announce')).toMatchObject({ rule: 'rule.board.announce', reason: '2 tasks are posted' })
  expect(await read('board-rounds=1/board-award')).toMatchObject({
    rule: 'rule.board.award',
    reason: 'round 1: 2 of 2 open tasks go to who bid best',
    options: ['t1: ann 1 (awarded), bob 0.5 (outbid)', 't2: ann 1 (awarded), bob 0.5 (outbid)'],
  })
  expect(await read('board-rounds=1/board-settle')).toMatchObject({
    reason: 'round 1: 1 of 2 tasks were delivered, 1 are open',
    options: [expect.stringContaining('t1 by ann: offSchema')],
  })
  expect(await read('board-rounds=2/board-award')).toMatchObject({
    options: ['t1: ann 1 (has failed it before), bob 0.5 (awarded)'],
  })
  expect(await read('board-close')).toMatchObject({ reason: '2 of 2 tasks are done after 2 rounds' })
})
