// Imports the built library, runs one agent in memory, exits.

import { defineAgent, defineTeam, defineWorkflow, step } from 'baton'
import { runInMemory, scriptedModel } from 'baton/testing'
import * as z from 'zod'

const greeter = defineAgent({
  name: 'greeter',
  version: '1.0.0',
  role: 'Greeter',
  goal: 'Greet.',
  instructions: 'Greet whoever is named.',
  model: { id: 'any' },
  input: z.object({ name: z.string() }),
  output: z.object({ greeting: z.string() }),
})
const greet = defineWorkflow({
  name: 'greet',
  version: '1.0.0',
  input: greeter.input,
  output: greeter.output,
  steps: ({ run }) => step('greet', greeter, { input: run.input }),
})
const team = defineTeam({ name: 'greeters', agents: [greeter], workflows: [greet] })
const model = scriptedModel({ greeter: [{ submit: { greeting: 'Hello Ada' } }] })
const { run } = await runInMemory(team, { model, input: { name: 'Ada' } })
if (run.status !== 'succeeded') throw new Error(JSON.stringify(run.error))
