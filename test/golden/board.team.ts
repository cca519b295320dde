/** Workflows in which agents bid for tasks: a blackboard alone, and nested, with all that can be said of it. */
import * as z from 'zod'
import { defineAgent } from '../../src/define/agent.ts'
import { blackboard } from '../../src/define/blackboard.ts'
import { forEach, from, sequence, step } from '../../src/define/patterns.ts'
import { minutes } from '../../src/define/people.ts'
import { defineTeam } from '../../src/define/team.ts'
import { defineWorkflow } from '../../src/define/workflow.ts'

const common = { version: '1.0.0', goal: 'Answers tickets.', instructions: 'Do it.', model: { id: 'any' } }
const Ticket = z.object({ id: z.string(), text: z.string() })
const Answer = z.object({ answer: z.string() })
const Outcome = z.object({
  results: z.array(z.object({ task: z.string(), by: z.enum(['network', 'billing', 'devices']), output: Answer })),
  open: z.array(z.object({ task: z.string(), why: z.string() })),
  rounds: z.number(),
})

const triage = defineAgent({
  ...common,
  name: 'triage',
  role: 'Triage',
  input: z.object({ mail: z.string() }),
  output: z.object({ tickets: z.array(Ticket) }),
})
const expert = (name: string, role: string) => defineAgent({ ...common, name, role, input: Ticket, output: Answer })
const network = expert('network', 'Network expert')
const billing = expert('billing', 'Billing expert')
const devices = expert('devices', 'Devices expert')
const peers = [network, billing, devices] as const

/** One board, by its defaults. */
const desk = defineWorkflow({
  name: 'desk',
  version: '1.0.0',
  input: z.object({ mail: z.string() }),
  output: Outcome,
  steps: ({ run }) => {
    const sorted = step('sort', triage, { input: { mail: run.input.mail } })
    return sequence(sorted, blackboard('tickets', { peers, tasks: from(sorted).tickets }))
  },
})

/** A board for each of several lists, told all that can be said. */
const desks = defineWorkflow({
  name: 'desks',
  version: '1.0.0',
  input: z.object({ lists: z.array(z.object({ tickets: z.array(Ticket) })) }),
  output: z.array(Outcome),
  steps: ({ run }) =>
    forEach(
      'each',
      run.input.lists,
      (list) =>
        blackboard('board', {
          peers: [network, billing],
          tasks: list.tickets,
          ...{ rounds: 2, max: 6, capacity: 4, concurrency: 3 },
          ...{ lease: minutes(15), award: 'spread', least: 0.2 },
        }),
      { max: 3, concurrency: 2 },
    ),
})

export default defineTeam({ name: 'board', agents: [triage, ...peers], workflows: [desk, desks] })
