/** Workflows in which agents disagree: every rule of `resolve`, alone and nested, with and without a person. */
import * as z from 'zod'
import { defineAgent } from '../../src/define/agent.ts'
import { eq } from '../../src/define/expressions.ts'
import { choose, forEach, from, parallel, sequence, step, when } from '../../src/define/patterns.ts'
import { days, hours } from '../../src/define/people.ts'
import { resolve } from '../../src/define/resolve.ts'
import { by } from '../../src/define/resolve-by.ts'
import { defineTeam } from '../../src/define/team.ts'
import { defineWorkflow } from '../../src/define/workflow.ts'
import { JudgeInput, JudgeVerdict } from '../../src/schema/resolve.ts'

const common = { version: '1.0.0', goal: 'Says what it thinks.', instructions: 'Say so.', model: { id: 'any' } }
const Claim = z.object({ claim: z.string() })
const Review = z.object({ verdict: z.enum(['publish', 'reject']), confidence: z.number(), reason: z.string() })
const Draft = z.object({ draft: z.string() })

const reviewer = (name: string, role: string) => defineAgent({ ...common, name, role, input: Claim, output: Review })
const critic = reviewer('critic', 'Critic')
const checker = reviewer('checker', 'Fact checker')
const lawyer = reviewer('lawyer', 'Lawyer')
const chief = reviewer('chief', 'Editor in chief')
const supervisor = defineAgent({
  ...common,
  name: 'supervisor',
  role: 'Editor in chief',
  input: z.looseObject({ reason: z.string().optional() }),
  output: Review,
})
const writer = defineAgent({ ...common, name: 'writer', role: 'Writer', input: Claim, output: Draft })
const judge = defineAgent({ ...common, name: 'judge', role: 'Judge', input: JudgeInput, output: JudgeVerdict })

const voters = [critic, checker, lawyer] as const

/** A vote, whose ties and thin margins go to a person. */
const vote = defineWorkflow({
  name: 'vote',
  version: '1.0.0',
  input: Claim,
  output: z.unknown(),
  limits: { seconds: days(7) },
  steps: ({ run }) => {
    const check = resolve('check', voters, {
      by: by.vote({ quorum: 2, margin: 0.3 }),
      on: 'verdict',
      confidence: 'confidence',
      input: run.input,
      escalate: { role: 'editor', expires: hours(8) },
    })
    return sequence(
      check,
      choose('publish', [when(eq(from(check).value.verdict, 'publish'), step('write', writer, { input: run.input }))]),
    )
  },
})

/** The surest wins, for each claim for itself; what is undecided is left out. */
const claims = defineWorkflow({
  name: 'claims',
  version: '1.0.0',
  input: z.object({ claims: z.array(z.string()) }),
  output: z.unknown(),
  steps: ({ run }) =>
    forEach(
      'each',
      run.input.claims,
      (claim) =>
        resolve('surest', voters, {
          by: by.confidence({ margin: 0.1 }),
          on: 'verdict',
          input: { claim },
          otherwise: { value: null },
        }),
      { max: 5 },
    ),
})

/** Two drafts that are there, and a judge; in the same breath a veto, a rank and a supervisor. */
const drafts = defineWorkflow({
  name: 'drafts',
  version: '1.0.0',
  input: Claim,
  output: z.unknown(),
  limits: { seconds: days(7) },
  steps: ({ run }) => {
    const both = parallel('both', {
      long: step('long', writer, { input: run.input }),
      short: step('short', writer, { input: run.input }),
    })
    return sequence(
      both,
      parallel('settled', {
        draft: resolve(
          'draft',
          { long: from(both).long, short: from(both).short },
          {
            by: by.judge(judge, { margin: 0.1 }),
            escalate: { role: 'editor', expires: days(1) },
          },
        ),
        law: resolve('law', voters, {
          by: by.veto({ who: ['lawyer'], value: 'reject', then: by.vote({ weights: { checker: 2 } }) }),
          on: 'verdict',
          input: run.input,
          otherwise: 'undecided',
        }),
        rank: resolve('rank', { chief, critic }, { by: by.authority(['chief', 'critic']), input: run.input }),
        over: resolve(
          'over',
          { one: critic, two: critic },
          { by: by.supervisor(supervisor), on: 'verdict', input: run.input },
        ),
      }),
    )
  },
})

export default defineTeam({
  name: 'conflict',
  agents: [critic, checker, lawyer, chief, supervisor, writer, judge],
  workflows: [vote, claims, drafts],
  roles: { editor: ['local:ann', 'local:bob'] },
})
