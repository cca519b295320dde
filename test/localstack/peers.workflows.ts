/** Peers that pass a task on, and that talk. What their models answer is in support/patterns-model.ts. */
import { converse, defineAgent, defineWorkflow, handoffs, speaker } from 'baton'
import * as z from 'zod'

const common = { version: '1.0.0', goal: 'Shows a pattern.', instructions: 'Do it.', model: { id: 'any.model-v1:0' } }
const Word = z.object({ word: z.string() })
const workflow = { version: '1.0.0', input: Word, output: z.unknown() }

/** Passes on what is not "mine"; with "pong" always. */
const lefty = defineAgent({ ...common, name: 'lefty', role: 'Peer', input: Word, output: Word })
/** Has an answer, but for "pong", which it passes back, and "broken", which it cannot do. */
const righty = defineAgent({
  ...common,
  name: 'righty',
  role: 'Peer',
  input: Word,
  output: Word,
  limits: { repairs: 0 },
})
/** Has enough after two turns. */
const umpire = defineAgent({ ...common, name: 'umpire', role: 'Moderator', input: Word, output: Word })

export const PEERS = [lefty, righty, umpire]
const agents = [lefty, righty]

const passing = defineWorkflow({
  ...workflow,
  name: 'passing',
  steps: ({ run }) => handoffs('pass', { agents, input: run.input, max: 6 }),
})

const talking = defineWorkflow({
  ...workflow,
  name: 'talking',
  steps: ({ run }) => converse('talk', { agents, topic: run.input, max: 4 }),
})

const moderated = defineWorkflow({
  ...workflow,
  name: 'moderated',
  steps: ({ run }) => converse('talk', { agents, topic: run.input, speaker: speaker.moderator(umpire), max: 6 }),
})

export const PEER_WORKFLOWS = [passing, talking, moderated]
