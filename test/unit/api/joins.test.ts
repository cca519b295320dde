import { expect, it } from 'vitest'
import { joinsOf } from '../../../src/api/joins.ts'
import type { ChainHead } from '../../../src/records/chain-heads.ts'
import type { Sha256, StepId } from '../../../src/schema/ids.ts'
import type { Run } from '../../../src/schema/run.ts'
import work from '../../cli/teams/work.team.ts'

const workflows = Object.fromEntries(work.workflows.map(({ name, sha256 }) => [name, { sha256 }]))
const run = { workflow: 'long', lock: { workflows } } as unknown as Run

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
  const other = { workflow: 'long', lock: { workflows: { long: { sha256: 'b' } } } } as unknown as Run
  expect(told(headsOf('wide:0/one', 'wide:1/one'), other)).toEqual([])
  expect(told(headsOf('wide:0/one', 'wide:1/one'), { ...run, workflow: 'gone' as Run['workflow'] })).toEqual([])
})
