/** Workflows in which peers pass a task on, and in which they talk: alone, and nested, with all that can be said of it. */
import * as z from 'zod'
import { defineAgent } from '../../src/define/agent.ts'
import { converse, speaker } from '../../src/define/converse.ts'
import { eq, exists, jsonata, not, text } from '../../src/define/expressions.ts'
import { handoffs } from '../../src/define/handoffs.ts'
import { choose, forEach, from, sequence, step, when } from '../../src/define/patterns.ts'
import { defineTeam } from '../../src/define/team.ts'
import { defineWorkflow } from '../../src/define/workflow.ts'

const common = { version: '1.0.0', goal: 'Answers mails.', instructions: 'Do it.', model: { id: 'any' } }
const Mail = z.object({ text: z.string() })
const Answer = z.object({ answer: z.string() })
const clerk = (name: string, role: string) => defineAgent({ ...common, name, role, input: Mail, output: Answer })
const triage = clerk('triage', 'Triage')
const billing = clerk('billing', 'Billing')
const tech = clerk('tech', 'Tech')
const chair = clerk('chair', 'Chair')
const agents = [triage, billing, tech] as const

/** By its defaults, with what comes of an end without an answer. */
const desk = defineWorkflow({
  name: 'desk',
  version: '1.0.0',
  input: Mail,
  output: z.unknown(),
  steps: ({ run }) => {
    const served = handoffs('service', { agents, input: run.input })
    const told = step('tell', chair, { input: { text: text('It is for ', from(served).by) } })
    return sequence(served, choose('open', [when(not(eq(from(served).ended, 'done')), told)]))
  },
})

/** For each of several mails, told all that can be said. */
const desks = defineWorkflow({
  name: 'desks',
  version: '1.0.0',
  input: z.object({ mails: z.array(Mail) }),
  output: z.unknown(),
  steps: ({ run }) =>
    forEach(
      'each',
      run.input.mails,
      (mail) =>
        handoffs('service', {
          ...{ agents, start: tech, input: mail, context: 'all', max: 5, repeats: 1 },
          edges: { triage: ['billing', 'tech'], billing: ['triage'], tech: ['triage'] },
        }),
      { max: 4 },
    ),
})

/** In turn, until all agree. */
const talk = defineWorkflow({
  name: 'talk',
  version: '1.0.0',
  input: Mail,
  output: z.unknown(),
  steps: ({ run }) => converse('talk', { agents, topic: run.input }),
})

/** As a moderator says, until somebody has said a word; then by a rule. */
const panel = defineWorkflow({
  name: 'panel',
  version: '1.0.0',
  input: Mail,
  output: z.unknown(),
  steps: ({ run }) => {
    const moderated = converse('moderated', {
      ...{ agents, topic: run.input, speaker: speaker.moderator(chair), max: 6, window: 4 },
      until: (so) => exists(so.last),
    })
    const next = speaker.rule((so) => jsonata<string>('$n > 1 ? "tech" : "billing"', { n: so.turns }))
    return sequence(moderated, converse('ruled', { agents, topic: run.input, speaker: next, max: 3 }))
  },
})

export default defineTeam({ name: 'peers', agents: [...agents, chair], workflows: [desk, desks, talk, panel] })
