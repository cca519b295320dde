/** A team whose agent's tool, and whose workflow, ask a person. */
import * as z from 'zod'
import { defineAgent } from '../../../../src/define/agent.ts'
import { sequence, step } from '../../../../src/define/patterns.ts'
import { approve, hours } from '../../../../src/define/people.ts'
import { defineTeam } from '../../../../src/define/team.ts'
import { defineTool } from '../../../../src/define/tool.ts'
import { defineWorkflow } from '../../../../src/define/workflow.ts'
import type { Script } from '../../../../src/testing/scripted-model.ts'

/** @param onSend Called by each run of the tool. */
export function askingTeam(onSend: (to: string) => void) {
  const send = defineTool({
    name: 'send',
    description: 'Sends.',
    input: z.object({ to: z.string() }),
    output: z.object({ sent: z.string() }),
    approval: { role: 'editor', expiresSeconds: hours(1) },
    run: async ({ to }) => {
      onSend(to)
      return { sent: to }
    },
  })
  const sender = defineAgent({
    name: 'sender',
    version: '1.0.0',
    role: 'Sender',
    goal: 'Sends.',
    instructions: 'Send it.',
    model: { id: 'any' },
    tools: [send],
    input: z.unknown(),
    output: z.object({ said: z.string() }),
  })
  const main = defineWorkflow({
    name: 'main',
    version: '1.0.0',
    input: z.unknown(),
    output: z.unknown(),
    steps: () => sequence(step('mail', sender), approve('publish', { role: 'editor' })),
  })
  return defineTeam({ name: 'asking', agents: [sender], workflows: [main], roles: { editor: ['local:ann'] } })
}

export const ASKING_SCRIPT: Script = {
  sender: [{ toolUses: [{ name: 'send', input: { to: 'x@example.org' } }] }, { submit: { said: 'sent' } }],
}
