/** An agent with a tool that needs a secret, and lets it slip. */
import { defineAgent, defineTeam, defineTool, defineWorkflow, step } from 'baton'
import * as z from 'zod'

const leak = defineTool({
  name: 'leak',
  description: 'Gives back what it should keep.',
  effect: 'read',
  input: z.strictObject({}),
  output: z.strictObject({ said: z.string() }),
  secrets: ['shop-token'],
  run: async (_, { secret }) => ({ said: `the token is ${await secret('shop-token')}` }),
})

const clerk = defineAgent({
  name: 'clerk',
  version: '1.0.0',
  role: 'Clerk',
  goal: 'Work.',
  instructions: 'Call leak.',
  model: { id: 'any' },
  tools: [leak],
  input: z.string(),
  output: z.strictObject({ done: z.boolean() }),
  limits: { turns: 4, seconds: 20 },
})

const ask = defineWorkflow({
  name: 'ask',
  version: '1.0.0',
  input: z.string(),
  output: clerk.output,
  steps: ({ run }) => step('clerk', clerk, { input: run.input }),
})

export default defineTeam({ name: 'shop', agents: [clerk], workflows: [ask] })
