/** One run in which much of what evidence can be of happens. */
import * as z from 'zod'
import { defineAgent } from '../../../../src/define/agent.ts'
import { from, sequence, step } from '../../../../src/define/patterns.ts'
import { defineTeam } from '../../../../src/define/team.ts'
import { defineTool } from '../../../../src/define/tool.ts'
import { defineWorkflow } from '../../../../src/define/workflow.ts'
import { runInMemory } from '../../../../src/testing/run-in-memory.ts'
import { scriptedModel } from '../../../../src/testing/scripted-model.ts'

const Order = z.strictObject({ order: z.string() })
const Answer = z.strictObject({ text: z.string() })

const readOrder = defineTool({
  name: 'readOrder',
  description: 'Reads an order.',
  effect: 'read',
  input: Order,
  output: z.strictObject({ usd: z.number() }),
  run: async ({ order }, { reads }) => {
    reads({ uri: `orders:${order}`, sha256: 'b'.repeat(64) })
    return { usd: 80 }
  },
})

export const refunded: number[] = []
const refund = defineTool({
  name: 'refund',
  description: 'Pays money back.',
  effect: 'opaque',
  input: z.strictObject({ usd: z.number() }),
  output: z.strictObject({ paid: z.number() }),
  approval: { role: 'clerk' },
  run: async ({ usd }) => {
    refunded.push(usd)
    return { paid: usd }
  },
})

const base = { version: '1.0.0', goal: 'g', instructions: 'i', model: { id: 'small', fallbacks: ['large'] } }
const desk = defineAgent({
  ...{ ...base, name: 'desk', role: 'Desk', tools: [readOrder, refund], input: Order, output: Answer },
  checks: [
    {
      name: 'saysOrder',
      description: 'The answer names the order.',
      run: async ({ text }) =>
        text.includes('o-1')
          ? { verdict: 'accept' as const }
          : { verdict: 'reject' as const, problems: ['Name the order.'] },
    },
  ],
})
const writer = defineAgent({ ...base, name: 'writer', role: 'Writer', input: Answer, output: Answer })
const serve = defineWorkflow({
  name: 'serve',
  version: '1.0.0',
  input: Order,
  output: Answer,
  steps: ({ run }) => {
    const answer = step('desk', desk, { input: run.input })
    return sequence(answer, step('writer', writer, { input: from(answer) }))
  },
})
export const team = defineTeam({
  ...{ name: 'shop', agents: [desk, writer], workflows: [serve], roles: { clerk: ['local:anna'] } },
})

export async function goldenRun() {
  refunded.length = 0
  const model = scriptedModel({
    desk: [
      {
        toolUses: [
          { name: 'readOrder', input: { order: 'o-1' } },
          { name: 'dropTable', input: {} },
        ],
      },
      { toolUses: [{ name: 'refund', input: { usd: 80 } }] },
      { submit: { text: 'paid' } },
      { submit: { text: 'paid o-1' } },
    ],
    writer: [{ submit: { text: 'Dear customer: paid o-1' } }],
  })
  return runInMemory(team, {
    model,
    input: { order: 'o-1' },
    people: () => ({ decision: 'deny', guidance: 'Only half of it.' }),
  })
}
