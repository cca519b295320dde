import { expect, it } from 'vitest'
import * as z from 'zod'
import { decisionsOf } from '../../../src/audit/explain/decisions.ts'
import { decisionInFull, decisionTable, totalLines } from '../../../src/cli/explain-words.ts'
import { spelled, visible } from '../../../src/cli/visible-text.ts'
import { defineAgent } from '../../../src/define/agent.ts'
import { step } from '../../../src/define/patterns.ts'
import { defineTeam } from '../../../src/define/team.ts'
import { defineTool } from '../../../src/define/tool.ts'
import { defineWorkflow } from '../../../src/define/workflow.ts'
import { runInMemory } from '../../../src/testing/run-in-memory.ts'
import { scriptedModel } from '../../../src/testing/scripted-model.ts'

const Text = z.strictObject({ text: z.string() })
const LARGE = '\u{1F600}'.repeat(250_000)
const read = defineTool({
  name: 'read',
  description: 'Reads.',
  effect: 'read',
  input: Text,
  output: Text,
  run: async ({ text }, { reads }) => {
    reads({ uri: `file:a\u202Etxt.exe\n0  forged\u200B`, sha256: 'a'.repeat(64) })
    if (text === 'fail') throw new Error(`\u001b[2J\u001b]0;owned\u0007 \u2028 end`)
    return { text: LARGE }
  },
})
const agent = defineAgent({
  ...{ name: 'reader', version: '1.0.0', role: 'r', goal: 'g', instructions: 'i', model: { id: 'm' } },
  tools: [read],
  input: Text,
  output: Text,
})
const workflow = defineWorkflow({
  ...{ name: 'work', version: '1.0.0', input: Text, output: Text },
  steps: ({ run }) => step('only', agent, { input: run.input }),
})
const team = defineTeam({ name: 'team', agents: [agent], workflows: [workflow] })

async function hostileRun() {
  const uses = ['r\u0435ad', 'read\u200B', '\u001b[31mread', '\uD800read'].map((name) => ({ name, input: {} }))
  const { audit } = await runInMemory(team, {
    model: scriptedModel({
      reader: [
        { toolUses: [...uses, { name: 'read', input: { text: 'ok' } }, { name: 'read', input: { text: 'fail' } }] },
        { submit: { text: 'done' } },
      ],
    }),
    input: { text: 'x' },
  })
  return audit
}

it('shows what a hostile model and a hostile document wrote without being changed by it', async () => {
  const audit = await hostileRun()
  const decisions = decisionsOf(audit, team)
  const text = decisionTable(decisions)
  expect(text.split('\n')).toHaveLength(decisions.length + 1)
  expect(text).toContain('r\\u{435}ad: denied')
  expect(text).toContain('read\\u{200b}: denied')
  expect(text).toContain('\\u{1b}[31mread: denied')
  expect(text).toContain('\\u{fffd}read: denied')
  const full = decisions.map((decision) => {
    const body = audit.bodies?.[decision.bodySha256 ?? '']
    return decisionInFull(decision, audit.rows, { asked: true, body })
  })
  for (const one of [text, ...full]) {
    expect(one.isWellFormed()).toBe(true)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that there are none is what is tested
    expect(one).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u200B\u2028\u202A-\u202E]/)
    expect(one.length).toBeLessThan(20_000)
  }
  const sources = full.find((one) => one.includes('txt.exe'))?.split('\n') ?? []
  expect(sources.find((line) => line.startsWith('sources'))).toMatch(/file:atxt\.exe 0 forged\\u\{200b\}|a\\u\{202e\}/)
  expect(sources.some((line) => line.startsWith('0  forged'))).toBe(false)
})

it('says one decision in full', async () => {
  const audit = await hostileRun()
  const call = decisionsOf(audit, team).find(({ status, kind }) => kind === 'call' && status === 'ok')
  if (call === undefined) throw new TypeError('no call was made')
  const told = decisionInFull(call, audit.rows, { asked: false })
  expect(told).toMatch(/^decision +\d+, call: read: ok$/m)
  expect(told).toMatch(/^agent +reader@1\.0\.0 sha256:[0-9a-f]{64}$/m)
  expect(told).toMatch(/^decided by +rule declared$/m)
  expect(told).toMatch(/^data +arguments sha256:[0-9a-f]{64}\n +result sha256:[0-9a-f]{64}$/m)
  expect(told).toMatch(/^row +[0-9a-f]{64} \(only attempt 1 row \d+, tool\)$/m)
  expect(told).toMatch(/^follows from +decision \d+, [0-9a-f]{64} \(only attempt 1 row 1, turn\)$/m)
  expect(told).toMatch(/^content +sha256:[0-9a-f]{64}: --content shows it$/m)
  expect(decisionInFull(call, audit.rows, { asked: true })).toContain('it was erased, or is not at hand')
})

it('names each effect that nothing explains', () => {
  const unexplained = [{ stepId: 'pay', tool: 'refund', callId: 'c', what: 'no row tells of it' }] as never
  expect(totalLines({ decisions: 1, byKind: { call: 1 }, costUsd: null, effects: 2, unexplained })).toEqual([
    '1 decision: 1 call; cost unknown',
    '1 of 2 effects explained',
    'unexplained   refund in pay: no row tells of it (c)',
  ])
})

it('spells out what cannot be seen, and what only looks like plain letters', () => {
  expect(spelled('local:\u0430nna')).toBe('local:\\u{430}nna')
  expect(visible('a\u200Bb\u{E0041}\uD800é')).toBe('a\\u{200b}b\\u{e0041}\uFFFDé')
})
