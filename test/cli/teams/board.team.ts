/** A blackboard for fault tests: whoever does a task leaves a line in a file, so that tests can count how often. */
import { appendFileSync } from 'node:fs'
import { blackboard, defineAgent, defineTeam, defineTool, defineWorkflow, sequence, step } from 'baton'
import * as z from 'zod'

const Settings = z.object({ log: z.string().default('').describe('where peers leave a line') })
const Task = z.object({ id: z.string() })
const common = { version: '1.0.0', goal: 'Work.', instructions: 'Do it.', model: { id: 'any' } }

const note = defineTool({
  name: 'note',
  description: 'Leaves a line.',
  effect: 'keyed',
  input: z.object({ line: z.string() }),
  output: z.object({ noted: z.boolean() }),
  settings: Settings,
  async run({ line }, { settings, stepId }) {
    if (settings.log !== '') appendFileSync(settings.log, `${stepId} ${line}\n`)
    return { noted: true }
  },
})

const peer = { ...common, role: 'Peer', tools: [note], input: Task, output: z.object({ done: z.string() }) }
const ann = defineAgent({ ...peer, name: 'ann', limits: { repairs: 0 } })
const bob = defineAgent({ ...peer, name: 'bob' })
const reporter = defineAgent({ ...common, name: 'reporter', role: 'Reporter', input: z.unknown(), output: z.unknown() })

const sharing = defineWorkflow({
  name: 'sharing',
  version: '1.0.0',
  input: z.object({ tasks: z.array(Task) }),
  output: z.unknown(),
  example: { tasks: [{ id: 't1' }, { id: 't2' }, { id: 't3' }] },
  steps: ({ run }) => {
    const shared = blackboard('board', { peers: [ann, bob], tasks: run.input.tasks })
    return sequence(shared, step('report', reporter, { input: shared }))
  },
})

export default defineTeam({
  name: 'board',
  agents: [ann, bob, reporter],
  workflows: [sharing],
  settings: Settings,
})
