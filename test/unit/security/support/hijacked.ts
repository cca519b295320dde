/**
 * A team whose first agent's model says whatever a test has it say. What it was granted: to look things up, and to pay where
 * a person allows it. What it was not: everything else, among it what its colleague may do.
 */
import { expect } from 'vitest'
import * as z from 'zod'
import { verifyRun } from '../../../../src/audit/verify-run.ts'
import { defineAgent } from '../../../../src/define/agent.ts'
import { from, sequence, step } from '../../../../src/define/patterns.ts'
import { defineTeam } from '../../../../src/define/team.ts'
import { defineTool } from '../../../../src/define/tool.ts'
import { defineWorkflow } from '../../../../src/define/workflow.ts'
import type { Script } from '../../../../src/models/scripted.ts'
import type { JournalRow } from '../../../../src/schema/journal-row.ts'
import type { Json } from '../../../../src/schema/json.ts'
import { type PersonSays, runInMemory } from '../../../../src/testing/run-in-memory.ts'
import { scriptedModel } from '../../../../src/testing/scripted-model.ts'

const common = { version: '1.0.0', role: 'Agent', goal: 'Works.', instructions: 'Work.', model: { id: 'any' } }
const Word = z.strictObject({ word: z.string() })

export interface Hijack {
  /** Calls of each answer; then `output` is handed in. */
  readonly turns?: readonly (readonly { readonly name: string; readonly input: Json }[])[]
  readonly output?: Json
  /** What its tool finds. */
  readonly found?: string
  readonly people?: () => PersonSays | undefined
}

export interface Held {
  readonly status: string
  readonly output: Json | undefined
  /** Every call of a tool that ran, in order: its name and what it was given. */
  readonly ran: readonly string[]
  /** Rows of tool calls: name, status and rule. */
  readonly calls: readonly string[]
  readonly rows: readonly JournalRow[]
  /** What the models were asked, as text. */
  readonly asked: string
  /** The input of the second agent. */
  readonly passedOn: Json | undefined
}

/** Verifies the record, whatever else a test is about. */
export async function hijacked({ turns = [], output = { word: 'done' }, found = '', people }: Hijack): Promise<Held> {
  const ran: string[] = []
  const tool = (name: string, effect: 'read' | 'opaque', result: string) =>
    defineTool({
      ...{ name, description: 'Works.', effect, input: Word, output: z.string() },
      ...(name === 'pay' && { approval: { role: 'clerk' } }),
      run: async (input) => {
        ran.push(`${name} ${JSON.stringify(input)}`)
        return result
      },
    })
  const lookUp = tool('lookUp', 'read', found)
  const pay = tool('pay', 'opaque', 'paid')
  const wire = tool('wire', 'opaque', 'wired')
  const victim = defineAgent({ ...common, name: 'victim', tools: [lookUp, pay], input: Word, output: z.unknown() })
  let passedOn: Json | undefined
  const colleague = defineAgent({
    ...{ ...common, name: 'colleague', tools: [wire], input: z.unknown(), output: z.unknown() },
    checks: [
      {
        name: 'seen',
        description: 'Looks at what it was given.',
        run: async (_, { input }) => {
          passedOn = input
          return { verdict: 'accept' as const }
        },
      },
    ],
  })
  const main = defineWorkflow({
    ...{ name: 'main', version: '1.0.0', input: Word, output: z.unknown() },
    steps: ({ run }) => {
      const first = step('first', victim, { input: run.input })
      return sequence(first, step('second', colleague, { input: from(first) }))
    },
  })
  const roles = { clerk: ['local:anna'] }
  const team = defineTeam({ name: 'team', agents: [victim, colleague], workflows: [main], roles })
  const model = scriptedModel({
    victim: (_, { turn }) => {
      const toolUses = turns[turn - 1]
      return toolUses === undefined ? { submit: output } : { toolUses: toolUses as { name: string; input: Json }[] }
    },
    colleague: [{ submit: { word: 'end' } }],
  } as Script)
  const played = await runInMemory(team, { model, input: { word: 'go' }, ...(people && { people }) })
  const { rows } = played.audit
  expect(verifyRun(played.audit, { head: played.run })).toMatchObject({ status: 'intact', findings: [] })
  return {
    status: played.run.status,
    output: played.output,
    ran,
    calls: rows
      .filter(({ event }) => event === 'tool')
      .map(({ tool: called, status, rule }) => [called?.name, status, ...(rule ? [rule] : [])].join(' ')),
    rows,
    asked: JSON.stringify(model.calls.map(({ request }) => request)),
    passedOn,
  }
}
