/** The router, and what its shapes come to on generated task graphs, on a virtual clock. */
import { measure } from '../src/topology/metrics.ts'
import { route } from '../src/topology/route.ts'
import { chainSuccess, checkedStepCost, checkedStepError, selfConsistency } from '../test/unit/topology/closed-forms.ts'
import { randomGraph, seeded } from '../test/unit/topology/graphs.ts'
import { AXES, answerOf, masbenchLike, planOf } from '../test/unit/topology/masbench-like.ts'
import { runLayers } from '../test/unit/topology/run-layers.ts'
import { figure, heading } from './report.ts'
import { median } from './team.ts'

const PARTS = 200
const GRAPHS = 500
const WARM_UP = 50
const ROUNDS = 9
const SEEDS = 20
const STRICT = { mode: 'strict', width: 'exact' } as const

heading(`topology, ${GRAPHS} random graphs of ${PARTS} parts`)
const random = seeded(1)
// One graph at a time, so that what is timed is not the garbage collector among millions of edges. The first ones warm up.
const timed = Array.from({ length: WARM_UP + GRAPHS }, () => {
  const graph = randomGraph(random, PARTS, random() ** 3)
  return Array.from({ length: ROUNDS }, () => {
    const begun = performance.now()
    route(graph, STRICT)
    return performance.now() - begun
  })
}).slice(WARM_UP)
const medians = timed.map(median)
figure('routing, median', median(medians), 'ms')
figure(`routing, p99 of the graphs, each by the median of ${ROUNDS}`, p99(medians), 'ms', 5)
figure('routing, p99 of all calls, with what else the machine does', p99(timed.flat()), 'ms', 5)

function p99(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.ceil(values.length * 0.99) - 1] ?? 0
}

const ran: { readonly toSequential: number; readonly toHeaviest: number; readonly toHeaviestEqual: number }[] = []
for (const axis of AXES) {
  for (let value = 2; value <= 12; value += 1) {
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const problem = masbenchLike(axis, value, seed)
      const plan = planOf(problem, () => 1 + Math.floor(random() * 9))
      const equal = planOf(problem)
      const { seconds } = await runLayers(plan, route(plan, STRICT).layers, answerOf)
      const { seconds: secondsEqual } = await runLayers(equal, route(equal, STRICT).layers, answerOf)
      const sequential = plan.parts.reduce((sum, { weight }) => sum + weight, 0)
      ran.push({
        toSequential: seconds / sequential,
        toHeaviest: seconds / measure(plan).heaviest,
        toHeaviestEqual: secondsEqual / measure(equal).heaviest,
      })
    }
  }
}
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
heading(`topology, ${ran.length} generated problems, five axes from 2 to 12, costs from 1 to 9, on a virtual clock`)
figure('critical path against one after the other, mean', mean(ran.map(({ toSequential }) => toSequential)), '×')
figure('the same, worst', Math.max(...ran.map(({ toSequential }) => toSequential)), '×', 1)
figure('critical path against the heaviest path, mean', mean(ran.map(({ toHeaviest }) => toHeaviest)), '×')
figure('the same, worst', Math.max(...ran.map(({ toHeaviest }) => toHeaviest)), '×')
figure('the same where all parts cost the same, worst', Math.max(...ran.map((each) => each.toHeaviestEqual)), '×', 1)

const [error, steps, recall] = [0.1, 6, 0.9]
const one = chainSuccess(error, steps)
const tries = Math.ceil(checkedStepCost(error, recall))
heading(`topology, ${steps} steps that fail one time in ten: closed forms, no model is measured`)
figure('right, each step once', one, '')
figure(
  `each step checked (recall ${recall}), at ${checkedStepCost(error, recall)} × the cost`,
  chainSuccess(checkedStepError(error, recall), steps),
  '',
)
figure(
  `one agent, ${tries} tries and a vote, at ${tries} × the cost: at worst`,
  selfConsistency(one, tries, 'same'),
  '',
)
figure('the same where no two wrong answers are alike', selfConsistency(one, tries, 'apart'), '')
