import { describe, expect, it } from 'vitest'
import { adaptive } from '../../../src/define/adaptive.ts'
import { FunctionError } from '../../../src/engine/state-error.ts'
import type { PartAssignment, PlannerInput } from '../../../src/schema/adaptation.ts'
import { ann, arbiter, editor, lead, plan, planner, play } from './adaptive-play.ts'

const idsOf = (work: readonly PartAssignment[]) => work.map(({ id }) => id)
const earlierOf = (work: readonly PartAssignment[], id: string) =>
  work.findLast((one) => one.id === id)?.earlier.map((one) => one.id)

describe('four shapes', () => {
  it('runs independent parts side by side, and merges what agrees', async () => {
    const { output, work, inputsOf } = await play({ plans: () => plan('a b c') }, {})
    expect(output).toEqual({
      ...{ answer: { said: 'merged' }, topology: 'parallel', consistency: 1, reroutes: 0, unresolved: false },
      parts: ['a', 'b', 'c'].map((id, index) => ({
        ...{ id, agent: index % 2 === 0 ? 'ann' : 'bob', output: { said: 'all the same words' } },
      })),
      gaps: [],
    })
    expect(work.map(({ earlier }) => earlier)).toEqual([[], [], []])
    expect(work[0]).toMatchObject({ request: { question: 'How?' }, brief: '', missing: [] })
    expect(inputsOf('editor')).toMatchObject([{ how: 'merge', consistency: 1, request: { question: 'How?' } }])
    expect(inputsOf('planner')).toMatchObject([
      { envelope: { parts: 12, depth: 6, width: 6 }, refused: null, members: [{ name: 'ann' }, { name: 'bob' }] },
    ])
  })

  it('runs a chain one after the other: each part sees the one before, and no score is needed', async () => {
    const says = ({ id }: PartAssignment) => `words of ${id}`
    const { output, work, inputsOf } = await play({ plans: () => plan('a b c', 'a>b b>c'), says }, {})
    expect(output).toMatchObject({ topology: 'sequential', consistency: null, answer: { said: 'merged' } })
    expect(idsOf(work)).toEqual(['a', 'b', 'c'])
    expect(work[2]).toMatchObject({
      objective: 'Do c {"said":"words of b"}',
      earlier: [{ id: 'b', agent: 'bob', output: { said: 'words of b' } }],
    })
    expect(inputsOf('lead', 'arbiter')).toEqual([])
  })

  it('runs a diamond in layers: each sees all the layers before it', async () => {
    const { output, work } = await play({ plans: () => plan('a b c d', 'a>b a>c b>d c>d') }, {})
    expect(output).toMatchObject({ topology: 'hybrid', consistency: 1 })
    expect(idsOf(work).slice(0, 1)).toEqual(['a'])
    expect(['a', 'b', 'c', 'd'].map((id) => earlierOf(work, id))).toEqual([[], ['a'], ['a'], ['a', 'b', 'c']])
  })

  it('has a lead brief each layer of what hangs together closely', async () => {
    const wide = plan('r a b c d e', 'r>a r>b r>c r>d r>e')
    const { output, work, inputsOf } = await play({ plans: () => wide }, {})
    expect(output).toMatchObject({ topology: 'hierarchical', consistency: 1, gaps: [] })
    expect(idsOf(work)[0]).toBe('r')
    expect(work.map(({ id, brief }) => `${id}: ${brief}`).sort()).toEqual(
      ['a', 'b', 'c', 'd', 'e', 'r'].map((id) => `${id}: mind ${id}`),
    )
    expect(inputsOf('lead')).toMatchObject([
      { parts: [{ id: 'r' }], done: [] },
      { parts: ['a', 'b', 'c', 'd', 'e'].map((id) => ({ id })), done: [{ id: 'r', summary: expect.any(String) }] },
    ])
  })

  it('runs without a lead as hybrid, and says so', async () => {
    const wide = plan('r a b c d e', 'r>a r>b r>c r>d r>e')
    const { output, inputsOf } = await play({ plans: () => wide }, { lead: undefined } as never)
    expect(output).toMatchObject({ topology: 'hybrid' })
    expect(inputsOf('lead')).toEqual([])
  })

  it('tells what runs beside another nothing but its objective', async () => {
    const star = plan('r a b c d', 'r>a r>b r>c r>d', 'weak')
    const { output, work } = await play({ plans: () => star }, {})
    expect(output).toMatchObject({ topology: 'parallel' })
    expect(work.find(({ id }) => id === 'a')).toMatchObject({
      objective: 'Do a (what r finds, not known here: Do r)',
      earlier: [],
    })
  })
})

