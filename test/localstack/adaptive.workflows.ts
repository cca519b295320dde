/** A team that its plan shapes. What its models answer is in support/patterns-model.ts. */
import { adaptive, defineAgent, defineWorkflow, PlannerInput, TaskPlan } from 'baton'
import * as z from 'zod'
import { joiner } from './patterns.agents.ts'

const common = { version: '1.0.0', goal: 'Shows a pattern.', instructions: 'Do it.', model: { id: 'any.model-v1:0' } }

/** Plans the graph that the word spells: `a a>b`; the last word says how closely its edges couple. */
const shaper = defineAgent({ ...common, name: 'shaper', role: 'Planner', input: PlannerInput, output: TaskPlan })

export const SHAPERS = [shaper]

const shaping = defineWorkflow({
  name: 'shaping',
  version: '1.0.0',
  input: z.object({ word: z.string() }),
  output: z.unknown(),
  steps: ({ run }) =>
    adaptive('shape', {
      ...{ planner: shaper, members: [joiner], synthesizer: joiner, input: run.input },
      ...{ envelope: { parts: 5, depth: 3, width: 4 }, agreement: 0.9 },
    }),
})

export const SHAPED = [shaping]
