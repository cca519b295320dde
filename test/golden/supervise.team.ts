/** Workflows with a lead: one with members of both kinds and a report, one whose members are split into groups. */
import * as z from 'zod'
import { defineAgent } from '../../src/define/agent.ts'
import { from, sequence, step } from '../../src/define/patterns.ts'
import { supervise } from '../../src/define/supervise.ts'
import { defineTeam } from '../../src/define/team.ts'
import { defineWorkflow } from '../../src/define/workflow.ts'
import { Assignment, ReportInput, SupervisorInput, SupervisorPlan } from '../../src/schema/supervision.ts'

const common = { version: '1.0.0', goal: 'Does its part.', instructions: 'Do it.', model: { id: 'any' } }
const Findings = z.object({ summary: z.string() })
const Question = z.object({ question: z.string() })

const leads = { ...common, input: SupervisorInput, output: SupervisorPlan }
const lead = defineAgent({ ...leads, name: 'lead', role: 'Lead' })
const coordinator = defineAgent({ ...leads, name: 'coordinator', role: 'Coordinator' })
const member = (name: string) => defineAgent({ ...common, name, role: 'Member', input: Assignment, output: Findings })
const analyst = member('analyst')
const searcher = member('searcher')
const critic = defineAgent({ ...common, name: 'critic', role: 'Critic', input: Findings, output: Findings })
const writer = defineAgent({
  ...common,
  name: 'writer',
  role: 'Writer',
  input: ReportInput,
  output: z.object({ report: z.string() }),
})

const checked = defineWorkflow({
  name: 'checked',
  version: '1.0.0',
  description: 'Searches, and has what it found checked.',
  input: Assignment,
  output: Findings,
  steps: ({ run }) => {
    const found = step('search', searcher, { input: run.input })
    return sequence(found, step('check', critic, { input: from(found) }))
  },
})

const study = defineWorkflow({
  name: 'study',
  version: '1.0.0',
  input: Question,
  output: z.object({ report: z.string() }),
  steps: ({ run }) =>
    supervise('study', { lead, members: [analyst, checked], report: writer, input: run.input, rounds: 2 }),
})

const specialists = Array.from({ length: 12 }, (_, index) => member(`specialist-${index + 1}`))

const survey = defineWorkflow({
  name: 'survey',
  version: '1.0.0',
  input: Question,
  output: z.unknown(),
  steps: ({ run }) => supervise('survey', { lead, coordinator, members: specialists, input: run.input, rounds: 1 }),
})

export default defineTeam({
  name: 'supervise',
  agents: [lead, coordinator, analyst, searcher, critic, writer, ...specialists],
  workflows: [study, survey, checked],
})
