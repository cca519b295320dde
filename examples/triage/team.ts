import { choose, defineAgent, defineTeam, defineTool, defineWorkflow, eq, from, sequence, step, when } from 'baton'
import * as z from 'zod'

const model = { id: 'us.anthropic.claude-haiku-4-5-20251001-v1:0', maxTokens: 1_000 }
const Ticket = z.object({ ticket: z.string().min(1).max(5_000).describe('what the customer wrote') })
const Reply = z.object({ reply: z.string().min(1).max(2_000).describe('what the customer is told') })

const findPolicy = defineTool({
  name: 'findPolicy',
  description: 'Finds the policy on a subject.',
  effect: 'read',
  input: z.object({ query: z.string().describe('the subject, in a few words') }),
  output: z.object({ text: z.string() }),
  run: async ({ query }) => ({
    text: /refund|money|return/i.test(query)
      ? 'Refunds are paid within 14 days to the card that was charged.'
      : 'We answer every question within one working day.',
  }),
})

const triage = defineAgent({
  name: 'triage',
  version: '1.0.0',
  role: 'Support triage',
  goal: 'Send each ticket to the right desk.',
  instructions: 'Choose billing for money, charges and refunds, otherwise general.',
  model,
  input: Ticket,
  output: z.object({ desk: z.enum(['general', 'billing']), reason: z.string() }),
})

const billing = defineAgent({
  name: 'billing',
  version: '1.0.0',
  role: 'Billing clerk',
  goal: 'Answer questions about money by the policy, and by nothing else.',
  instructions: 'Look up the policy first. Quote it. Promise nothing that it does not say.',
  model,
  tools: [findPolicy],
  input: Ticket,
  output: Reply,
  limits: { turns: 4, costUsd: 0.05, seconds: 60 },
})

const general = defineAgent({
  name: 'general',
  version: '1.0.0',
  role: 'Support clerk',
  goal: 'Answer the customer.',
  instructions: 'Be brief and friendly. If you cannot answer, say who will.',
  model,
  tools: [findPolicy],
  input: Ticket,
  output: Reply,
  limits: { turns: 4, costUsd: 0.05, seconds: 60 },
})

const answer = defineWorkflow({
  name: 'answer',
  version: '1.0.0',
  input: Ticket,
  output: Reply,
  limits: { costUsd: 2, seconds: 900 },
  example: { ticket: 'I was charged twice and want my money back.' },
  steps: ({ run }) => {
    const sorted = step('sort', triage, { input: run.input })
    const reply = choose(
      'desk',
      [when(eq(from(sorted).desk, 'billing'), step('bill', billing, { input: run.input }))],
      {
        otherwise: step('reply', general, { input: run.input }),
      },
    )
    return sequence(sorted, reply)
  },
})

export default defineTeam({ name: 'support', agents: [triage, billing, general], workflows: [answer] })
