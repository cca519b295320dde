/** A panel that votes by how sure each is, and an editor for what stays open. */
import { by, defineAgent, defineTeam, defineWorkflow, resolve } from 'baton'
import * as z from 'zod'

const common = { version: '1.0.0', goal: 'Review.', instructions: 'Say what you think.', model: { id: 'any' } }
const Claim = z.object({ claim: z.string() })
const Review = z.object({ verdict: z.enum(['publish', 'reject']), confidence: z.number(), reason: z.string() })

const reviewer = (name: string) => defineAgent({ ...common, name, role: 'Reviewer', input: Claim, output: Review })
const [critic, checker, lawyer] = [reviewer('critic'), reviewer('checker'), reviewer('lawyer')]

const review = defineWorkflow({
  name: 'review',
  version: '1.0.0',
  input: Claim,
  output: z.unknown(),
  limits: { seconds: 7 * 86_400 },
  steps: ({ run }) =>
    resolve('check', [critic, checker, lawyer], {
      by: by.confidence({ margin: 0.2 }),
      on: 'verdict',
      input: run.input,
      escalate: { role: 'editor' },
    }),
})

export default defineTeam({
  name: 'panel',
  agents: [critic, checker, lawyer],
  workflows: [review],
  roles: { editor: ['local:ann'] },
})
