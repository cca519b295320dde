/** One tool of each kind of effect, all of which act on files, so that tests can count what happened in the world. */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineAgent, defineTeam, defineTool, defineWorkflow, EffectUnknown, NotActed, step } from 'baton'
import * as z from 'zod'

const Settings = z.object({ world: z.string().describe('the folder that tools act on') })
const shape = { input: z.object({}), output: z.string(), settings: Settings }

const linesOf = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [])

const tools = [
  defineTool({
    ...shape,
    name: 'opaque',
    description: 'Leaves a line.',
    async run(_, { settings, callId }) {
      appendFileSync(join(settings.world, 'opaque'), `${callId}\n`)
      return 'done'
    },
  }),
  defineTool({
    ...shape,
    name: 'keyed',
    description: 'Asks a server that does the same thing once.',
    effect: 'keyed',
    async run(_, { settings, callId }) {
      const effect = join(settings.world, `keyed-${callId}`)
      if (!existsSync(effect)) writeFileSync(effect, '')
      appendFileSync(join(settings.world, 'keyed'), `${callId}\n`)
      return 'done'
    },
  }),
  defineTool({
    ...shape,
    name: 'fenced',
    description: 'Asks a server that refuses lower fences.',
    effect: 'fenced',
    async run(_, { settings, fence }) {
      const file = join(settings.world, 'fenced')
      if (linesOf(file).some((seen) => Number(seen) >= fence)) throw new Error('a higher fence was here')
      appendFileSync(file, `${fence}\n`)
      return 'done'
    },
  }),
  defineTool({
    ...shape,
    name: 'lookup',
    description: 'Leaves a line that can be looked for.',
    effect: 'lookup',
    async run(_, { settings, callId }) {
      appendFileSync(join(settings.world, 'lookup'), `${callId}\n`)
      return 'done'
    },
    async reconcile(_, { settings, callId }) {
      const happened = linesOf(join(settings.world, 'lookup')).includes(callId)
      return happened ? { happened: 'yes', output: 'done' } : { happened: 'no' }
    },
  }),
  defineTool({
    ...shape,
    name: 'table',
    description: "Writes into the team's own records.",
    effect: 'table',
    run: async (_, { commit }) => commit([{ put: 'item', value: { by: 'table' }, if: 'absent' }], 'done'),
  }),
  defineTool({
    ...shape,
    name: 'doubtful',
    description: 'Leaves a line, and cannot tell whether it did.',
    async run(_, { settings, callId }) {
      appendFileSync(join(settings.world, 'doubtful'), `${callId}\n`)
      throw new EffectUnknown({ message: 'the connection broke', next: 'Look at the other side.' })
    },
  }),
  defineTool({
    ...shape,
    name: 'refused',
    description: 'Is refused.',
    async run(_, { settings, callId }) {
      appendFileSync(join(settings.world, 'refused'), `${callId}\n`)
      throw new NotActed({ message: 'the other side refused', next: 'Ask later.' })
    },
  }),
]

const clerk = defineAgent({
  name: 'clerk',
  version: '1.0.0',
  role: 'Clerk',
  goal: 'Act.',
  instructions: 'Use a tool.',
  model: { id: 'any' },
  tools,
  input: z.unknown(),
  output: z.object({ done: z.string() }),
})

const acting = defineWorkflow({
  name: 'acting',
  version: '1.0.0',
  input: z.object({ question: z.string() }),
  output: z.object({ done: z.string() }),
  render: ({ done }) => done,
  steps: ({ run }) => step('act', clerk, { input: run.input }),
})

export default defineTeam({ name: 'effects', agents: [clerk], workflows: [acting], settings: Settings })
