/** Agents that write to each other: one sends, the next reads. */
import { defineAgent, defineMessage, defineWorkflow, sequence, step } from 'baton'
import * as z from 'zod'

const Letter = defineMessage({
  name: 'letter',
  description: 'Says a word.',
  body: z.strictObject({ word: z.string(), page: z.number() }),
})

const base = {
  ...{ version: '1.0.0', role: 'Correspondent', goal: 'Write and read.', instructions: 'Use your messages.' },
  ...{ model: { id: 'model-a' }, input: z.strictObject({ word: z.string() }) },
}
const sender = defineAgent({
  ...base,
  name: 'sender',
  output: z.strictObject({ sent: z.number() }),
  sends: { receiver: [Letter] },
})
const receiver = defineAgent({
  ...base,
  name: 'receiver',
  output: z.strictObject({ words: z.array(z.string()) }),
  receives: { sender: [Letter] },
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

export const CORRESPONDENTS = [sender, receiver]
export const LETTERS = [letters]
