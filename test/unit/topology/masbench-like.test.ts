import { describe, expect, it } from 'vitest'
import type { TaskPlan } from '../../../src/schema/task-plan.ts'
import { checkTaskPlan } from '../../../src/topology/check-plan.ts'
import { layersOf, measure } from '../../../src/topology/metrics.ts'
import { route } from '../../../src/topology/route.ts'
import { chainSuccess, checkedStepError, selfConsistency, varianceBound } from './closed-forms.ts'
import { seeded } from './graphs.ts'
import { AXES, type Axis, answerOf, axesOf, masbenchLike, planOf, solve } from './masbench-like.ts'
import { runLayers } from './run-layers.ts'

const VALUES = Array.from({ length: 11 }, (_, index) => index + 2)
const SEEDS = [1, 2, 3]
const STRICT = { mode: 'strict', width: 'exact' } as const
const ENVELOPE = { agents: ['solver'], parts: 100, depth: 100, width: 100 }

const problems = (axis: Axis) =>
  VALUES.flatMap((value) => SEEDS.map((seed) => ({ value, problem: masbenchLike(axis, value, seed) })))

describe.each(AXES)('generated problems, %s', (axis) => {
  it('have the value asked for, by their graph, and are the same for the same seed', () => {
    for (const { value, problem } of problems(axis)) expect(axesOf(problem)[axis]).toBe(value)
    expect(masbenchLike(axis, 5, 1)).toEqual(masbenchLike(axis, 5, 1))
    expect(masbenchLike(axis, 5, 1)).not.toEqual(masbenchLike(axis, 5, 2))
  })

  it('are solved by agents that make no errors, in the shape that the router gives', async () => {
    for (const { problem } of problems(axis)) {
      const plan = planOf(problem)
      expect(checkTaskPlan(plan, ENVELOPE)).toEqual([])
      const { outputs } = await runLayers(plan, route(plan, STRICT).layers, answerOf)
      expect([...outputs].toSorted()).toEqual([...solve(problem)].toSorted())
    }
  })

  it('take no longer than in any fixed shape, and as long as the heaviest path where all cost the same', async () => {
    const random = seeded(6)
    for (const { problem } of problems(axis)) {
      const costly = planOf(problem, () => 1 + Math.floor(random() * 9))
      expect(await secondsOf(costly)).toBeLessThanOrEqual(await bestFixed(costly))
      const equal = planOf(problem)
      expect(await secondsOf(equal)).toBe(measure(equal).heaviest)
    }
  })
})

async function secondsOf(plan: TaskPlan): Promise<number> {
  return (await runLayers(plan, route(plan, STRICT).layers, answerOf)).seconds
}

/** One after the other, or by layers; side by side only where nothing is used. */
async function bestFixed(plan: TaskPlan): Promise<number> {
  const layers = layersOf(plan)
  const shapes = [layers, layers.flat().map((id) => [id]), ...(plan.edges.length === 0 ? [[layers.flat()]] : [])]
  const ran = await Promise.all(shapes.map((shape) => runLayers(plan, shape, answerOf)))
  return Math.min(...ran.map(({ seconds }) => seconds))
}

it('a note beside a part is false, and misleads an agent that believes it', async () => {
  for (const { problem } of problems('robustness')) {
    const plan = planOf(problem)
    const exact = solve(problem)
    const { outputs } = await runLayers(plan, layersOf(plan), (text) => answerOf(text, { believesNotes: true }))
    for (const { id, note } of problem.variables)
      if (note !== undefined) expect(outputs.get(id)).not.toBe(exact.get(id))
  }
})

describe('agents that err', () => {
  const RUNS = 4_000
  const [error, steps, recall] = [0.1, 6, 0.9]
  const problem = masbenchLike('depth', steps, 1)
  const plan = planOf(problem)
  const { layers } = route(plan, STRICT)
  const exact = solve(problem).get(problem.asked[0] ?? '')

  async function measured(work: (objective: string) => number): Promise<number> {
    let right = 0
    for (let run = 0; run < RUNS; run += 1) {
      const { outputs } = await runLayers(plan, layers, work)
      if (outputs.get(problem.asked[0] ?? '') === exact) right += 1
    }
    return right / RUNS
  }

  const within = (expected: number) => 3 * Math.sqrt((expected * (1 - expected)) / RUNS)

  it('come to (1 − ε)^d over a chain', async () => {
    const expected = chainSuccess(error, steps)
    expect(expected).toBeCloseTo(0.5314, 4)
    const random = seeded(7)
    // An error only ever adds, so that two of them do not cancel out.
    const rate = await measured((text) => answerOf(text) + (random() < error ? 1_000 : 0))
    expect(Math.abs(rate - expected)).toBeLessThan(within(expected))
  })

  it('come to less where another agent checks each step', async () => {
    const failure = checkedStepError(error, recall)
    const expected = chainSuccess(failure, steps)
    expect([failure, expected]).toEqual([expect.closeTo(0.019, 10), expect.closeTo(0.8913, 4)])
    const random = seeded(8)
    const tried = (text: string) => answerOf(text) + (random() < error ? 1_000 : 0)
    const rate = await measured((text) => {
      const first = tried(text)
      return first !== answerOf(text) && random() < recall ? tried(text) : first
    })
    expect(Math.abs(rate - expected)).toBeLessThan(within(expected))
  })

  it.each([
    [1, 'same'],
    [2, 'apart'],
    [3, 'same'],
    [3, 'apart'],
    [5, 'apart'],
  ] as const)('alone, %d times over, wrong ones %s, come to what the vote gives', (tries, wrong) => {
    const success = chainSuccess(error, steps)
    const expected = selfConsistency(success, tries, wrong)
    const random = seeded(9 + tries)
    let right = 0
    for (let run = 0; run < RUNS; run += 1) {
      const answers = Array.from({ length: tries }, (_, one) =>
        random() < success ? 0 : wrong === 'same' ? 1 : 1 + one,
      )
      const counts = answers.map((answer) => answers.filter((other) => other === answer).length)
      const first = [...new Set(answers.filter((_, one) => counts[one] === Math.max(...counts)))]
      if (first[Math.floor(random() * first.length)] === 0) right += 1
    }
    expect(Math.abs(right / RUNS - expected)).toBeLessThan(within(expected))
  })
})

it.each([
  [3, 0.4, 6, 0.05, 24],
  [3.4, 0.35, 5, 0.05, 48.67],
  [1, 0.5, 5, 0.05, 0],
])('bound of proposition 1 at ω %d, γ %d, k %d, ε %d: %d', (width, coupling, answers, error, expected) => {
  expect(varianceBound(width, coupling, answers, error)).toBeCloseTo(expected, 2)
})

it('the ticket of the router is 4 deep, 2 broad, in 2 parts', () => {
  const uses: Readonly<Record<string, readonly string[]>> = { v3: ['v2'], v4: ['v3'], v5: ['v2', 'v4'], v6: ['v1'] }
  const variables = ['v1', 'v2', 'v3', 'v4', 'v5', 'v6'].map((id) => ({
    ...{ id, by: 1, operation: 'sum' as const, of: uses[id] ?? [] },
  }))
  expect(axesOf({ variables, asked: ['v5', 'v6'] })).toMatchObject({ depth: 4, breadth: 2, parallel: 2, horizon: 2 })
})
