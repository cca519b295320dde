/** An agent with one of each right: what the gate is held against. */
import { defineAgent, defineMemory, defineMessage, defineTeam, defineTool, defineWorkflow, stateKey, step } from 'baton'
import * as z from 'zod'

export const Text = z.strictObject({ text: z.string() })

const notes = stateKey(z.array(z.string()), { reducer: 'append' })
const plan = stateKey(z.string(), { reducer: 'replace' })
const customers = defineMemory({ name: 'customers', description: 'What customers prefer.' })
const prices = defineMemory({ name: 'prices', description: 'What was paid.' })
const staff = defineMemory({ name: 'staff', description: 'What the office knows of its people.' })
const note = defineMessage({ name: 'note', description: 'A remark.', body: Text })

const wasTold: string[] = []
/** Values of secrets that tools have read. */
export const told: readonly string[] = wasTold

/** @param asks A secret that its code asks for, whatever it declares. */
export function tool(name: string, asks: string | undefined, more: Partial<Parameters<typeof defineTool>[0]> = {}) {
  return defineTool({
    ...{ name, description: 'Works.', effect: 'read', input: Text, output: Text, ...more },
    run: async (input, { secret }) => {
      if (asks !== undefined) wasTold.push(await secret(asks))
      return input as z.infer<typeof Text>
    },
  })
}

export const common = {
  version: '1.0.0',
  role: 'Clerk',
  goal: 'Work.',
  instructions: 'Work.',
  input: Text,
  output: Text,
}

const clerk = defineAgent({
  ...{ ...common, name: 'clerk', model: { id: 'a.large-v1:0', fallbacks: ['us.b.small-v1:0'] } },
  tools: [
    tool('look', 'desk', { secrets: ['desk'], rateLimit: { calls: 5, perSeconds: 1 } }),
    tool('mail', 'post', { secrets: ['post'], isolated: true }),
    tool('keep', undefined, { effect: 'table' }),
  ],
  sends: { reviewer: [note] },
  state: { reads: { plan }, writes: { notes } },
  memory: { reads: [customers], writes: [prices] },
})

const reviewer = defineAgent({
  ...{ ...common, name: 'reviewer', model: { id: 'a.large-v1:0' } },
  receives: { clerk: [note] },
  memory: { reads: [staff], writes: [customers, staff] },
  tools: [tool('file', 'cabinet', { secrets: ['cabinet'] })],
})

const desk = defineWorkflow({
  ...{ name: 'desk', version: '1.0.0', input: Text, output: Text, state: { notes, plan } },
  steps: ({ run }) => step('write', clerk, { input: run.input }),
})
const review = defineWorkflow({
  ...{ name: 'review', version: '1.0.0', input: Text, output: Text },
  steps: ({ run }) => step('review', reviewer, { input: run.input }),
})

export const office = defineTeam({ name: 'office', agents: [clerk, reviewer], workflows: [desk, review] })
