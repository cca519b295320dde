/** Workflows that a planner shapes: one with a lead, an arbiter and members of both kinds, one with the least there may be. */
import * as z from 'zod'
import { adaptive } from '../../src/define/adaptive.ts'
import { defineAgent } from '../../src/define/agent.ts'
import { from, sequence, step } from '../../src/define/patterns.ts'
import { defineTeam } from '../../src/define/team.ts'
import { defineWorkflow } from '../../src/define/workflow.ts'
import {
  PartAssignment,
  PartBriefs,
  PartLeadInput,
  PlannerInput,
  SynthesisInput,
  TaskPlan,
} from '../../src/schema/adaptation.ts'

const common = { version: '1.0.0', goal: 'Does its part.', instructions: 'Do it.', model: { id: 'any' } }
const Findings = z.object({ summary: z.string() })
const Question = z.object({ question: z.string() })

const planner = defineAgent({ ...common, name: 'planner', role: 'Planner', input: PlannerInput, output: TaskPlan })
const lead = defineAgent({ ...common, name: 'lead', role: 'Lead', input: PartLeadInput, output: PartBriefs })
const analyst = defineAgent({ ...common, name: 'analyst', role: 'Member', input: PartAssignment, output: Findings })
const searcher = defineAgent({ ...common, name: 'searcher', role: 'Member', input: PartAssignment, output: Findings })
const critic = defineAgent({ ...common, name: 'critic', role: 'Critic', input: Findings, output: Findings })
const editor = defineAgent({ ...common, name: 'editor', role: 'Editor', input: SynthesisInput, output: Findings })
const arbiter = defineAgent({ ...common, name: 'arbiter', role: 'Arbiter', input: SynthesisInput, output: Findings })

const checked = defineWorkflow({
  name: 'checked',
  version: '1.0.0',
  description: 'Searches, and has what it found checked.',
  input: PartAssignment,
  output: Findings,
  steps: ({ run }) => {
    const found = step('search', searcher, { input: run.input })
    return sequence(found, step('check', critic, { input: from(found) }))
  },
})

const inquiry = defineWorkflow({
  name: 'inquiry',
  version: '1.0.0',
  input: Question,
  output: z.unknown(),
  steps: ({ run }) =>
    adaptive('inquiry', {
      ...{ planner, lead, members: [analyst, checked], synthesizer: editor, arbiter, input: run.input },
      envelope: { parts: 8, depth: 4, width: 4 },
    }),
})

const note = defineWorkflow({
  name: 'note',
  version: '1.0.0',
  input: Question,
  output: z.unknown(),
  steps: ({ run }) =>
    adaptive('note', {
      ...{ planner, members: [analyst], synthesizer: editor, input: run.input, reroutes: 0 },
      envelope: { parts: 3, depth: 2, width: 2 },
    }),
})

export default defineTeam({
  name: 'adaptive',
  agents: [planner, lead, analyst, searcher, critic, editor, arbiter],
  workflows: [inquiry, note, checked],
})
