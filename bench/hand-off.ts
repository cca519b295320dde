/** A task passed on from agent to agent against as many plain steps in a row, in memory: what a hand-off costs beside its step. */
import * as z from 'zod'
import { defineAgent } from '../src/define/agent.ts'
import { handoffs } from '../src/define/handoffs.ts'
import { defineTeam } from '../src/define/team.ts'
import { defineWorkflow } from '../src/define/workflow.ts'
import type { Model } from '../src/models/model.ts'
import { figure, heading } from './report.ts'
import { benchModel, inputOf, inSequence, measure, median } from './team.ts'

/** As many as one pattern may have. */
const STEPS = 20
const ROUNDS = 15

const input = z.object({ n: z.number() })
const common = {
  version: '1.0.0',
  role: 'Peer',
  goal: 'Be measured.',
  instructions: 'Answer.',
  model: { id: 'turns-1' },
}
const agents = ['left', 'right'].map((name) =>
  defineAgent({ ...common, name, input, output: z.object({ ok: z.boolean() }) }),
)
const passing = defineWorkflow({
  name: 'passing',
  version: '1.0.0',
  input: z.object({ n: z.number() }),
  output: z.any(),
  steps: ({ run }) => handoffs('pass', { agents, input: run.input, max: STEPS, repeats: STEPS }),
})
const team = defineTeam({ name: 'bench', agents, workflows: [passing] })

heading(`${STEPS} steps one after the other, in memory`)
const plain: number[] = []
const passed: number[] = []
for (let round = 0; round <= ROUNDS; round++) {
  const steps = await measure(inSequence(STEPS), inputOf(1), { memory: true })
  const hops = await measure(team, { n: 1 }, { memory: true, model: passingModel() })
  if (hops.run.usage?.turns !== STEPS) throw new Error(`the task was passed on ${hops.run.usage?.turns} times`)
  // The first one warms up.
  if (round === 0) continue
  plain.push(steps.ms)
  passed.push(hops.ms)
}
figure('a plain step', median(plain) / STEPS, 'ms')
figure('a step that passes the task on', median(passed) / STEPS, 'ms')
figure('against a plain step', median(passed) / median(plain), '×')

/** Passes it on to the other one, as long as there are steps left. */
function passingModel(): Model {
  const model = benchModel()
  let calls = 0
  return {
    ...model,
    async call(request, context) {
      calls += 1
      const response = await model.call(request, context)
      if (calls === STEPS) return response
      const to = calls % 2 === 1 ? 'right' : 'left'
      const use = { name: 'submit_output', input: { handoff: { to, message: 'yours', reason: 'it is your turn' } } }
      return { ...response, content: [{ type: 'toolUse', id: `use-${calls}`, ...use }] }
    },
  }
}
