/**
 * One of everything that a deployment knows: isolated tools, grants, secrets, rate limits, tables, approvals, a support
 * agent, fallbacks, messages, shared state, memory, a child, a wide Map.
 */
import {
  approve,
  compensate,
  defineAgent,
  defineMemory,
  defineMessage,
  defineTeam,
  defineTool,
  defineWorkflow,
  forEach,
  from,
  sequence,
  stateKey,
  step,
  workflow,
} from 'baton'
import * as z from 'zod'

const Text = z.object({ text: z.string() })
const TABLE = 'arn:aws:dynamodb:us-east-1:111122223333:table/orders'

const readOrder = defineTool({
  name: 'readOrder',
  description: 'Reads an order.',
  effect: 'read',
  grants: [{ actions: ['dynamodb:GetItem'], resources: [TABLE] }],
  input: Text,
  output: Text,
  run: async (input) => input,
})

const sendMail = defineTool({
  name: 'sendMail',
  description: 'Sends a mail.',
  isolated: true,
  approval: { role: 'editor' },
  secrets: ['mail/password'],
  grants: [{ actions: ['ses:SendEmail'], resources: ['arn:aws:ses:us-east-1:111122223333:identity/example.com'] }],
  input: Text,
  output: Text,
  timeoutSeconds: 20,
  run: async (input) => input,
})

const notes = defineTool({
  name: 'notes',
  description: 'Keeps notes.',
  effect: 'table',
  input: Text,
  output: Text,
  run: async (input, { commit }) => commit([{ put: input.text, value: {}, if: 'absent' }], input),
  undo: async () => undefined,
})

const readCrm = defineTool({
  name: 'readCrm',
  description: 'Reads the customers.',
  effect: 'read',
  secrets: ['crm/token'],
  rateLimit: { name: 'crm', calls: 10, perSeconds: 1 },
  input: Text,
  output: Text,
  run: async (input) => input,
})

const readLogs = defineTool({
  name: 'readLogs',
  description: 'Reads the logs.',
  effect: 'read',
  input: Text,
  output: Text,
  run: async (input) => input,
})

const alarm = defineMessage({ name: 'alarm', description: 'Says what is wrong.', body: Text })

const journal = stateKey(z.array(z.string()), { reducer: 'append' })

const customers = defineMemory({ name: 'customers', description: 'What customers prefer.' })
const prices = defineMemory({ name: 'prices', description: 'What was paid.' })
const alarms = defineMemory({ name: 'alarms', description: 'What was wrong before.' })

const base = { version: '1.0.0', role: 'Clerk', goal: 'Work.', instructions: 'Work.', input: Text, output: Text }

export const clerk = defineAgent({
  ...base,
  name: 'clerk',
  model: {
    id: 'eu.anthropic.claude-haiku-4-5-20251001-v1:0',
    fallbacks: ['amazon.nova-lite-v1:0', 'global.anthropic.claude-haiku-4-5-20251001-v1:0'],
    degradeTo: 'amazon.nova-micro-v1:0',
  },
  tools: [readOrder, sendMail, notes, readCrm],
  receives: { watcher: [alarm] },
  state: { reads: { journal }, writes: { journal } },
  memory: { reads: [customers, prices] },
  limits: { seconds: 840 },
  onLimit: { costUsd: 'degrade' },
})

export const watcher = defineAgent({
  ...base,
  name: 'watcher',
  kind: 'support',
  model: { id: 'amazon.nova-micro-v1:0' },
  tools: [readLogs],
  sends: { clerk: [alarm] },
  state: { reads: { journal } },
  memory: { reads: [alarms], writes: [customers, alarms] },
})

const child = defineWorkflow({
  name: 'child-work',
  version: '1.0.0',
  input: Text,
  output: Text,
  state: { journal },
  steps: ({ run }) => step('work', clerk, { input: run.input }),
})

const wide = defineWorkflow({
  name: 'wide',
  version: '1.0.0',
  input: z.object({ texts: z.array(z.string()).max(500) }),
  output: Text,
  state: { journal },
  steps: ({ run }) => {
    const all = forEach('all', run.input.texts, (text) => step('one', clerk, { input: { text } }), {
      max: 500,
      concurrency: 50,
    })
    const told = workflow('told', child, { input: { text: 'all' } })
    return sequence(all, told, step('watch', watcher, { input: { text: from(told).text } }))
  },
})

/** What its child did, it takes back: by agents that it has no step of. */
const careful = defineWorkflow({
  name: 'careful',
  version: '1.0.0',
  input: Text,
  output: Text,
  steps: ({ run }) => {
    const told = workflow('told', child, { input: run.input })
    return sequence(approve('allow', { role: 'editor' }), compensate('safely', told))
  },
})

export default defineTeam({
  name: 'everything',
  agents: [clerk, watcher],
  workflows: [wide, child, careful],
  roles: { editor: ['arn:aws:iam::111122223333:user/editor'] },
})