describe('a plan that does not fit', () => {
  const nobody = () => {
    const { parts, ...rest } = plan('a b')
    return { ...rest, parts: parts.map((part) => ({ ...part, agent: 'admin' })) }
  }

  it('goes back with what is wrong, and the repaired one is carried out', async () => {
    const plans = ({ refused }: PlannerInput) => (refused === null ? nobody() : plan('a b'))
    const { output, inputsOf } = await play({ plans }, {})
    expect(output).toMatchObject({ topology: 'parallel', gaps: [] })
    const [, second] = inputsOf('planner') as unknown as PlannerInput[]
    expect(second?.refused?.problems).toEqual([
      'there is no agent "admin", only ann, bob',
      'there is no agent "admin", only ann, bob',
    ])
    expect(second?.refused?.plan?.parts).toHaveLength(2)
  })

  it.each([
    ['names an agent that does not exist', nobody, /there is no agent \\"admin\\", only ann, bob/],
    ['has more parts than there may be', () => plan('a b c d e'), /5 parts, and there may be 4/],
    ['is deeper than it may be', () => plan('a b c', 'a>b b>c'), /3 parts wait for each other in a row, and 2 may/],
    ['is wider than it may be', () => plan('a b c'), /3 parts need none of each other, and 2 may/],
    ['is no graph without a circle', () => plan('a b', 'a>b b>a'), /a, b wait for each other/],
  ])('ends the run with nothing done where, after two repairs, it still %s', async (_, plans, problem) => {
    const { outcome, work, inputsOf } = await play({ plans }, { envelope: { parts: 4, depth: 2, width: 2 } })
    expect(outcome).toMatchObject({ status: 'FAILED', error: 'Stopped.undecided' })
    expect(outcome.cause).toMatch(problem)
    expect(outcome.cause).toMatch(/nothing was done/)
    expect(inputsOf('planner')).toHaveLength(3)
    expect(work).toEqual([])
  })

  it('never comes where the planner itself fails: the run fails as it does', async () => {
    const { outcome, work } = await play({ plans: () => new FunctionError('Boom', 'no model') }, {})
    expect(outcome).toMatchObject({ status: 'FAILED', cause: expect.stringContaining('no model') })
    expect(work).toEqual([])
  })
})

