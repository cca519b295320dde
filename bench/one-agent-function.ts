/** The smallest function with one agent: what a deployed one needs of Baton, with Bedrock behind it and rows in memory. */
import * as z from 'zod'
import { runStep } from '../src/agent/run-step.ts'
import { systemClock } from '../src/clock.ts'
import { defineAgent } from '../src/define/agent.ts'
import { createBedrockModel } from '../src/models/bedrock.ts'
import { artifactsOver } from '../src/records/artifacts.ts'
import { openDynamodbRecords } from '../src/records/dynamodb.ts'
import { openJournal } from '../src/records/journal.ts'
import type { StepInput } from '../src/schema/step.ts'

const greeter = defineAgent({
  name: 'greeter',
  version: '1.0.0',
  role: 'Greeter',
  goal: 'Greet.',
  instructions: 'Greet whoever is named.',
  model: { id: 'amazon.nova-micro-v1:0' },
  input: z.object({ name: z.string() }),
  output: z.object({ greeting: z.string() }),
})
const model = createBedrockModel({ clock: systemClock })
const records = openDynamodbRecords({ tables: { records: 'records', journal: 'journal' }, index: 'index' })
const artifacts = artifactsOver({ read: async () => undefined, write: async () => undefined })
const journal = openJournal({ records, artifacts, clock: systemClock })

export function handler(input: StepInput) {
  return runStep(input, {
    agents: (name) => (name === greeter.name ? greeter : undefined),
    model,
    journal,
    artifacts,
    clock: systemClock,
    random: Math.random,
    isCancelled: async () => false,
    priceOf: () => undefined,
  })
}
