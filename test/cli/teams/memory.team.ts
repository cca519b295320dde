/** One agent remembers, another looks it up. */
import { defineAgent, defineMemory, defineTeam, defineWorkflow, step } from 'baton'
import * as z from 'zod'

const customers = defineMemory({ name: 'customers', description: 'What customers prefer.' })
const Any = z.object({})
const common = { version: '1.0.0', role: 'Clerk', goal: 'Work.', instructions: 'Work.', model: { id: 'any' } }
const writer = defineAgent({ ...common, name: 'writer', input: Any, output: Any, memory: { writes: [customers] } })
const reader = defineAgent({ ...common, name: 'reader', input: Any, output: Any, memory: { reads: [customers] } })

const note = defineWorkflow({
  ...{ name: 'note', version: '1.0.0', input: Any, output: Any },
  steps: ({ run }) => step('write', writer, { input: run.input }),
})
const look = defineWorkflow({
  ...{ name: 'look', version: '1.0.0', input: Any, output: Any },
  steps: ({ run }) => step('read', reader, { input: run.input }),
})

export default defineTeam({ name: 'shop', agents: [writer, reader], workflows: [note, look] })
