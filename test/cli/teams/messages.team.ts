/** A writer that asks two reviewers, who answer it: everything that they say to each other goes by messages. */
import { defineAgent, defineMessage, defineTeam, defineWorkflow, parallel, sequence, step } from 'baton'
import * as z from 'zod'

const Request = defineMessage({
  name: 'reviewRequest',
  description: 'Asks for a review of a text.',
  body: z.strictObject({ text: z.string() }),
})
const Verdict = defineMessage({
  name: 'verdict',
  description: 'What a review found.',
  body: z.strictObject({ accepted: z.boolean() }),
})

const shape = {
  ...{ version: '1.0.0', role: 'Clerk', goal: 'Work.', instructions: 'Work.', model: { id: 'model-a' } },
  ...{ input: z.object({}), output: z.string() },
}
const writer = defineAgent({
  ...shape,
  name: 'writer',
  sends: { ann: [Request], bob: [Request] },
  receives: { ann: [Verdict], bob: [Verdict] },
})
const [ann, bob] = (['ann', 'bob'] as const).map((name) =>
  defineAgent({ ...shape, name, sends: { writer: [Verdict] }, receives: { writer: [Request] } }),
) as [typeof writer, typeof writer]

const reviewing = defineWorkflow({
  name: 'reviewing',
  version: '1.0.0',
  input: z.object({}),
  output: z.string(),
  steps: () =>
    sequence(
      step('ask', writer, { input: {} }),
      parallel('review', { ann: step('ann', ann, { input: {} }), bob: step('bob', bob, { input: {} }) }),
      step('collect', writer, { input: {} }),
    ),
})

export default defineTeam({ name: 'reviews', agents: [writer, ann, bob], workflows: [reviewing] })
