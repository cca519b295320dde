/** Agents that bid for tasks. What their models answer is in support/patterns-model.ts. */
import { blackboard, defineAgent, defineWorkflow } from 'baton'
import * as z from 'zod'

const common = { version: '1.0.0', goal: 'Shows a pattern.', instructions: 'Do it.', model: { id: 'any.model-v1:0' } }
const Task = z.object({ id: z.string(), text: z.string() })
const peer = { ...common, role: 'Peer', input: Task, output: z.object({ done: z.string() }), limits: { repairs: 0 } }

/** Sure of everything; never delivers what is hard. */
const hare = defineAgent({ ...peer, name: 'hare' })

/** Less sure, and delivers, but what nobody can do. */
const tortoise = defineAgent({ ...peer, name: 'tortoise' })

export const BIDDERS = [hare, tortoise]

/** Two rounds: what the hare does not deliver, the tortoise does, or nobody. */
const board = defineWorkflow({
  name: 'board',
  version: '1.0.0',
  input: z.object({ tasks: z.array(Task) }),
  output: z.unknown(),
  steps: ({ run }) => blackboard('race', { peers: [hare, tortoise], tasks: run.input.tasks, max: 6, concurrency: 3 }),
})

export const BOARDS = [board]
