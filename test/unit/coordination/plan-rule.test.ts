import { describe, expect, it } from 'vitest'
import { type Before, checkPlan, OVERLAP, overlapOf, type PlanBounds } from '../../../src/coordination/plan-rule.ts'
import { EFFORT_TASKS, type Effort, type PlannedTask, type SupervisorPlan } from '../../../src/schema/supervision.ts'

const bounds: PlanBounds = {
  members: [
    { name: 'finder', tools: ['search', 'read'] },
    { name: 'writer', tools: [] },
  ],
  effort: EFFORT_TASKS,
  most: 10,
}
const before: Before = { results: [], tasksLeft: 40 }
const THINGS = 'apples bridges clocks dunes engines fjords glaciers harbours islands jungles kites lanterns'.split(' ')

function task(id: string, changes: Partial<PlannedTask> = {}): PlannedTask {
  const number = Number(id.replace(/\D/g, '')) || 0
  const words = `Count ${THINGS[number % THINGS.length]} of region ${id}`
  return {
    id,
    agent: 'finder',
    objective: words,
    outputFormat: 'a number',
    tools: [],
    boundaries: 'no more',
    ...changes,
  }
}

function plan(tasks: readonly PlannedTask[], effort: Effort = 'high', done = false): SupervisorPlan {
  return { effort, tasks: [...tasks], done, notes: '' }
}

const tasks = (count: number) => Array.from({ length: count }, (_, index) => task(`t${index}`))
const faults = (given: SupervisorPlan, within: Partial<PlanBounds> = {}, so: Partial<Before> = {}) =>
  checkPlan(given, { ...bounds, ...within }, { ...before, ...so }).refused.map(
    ({ task: { id }, fault }) => `${id} ${fault}`,
  )

describe('a plan, task by task', () => {
  it.each<[string, Partial<PlannedTask>, string | undefined]>([
    ['a whole task', {}, undefined],
    ['with a tool that its member has', { tools: ['search'] }, undefined],
    ['for nobody', { agent: 'nobody' }, 'unknownMember'],
    ['for a name that only begins alike', { agent: 'finder2' }, 'unknownMember'],
    ['for what every object has', { agent: 'constructor' }, 'unknownMember'],
    ['with a tool of nobody', { tools: ['search', 'delete_all'] }, 'unknownTool'],
    ['with a tool that another would have', { agent: 'writer', tools: ['search'] }, 'unknownTool'],
    ['without an objective', { objective: ' \n' }, 'blank'],
    ['without an output format', { outputFormat: '' }, 'blank'],
    ['without boundaries', { boundaries: '' }, 'blank'],
  ])('%s', (_, changes, fault) => {
    expect(faults(plan([task('t1', changes)]))).toEqual(fault === undefined ? [] : [`t1 ${fault}`])
  })

  it('keeps the first of two that overlap, and takes no id twice', () => {
    const one = task('t1', { objective: 'Find how long a queue keeps its messages' })
    const other = task('t2', { objective: 'find the messages that queues keep: how long?' })
    expect(faults(plan([one, other, task('t3'), task('t3', { objective: 'Paint the fence' })]))).toEqual([
      't2 overlap',
      't3 repeatedId',
    ])
  })

  it('does not do again what is done, under its id or another', () => {
    const results = [{ id: 't1', objective: 'Count clouds above Lisbon' }]
    const again = [task('t1'), task('t9', { objective: 'Count the clouds above Lisbon' }), task('t5')]
    expect(faults(plan(again), {}, { results })).toEqual(['t1 alreadyDone', 't9 alreadyDone'])
  })

  it.each<[Effort, number]>([
    ['straightforward', 1],
    ['standard', 3],
    ['medium', 5],
    ['high', 10],
  ])('takes as many as the effort %s is worth: %i', (effort, most) => {
    expect(faults(plan(tasks(most), effort))).toEqual([])
    expect(faults(plan(tasks(most + 1), effort))).toEqual([
      `t${most} ${most === bounds.most ? 'beyondBound' : 'beyondEffort'}`,
    ])
  })

  it('takes no more than a round may have, or than are left', () => {
    const effort = { ...EFFORT_TASKS, high: 20 }
    expect(faults(plan(tasks(12)), { effort, most: 11 })).toEqual(['t11 beyondBound'])
    expect(faults(plan(tasks(5)), {}, { tasksLeft: 3 })).toEqual(['t3 beyondBound', 't4 beyondBound'])
  })

  it('leaves out what does not fit the state', () => {
    const long = (id: string) => task(id, { boundaries: '€'.repeat(1_000), outputFormat: '€'.repeat(500) })
    const many = Array.from({ length: 8 }, (_, index) => long(`t${index}`))
    expect(faults(plan(many))).toEqual(['t5 tooLarge', 't6 tooLarge', 't7 tooLarge'])
  })

  it.each<[string, SupervisorPlan, boolean, number]>([
    ['no tasks, and not done', plan([], 'high', false), true, 1],
    ['no tasks, and done before anything was', plan([], 'high', true), false, 1],
    ['no tasks, and done', plan([], 'high', true), true, 0],
    ['one task', plan([task('t1')]), false, 0],
  ])('%s', (_, given, isBegun, problems) => {
    const results = isBegun ? [{ id: 'x', objective: 'Something else' }] : []
    expect(checkPlan(given, bounds, { ...before, results }).problems).toHaveLength(problems)
  })
})

describe('the overlap of two objectives', () => {
  it.each<[string, string, boolean]>([
    ['Find the price of tea', 'find the PRICES of tea!', true],
    ['Find the price of tea', 'Find the price of coffee', false],
    ['How do I invoke a Lambda function?', 'How do I wait for a task token?', false],
    ['茶の値段を調べる', '茶の値段を調べる', true],
    ['how', 'why', false],
    ['Find the population of France by the census', 'Find the population of Spain by the census', false],
    ['Review the code of module A', 'Review the code of module B', false],
    ['Sum up chapter 1 of the old report', 'Sum up chapter 2 of the old report', false],
    ['Find the population of France', 'What is the population of France? Find it', true],
  ])('%s / %s', (one, other, isSame) => {
    expect(overlapOf(one, other) >= OVERLAP).toBe(isSame)
    expect(overlapOf(other, one)).toBe(overlapOf(one, other))
  })
})
