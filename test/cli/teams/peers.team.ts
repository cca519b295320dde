/** Peers that pass a question on until one answers it, then talk about it. */
import { converse, defineAgent, defineTeam, defineWorkflow, handoffs, sequence } from 'baton'
import * as z from 'zod'

const common = { version: '1.0.0', goal: 'Answer.', instructions: 'Answer it.', model: { id: 'any' } }
const Question = z.object({ question: z.string() })
const clerk = (name: string) =>
  defineAgent({ ...common, name, role: 'Clerk', input: Question, output: z.object({ answer: z.string() }) })
const agents = [clerk('triage'), clerk('billing'), clerk('tech')] as const

const care = defineWorkflow({
  name: 'care',
  version: '1.0.0',
  input: Question,
  output: z.unknown(),
  steps: ({ run }) => {
    const desk = handoffs('desk', { agents, input: run.input })
    return sequence(desk, converse('talk', { agents, topic: run.input, max: 4 }))
  },
})

export default defineTeam({ name: 'peers', agents, workflows: [care] })
