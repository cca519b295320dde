/** Agents for tests of definitions. */
import * as z from 'zod'
import { defineAgent } from '../../../src/define/agent.ts'

export const common = {
  version: '1.0.0',
  role: 'Role',
  goal: 'Reaches something.',
  instructions: 'Do it.',
  model: { id: 'model-a' },
}

export const planner = defineAgent({
  ...common,
  name: 'planner',
  input: z.object({ question: z.string() }),
  output: z.object({ topics: z.array(z.object({ title: z.string() })), note: z.string().optional() }),
})

export const researcher = defineAgent({
  ...common,
  name: 'researcher',
  input: z.object({ topic: z.string(), depth: z.number().default(1) }),
  output: z.object({ finding: z.string(), score: z.number() }),
})
