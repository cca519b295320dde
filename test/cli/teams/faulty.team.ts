/** Items that are worked on by a model that misbehaves, beside items where it does not. */
import { defineAgent, defineTeam, defineTool, defineWorkflow, forEach, sequence, step } from 'baton'
import * as z from 'zod'

const Done = z.object({ done: z.string() })
const common = { version: '1.0.0', role: 'Worker', goal: 'Work.', instructions: 'Do it.', model: { id: 'any' } }

const add = defineTool({
  name: 'add',
  description: 'Adds.',
  effect: 'read',
  input: z.object({ left: z.number(), right: z.number() }),
  output: z.object({ sum: z.number() }),
  run: async ({ left, right }) => ({ sum: left + right }),
})

const worker = defineAgent({
  ...common,
  name: 'worker',
  tools: [add],
  input: z.string(),
  output: Done,
  limits: { turns: 4, repairs: 1, seconds: 20 },
})

const each = defineWorkflow({
  name: 'each',
  version: '1.0.0',
  input: z.object({ items: z.array(z.string()).max(20) }),
  output: z.array(Done),
  steps: ({ run }) =>
    forEach('items', run.input.items, (item) => step('work', worker, { input: item, otherwise: { done: 'no' } }), {
      concurrency: 10,
      max: 20,
    }),
})

/** The same without `otherwise`: the run fails, and says why. */
const strict = defineWorkflow({
  name: 'strict',
  version: '1.0.0',
  input: z.object({ item: z.string() }),
  output: Done,
  steps: ({ run }) => sequence(step('work', worker, { input: run.input.item })),
})

/** More items than an inline Map holds, without `otherwise`. */
const wide = defineWorkflow({
  name: 'wide',
  version: '1.0.0',
  input: z.object({ items: z.array(z.string()) }),
  output: z.array(Done),
  steps: ({ run }) =>
    forEach('items', run.input.items, (item) => step('work', worker, { input: item }), { max: 60, concurrency: 2 }),
})

export default defineTeam({ name: 'faulty', agents: [worker], workflows: [each, strict, wide] })
