import { expect, it } from 'vitest'
import * as z from 'zod'
import { defineAgent } from '../../../src/define/agent.ts'
import { step } from '../../../src/define/patterns.ts'
import { defineTeam } from '../../../src/define/team.ts'
import { defineTool } from '../../../src/define/tool.ts'
import { defineWorkflow } from '../../../src/define/workflow.ts'

function team(seconds: number, timeoutSeconds?: number) {
  const Text = z.object({ text: z.string() })
  const tool = defineTool({
    name: 'look',
    description: 'Looks.',
    input: Text,
    output: Text,
    ...(timeoutSeconds !== undefined && { timeoutSeconds }),
    run: async (input) => input,
  })
  const agent = defineAgent({
    name: 'looker',
    version: '1.0.0',
    role: 'Looker',
    goal: 'Look.',
    instructions: 'Look.',
    model: { id: 'any' },
    input: Text,
    output: Text,
    tools: [tool],
    limits: { seconds },
  })
  const main = defineWorkflow({
    name: 'main',
    version: '1.0.0',
    input: Text,
    output: Text,
    steps: ({ run }) => step('look', agent, { input: run.input }),
  })
  return () => defineTeam({ name: 'team', agents: [agent], workflows: [main] })
}

it('refuses a tool that says it may take longer than its agent, and lets the usual time be cut short', () => {
  expect(team(60, 60)).not.toThrow()
  expect(team(10)).not.toThrow()
  expect(team(60, 61)).toThrow(
    /agents\.looker\.tools\.look\.timeoutSeconds: it may take 61 s, but agent looker ends after 60 s \(raise limits\.seconds of agent looker to 61/,
  )
})