describe('outputs that do not agree', () => {
  const differ = ({ id }: PartAssignment) => `${id}${id}${id} alone`.replace('alone', `only-${id}-knows`)
  const weak = plan('r a b c d', 'r>a r>b r>c r>d', 'weak')

  it('are arbitrated, and the answer stands where it agrees with them', async () => {
    const { output, inputsOf } = await play(
      { plans: () => plan('a b'), says: ({ id }) => `${id}${id} shared words`, arbitrates: 'shared words' },
      { agreement: 0.7 },
    )
    expect(output).toMatchObject({ answer: { said: 'shared words' }, reroutes: 0, unresolved: false })
    expect(inputsOf('arbiter')).toMatchObject([{ how: 'arbitrate', parts: [{ id: 'a' }, { id: 'b' }] }])
    expect(inputsOf('editor')).toEqual([])
  })

  it('get another shape where it does not; what has the same input is not done again', async () => {
    const says = (task: PartAssignment) => (task.earlier.length > 0 ? 'agreed words here' : `${task.id}${task.id}`)
    const { output, work, inputsOf } = await play({ plans: () => weak, says }, { agreement: 0.3 })
    expect(idsOf(work).sort()).toEqual(['a', 'a', 'b', 'b', 'c', 'c', 'd', 'd', 'r'])
    expect(output).toMatchObject({ topology: 'hybrid', reroutes: 1, unresolved: false, answer: { said: 'merged' } })
    expect(output['consistency']).toBeCloseTo(0.6)
    expect(inputsOf('arbiter')).toMatchObject([{ topology: 'parallel' }])
  })

  it('end unresolved, never silent, with what the arbiter said last', async () => {
    const { output, inputsOf } = await play({ plans: () => weak, says: differ }, {})
    expect(output).toMatchObject({ answer: { said: 'elsewhere' }, topology: 'hybrid', reroutes: 1, unresolved: true })
    expect(inputsOf('arbiter')).toHaveLength(2)
  })

  it('end at once where there is no other shape, or none may be tried', async () => {
    const flat = await play({ plans: () => plan('a b'), says: differ }, {})
    expect(flat.output).toMatchObject({ topology: 'parallel', reroutes: 0, unresolved: true })
    const none = await play({ plans: () => weak, says: differ }, { reroutes: 0 })
    expect(none.output).toMatchObject({ topology: 'parallel', reroutes: 0, unresolved: true })
    expect(none.inputsOf('arbiter')).toHaveLength(1)
  })

  it('are arbitrated by the synthesizer where nobody else is named', async () => {
    const { inputsOf } = await play({ plans: () => plan('a b'), says: differ }, { arbiter: undefined } as never)
    expect(inputsOf('editor')).toMatchObject([{ how: 'arbitrate' }])
  })
})

describe('members that fail', () => {
  const boom = new FunctionError('Boom', 'the tool broke')

  it('are gaps, and who builds on them is told', async () => {
    const says = ({ id }: PartAssignment) => (id === 'b' ? boom : 'fine')
    const { output, work, inputsOf } = await play({ plans: () => plan('a b c', 'a>b b>c'), says }, {})
    const gap = { id: 'b', agent: 'bob', objective: `Do b \${a}`, reason: 'the tool broke' }
    expect(output).toMatchObject({ parts: [{ id: 'a' }, { id: 'c' }], gaps: [gap] })
    expect(work[2]).toMatchObject({ id: 'c', earlier: [], missing: [{ id: 'b', reason: 'the tool broke' }] })
    expect(inputsOf('editor')).toMatchObject([{ gaps: [gap] }])
  })

  it('end the run where nobody gave anything', async () => {
    const { outcome } = await play({ plans: () => plan('a b'), says: () => boom }, {})
    expect(outcome).toMatchObject({ status: 'FAILED', error: 'Stopped.undecided' })
    expect(outcome.cause).toMatch(/no part of the plan gave anything: a: the tool broke/)
  })
})

describe('a declaration', () => {
  const least = { planner, members: [ann], synthesizer: editor, input: {} }

  it.each([
    ['a planner that plans nothing', { planner: arbiter }, /its output is no TaskPlan/],
    ['a lead that briefs nobody', { lead: arbiter }, /its output is no PartBriefs/],
    ['a member that is there twice', { members: [ann, ann] }, /ann is there twice/],
    ['no input', { input: undefined }, /what is asked for is missing/],
    ['more re-routes than five', { reroutes: 6 }, /set reroutes to 0 to 5/],
    ['nobody to do it', { members: [] }, /at least one member/],
  ])('is refused with %s', (_, wrong, problem) => {
    expect(() => adaptive('team', { ...least, lead, ...wrong } as never)).toThrow(problem)
  })
})
