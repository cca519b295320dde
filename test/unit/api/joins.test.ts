import { expect, it } from 'vitest'
import { joinsOf } from '../../../src/api/joins.ts'
import type { ChainHead } from '../../../src/records/chain-heads.ts'
import type { Sha256, StepId } from '../../../src/schema/ids.ts'
import type { Run } from '../../../src/schema/run.ts'
import { runInMemory } from '../../../src/testing/run-in-memory.ts'
import { scriptedModel } from '../../../src/testing/scripted-model.ts'
import work from '../../cli/teams/work.team.ts'

const run = { workflow: 'long', teamSha256: work.sha256 } as unknown as Run

function headsOf(...stepIds: readonly string[]): ChainHead[] {
  const head = 'a'.repeat(64) as Sha256
  return stepIds.map((stepId) => ({ stepId: stepId as StepId, attempt: 1, rows: 2, head }))
}

const told = (heads: readonly ChainHead[], of = run, team = work) =>
  joinsOf(of, team, heads).map(({ place, branches, chains }) => [
    `${place} ${branches}`,
    ...chains.map(({ stepId }) => stepId),
  ])

it('names the chains of each branch of what came together, and no other', () => {
  const heads = headsOf(
    'child/inner',
    'plan',
    'report',
    'right',
    'again=1/round',
    'again=2/round',
    'wide:0/one',
    'wide:1/one',
  )
  expect(told(heads)).toEqual([
    ['both 2', 'child/inner', 'right'],
    ['wide 2', 'wide:0/one', 'wide:1/one'],
  ])
})

it('counts every attempt to its branch, and takes one branch alone for no join', () => {
  const again = headsOf('wide:0/one').map((head) => ({ ...head, attempt: 2 }))
  expect(told([...headsOf('wide:0/one', 'wide:1/one'), ...again])).toEqual([
    ['wide 2', 'wide:0/one', 'wide:1/one', 'wide:0/one'],
  ])
  expect(told(headsOf('plan', 'wide:0/one', 'right'))).toEqual([])
})

it('says nothing by a workflow that is not the one that ran', () => {
  const other = { ...run, teamSha256: 'b' } as Run
  expect(told(headsOf('wide:0/one', 'wide:1/one'), other)).toEqual([])
  expect(told(headsOf('wide:0/one', 'wide:1/one'), { ...run, workflow: 'gone' as Run['workflow'] })).toEqual([])
})

it('is a row of a run that forked', async () => {
  const done = { submit: { done: 'it' } }
  const topics = Array.from({ length: 50 }, () => ({ submit: done.submit }))
  const model = scriptedModel({
    planner: [{ submit: { topics: ['a', 'b'] } }],
    worker: topics,
    writer: [{ submit: { title: 'All', lines: [] } }],
  })
  const { run: ended, audit } = await runInMemory(work, { model, workflow: 'short', input: { question: 'q' } })
  expect(ended.error).toBeUndefined()
  const joins = audit.rows.filter(({ rule }) => rule === 'join')
  expect(joins).toMatchObject([{ stepId: ':run', reason: 'topics: 2 branches', chains: [{}, {}] }])
})
