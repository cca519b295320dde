/** Agents that write to each other, one sends and the next reads; and what the first remembers, the next finds. */
import { defineAgent, defineMemory, defineMessage, defineWorkflow, sequence, step } from 'baton'
import * as z from 'zod'

const Letter = defineMessage({
  name: 'letter',
  description: 'Says a word.',
  body: z.strictObject({ word: z.string(), page: z.number() }),
})

const hours = defineMemory({ name: 'hours', description: 'What happens when.' })

const base = {
  ...{ version: '1.0.0', role: 'Correspondent', goal: 'Write and read.', instructions: 'Use your messages.' },
  ...{ model: { id: 'model-a' }, input: z.strictObject({ word: z.string() }) },
}
const sender = defineAgent({
  ...base,
  name: 'sender',
  output: z.strictObject({ sent: z.number() }),
  sends: { receiver: [Letter] },
  memory: { writes: [hours] },
})
const receiver = defineAgent({
  ...base,
  name: 'receiver',
  output: z.strictObject({ words: z.array(z.string()) }),
  receives: { sender: [Letter] },
  memory: { reads: [hours] },
})

const letters = defineWorkflow({
  name: 'letters',
  version: '1.0.0',
  input: z.object({ word: z.string() }),
  output: z.unknown(),
  steps: ({ run }) =>
    sequence(
      step('write', sender, { input: { word: run.input.word } }),
      step('read', receiver, { input: { word: run.input.word } }),
    ),
})

/** Says the same in every run: what is there already is no further version. */
const keeping = defineWorkflow({
  name: 'keeping',
  version: '1.0.0',
  input: z.object({ word: z.string() }),
  output: z.unknown(),
  steps: ({ run }) =>
    sequence(
      step('keep', sender, { input: { word: run.input.word } }),
      step('find', receiver, { input: { word: run.input.word } }),
    ),
})

export const CORRESPONDENTS = [sender, receiver]
export const LETTERS = [letters, keeping]
