/** A lead and those who work for it. What their models answer is in support/patterns-model.ts. */
import { Assignment, defineAgent, defineWorkflow, ReportInput, SupervisorInput, SupervisorPlan, supervise } from 'baton'
import * as z from 'zod'

const common = { version: '1.0.0', goal: 'Shows a pattern.', instructions: 'Do it.', model: { id: 'any.model-v1:0' } }
const Word = z.object({ word: z.string() })

/** Plans one task for each letter of the word, one of them twice; then what is a gap, again; then it is done. */
const chief = defineAgent({ ...common, name: 'chief', role: 'Lead', input: SupervisorInput, output: SupervisorPlan })

/** Does every letter but "x", which it never does. */
const scribe = defineAgent({
  ...common,
  name: 'scribe',
  role: 'Scribe',
  input: Assignment,
  output: Word,
  limits: { repairs: 0 },
})

const herald = defineAgent({
  ...common,
  name: 'herald',
  role: 'Herald',
  input: ReportInput,
  output: z.object({ told: z.string() }),
})

export const LED = [chief, scribe, herald]

const copying = defineWorkflow({
  name: 'copying',
  version: '1.0.0',
  input: Word,
  output: z.unknown(),
  steps: ({ run }) =>
    supervise('copy', { lead: chief, members: [scribe], report: herald, input: run.input, rounds: 2 }),
})

export const LEADS = [copying]
