/** An adaptive team whose agents are functions of the test. */
import { expect } from 'vitest'
import * as z from 'zod'
import { adaptive } from '../../../src/define/adaptive.ts'
import { defineAgent } from '../../../src/define/agent.ts'
import { defineTeam } from '../../../src/define/team.ts'
import { defineWorkflow } from '../../../src/define/workflow.ts'
import {
  PartAssignment,
  PartBriefs,
  PartLeadInput,
  PlannerInput,
  SynthesisInput,
  TaskPlan,
} from '../../../src/schema/adaptation.ts'
import type { Json } from '../../../src/schema/json.ts'
import type { StepInput } from '../../../src/schema/step.ts'
import { validate } from '../../../src/workflow/validate.ts'
import { completed, runWorkflow } from './run-workflow.ts'

const common = { version: '1.0.0', role: 'Agent', goal: 'Works.', instructions: 'Work.', model: { id: 'any' } }
const Said = z.object({ said: z.string() })
export const planner = defineAgent({ ...common, name: 'planner', input: PlannerInput, output: TaskPlan })
export const lead = defineAgent({ ...common, name: 'lead', input: PartLeadInput, output: PartBriefs })
const member = (name: string) => defineAgent({ ...common, name, input: PartAssignment, output: Said })
export const [ann, bob] = [member('ann'), member('bob')]
export const editor = defineAgent({ ...common, name: 'editor', input: SynthesisInput, output: Said })
export const arbiter = defineAgent({ ...common, name: 'arbiter', input: SynthesisInput, output: Said })

type Coupling = TaskPlan['edges'][number]['coupling']

/** @param edges e.g. `a>b` */
export function plan(ids: string, edges = '', coupling: Coupling = 'strong'): TaskPlan {
  const pairs = edges === '' ? [] : edges.split(' ').map((edge) => edge.split('>') as [string, string])
  const parts = ids.split(' ').map((id, index) => {
    const needs = pairs.filter(([, to]) => to === id).map(([from]) => ` \${${from}}`)
    return { id, agent: index % 2 === 0 ? 'ann' : 'bob', objective: `Do ${id}${needs.join('')}`, weight: 1 }
  })
  return { parts, edges: pairs.map(([from, to]) => ({ from, to, coupling })), reason: 'because' }
}

interface Play {
  readonly plans?: (input: PlannerInput) => TaskPlan | Error
  readonly says?: (task: PartAssignment, agent: string) => string | Error
  readonly arbitrates?: string
}
type Options = Partial<Parameters<typeof adaptive<typeof ann, typeof editor, typeof arbiter>>[1]>

export async function play(
  { plans, says = () => 'all the same words', arbitrates = 'elsewhere' }: Play,
  options: Options,
) {
  const main = defineWorkflow({
    name: 'main',
    version: '1.0.0',
    input: z.object({ question: z.string() }),
    output: z.unknown(),
    steps: ({ run }) =>
      adaptive('team', {
        ...{ planner, lead, members: [ann, bob], synthesizer: editor, arbiter, input: run.input },
        ...options,
      }),
  })
  const team = defineTeam({ name: 'shaped', agents: [planner, lead, ann, bob, editor, arbiter], workflows: [main] })
  expect(validate(team)).toEqual([])
  const asked: { agent: string; input: Json }[] = []
  const answer = ({ agent, input }: StepInput) => {
    asked.push({ agent, input: input as Json })
    const given = input as unknown
    if (agent === 'planner') {
      const made = plans?.(given as PlannerInput) ?? plan('a')
      return made instanceof Error ? made : completed(made as unknown as Json)
    }
    if (agent === 'lead') {
      const { parts } = given as PartLeadInput
      return completed({ briefs: parts.map(({ id }) => ({ id, brief: `mind ${id}` })) })
    }
    if (agent === 'editor') return completed({ said: 'merged' })
    if (agent === 'arbiter') return completed({ said: arbitrates })
    const said = says(given as PartAssignment, agent)
    return said instanceof Error ? said : completed({ said })
  }
  const outcome = await runWorkflow(team, 'main', { question: 'How?' }, answer)
  const inputsOf = (...agents: string[]) => asked.filter((one) => agents.includes(one.agent)).map(({ input }) => input)
  const work = inputsOf('ann', 'bob') as unknown as PartAssignment[]
  return { outcome, output: outcome.output as Record<string, Json>, asked, inputsOf, work }
}
