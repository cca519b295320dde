/** A team that is refused: its agent has no goal. */
import { defineAgent, defineTeam } from 'baton'
import * as z from 'zod'

const model = { id: 'any' }
const parts = { version: '1.0.0', role: 'Nobody', instructions: 'None.', model, input: z.string(), output: z.string() }

export default defineTeam({
  name: 'invalid',
  agents: [defineAgent({ name: 'nobody', goal: '', ...parts })],
  workflows: [],
})
