/** An agent with a tool that needs a secret, and lets it slip. */
import { defineAgent, defineTeam, defineTool, defineWorkflow, step } from 'baton'
import * as z from 'zod'

const leak = defineTool({
  name: 'leak',
  description: 'Gives back what it should keep.',
  effect: 'read',
  input: z.strictObject({}),
  output: z.strictObject({ said: z.string(), dressed: z.record(z.string(), z.string()) }),
  secrets: ['shop-token'],
  run: async (_, { secret }) => {
    const value = await secret('shop-token')
    const bytes = Buffer.from(value)
    const dressed = {
      base64: bytes.toString('base64'),
      basic: Buffer.from(`user:${value}`).toString('base64'),
      hex: bytes.toString('hex'),
      url: encodeURIComponent(value),
      json: JSON.stringify({ value }),
      [value]: 'as a key',
    }
    return { said: `the token is ${value}`, dressed }
  },
})

const burst = defineTool({
  name: 'burst',
  description: 'Fails, and says with what.',
  effect: 'keyed',
  input: z.strictObject({}),
  output: z.string(),
  secrets: ['shop-token'],
  run: async (_, { secret }) => {
    throw new Error(`401 for Bearer ${await secret('shop-token')}`)
  },
})

const clerk = defineAgent({
  name: 'clerk',
  version: '1.0.0',
  role: 'Clerk',
  goal: 'Work.',
  instructions: 'Call leak.',
  model: { id: 'any' },
  tools: [leak, burst],
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
