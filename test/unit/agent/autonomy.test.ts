import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineTool } from '../../../src/define/tool.ts'
import type { ScriptedReply } from '../../../src/models/script.ts'
import type { ModelRequest } from '../../../src/schema/model-call.ts'
import { budgetOf } from './budget-bench.ts'
import { bench, testAgent } from './harness.ts'
import { decide, requestOf } from './people.ts'

/** A step of scripted answers; `seen` are the requests that the model got. */
function scripted(answers: readonly ScriptedReply[], changes = {}) {
  const ran: string[] = []
  const seen: ModelRequest[] = []
  const browse = tool('browse', { effect: 'read', untrusted: true })
  const send = tool('send', { approval: { when: 'tainted' } })
  const note = tool('note', {})
  function tool(name: string, declared: object) {
    return defineTool({
      name,
      description: `It is called ${name}.`,
      input: z.object({ n: z.number().default(0) }),
      output: z.string(),
      ...declared,
      run: async ({ n }) => {
        ran.push(name)
        return `${name} ${n}`
      },
    })
  }
  const solver = answers.map((answer) => (request: ModelRequest) => {
    seen.push(request)
    return answer as never
  })
  const step = bench({ solver }, testAgent({ tools: [browse, send, note], ...changes }))
  const told = (turn: number) => JSON.stringify(seen[turn]?.messages.at(-1))
  return { step, ran, seen, told }
}

const call = (...names: string[]): ScriptedReply => ({ toolUses: names.map((name) => ({ name, input: {} })) })
const done = { submit: { answer: 'done' } }

describe('an agent that may only suggest', () => {
  it('has nothing done but reading, and is told so', async () => {
    const { step, ran, told } = scripted([call('note', 'browse'), done], { autonomy: 'suggest' })
    expect(await step.run()).toMatchObject({ status: 'completed', usage: { toolCalls: 2 } })
    expect(ran).toEqual(['browse'])
    expect(told(1)).toContain('Not done: you may only suggest this')
    expect(await step.recorded()).toContain('tool:autonomy.suggest')
    expect(step.rows.find(({ rule }) => rule === 'autonomy.suggest')).toMatchObject({
      status: 'suggested',
      tool: { name: 'note', effect: 'opaque' },
      hashes: { arguments: expect.any(String) },
    })
  })
})

describe('a tool that wants an approval where the agent is tainted', () => {
  it('runs before anything of strangers was read, and beside it', async () => {
    const { step, ran } = scripted([call('send'), call('browse', 'send'), done])
    expect(await step.run()).toMatchObject({ status: 'completed' })
    expect(ran).toEqual(['send', 'browse', 'send'])
  })

  it('is asked for after that, in every turn', async () => {
    const { step, ran } = scripted([call('browse'), call('note'), call('send'), done])
    const asked = await step.run()
    expect(requestOf(asked)).toMatchObject({ tool: 'send' })
    expect(ran).toEqual(['browse', 'note'])
    expect(await step.run({}, { decision: decide(asked) })).toMatchObject({ status: 'completed' })
    expect(step.rows.find(({ rule }) => rule === 'approval.tainted')).toMatchObject({ tool: { name: 'send' } })
  })
})

describe('an agent that may ask', () => {
  const ask = (question: object): ScriptedReply => ({ toolUses: [{ name: 'ask_person', input: question as never }] })
  const question = { question: 'Which colour?', options: ['red', 'blue'] }

  it('has a tool for it, and gets the answer as its result', async () => {
    const { step, seen, told } = scripted([ask(question), done], { asks: true, oversight: { role: 'painter' } })
    const asked = await step.run()
    expect(seen[0]?.tools.map(({ name }) => name)).toEqual(['browse', 'send', 'note', 'ask_person', 'submit_output'])
    expect(requestOf(asked)).toMatchObject({
      kind: 'question',
      summary: 'Which colour?',
      subject: question,
      policy: { role: 'painter' },
      answerSchema: { type: 'string', enum: ['red', 'blue'] },
    })
    const decision = decide(asked, { answer: 'blue' })
    expect(await step.run({}, { decision })).toMatchObject({ status: 'completed', usage: { toolCalls: 1 } })
    expect(told(1)).toContain('"status":"ok","content":"blue"')
  })

  it('goes on without an answer where there is none', async () => {
    const { step, told } = scripted([ask(question), done], { asks: true })
    const decision = decide(await step.run(), { outcome: 'denied', expired: true, by: [] })
    expect(await step.run({}, { decision })).toMatchObject({ status: 'completed' })
    expect(told(1)).toContain('Nobody answered this in time.')
  })

  it('can ask where it has no other tool, within a budget', async () => {
    const { step, seen } = scripted([ask(question)], { asks: true, tools: [] })
    const { openBudget } = await budgetOf({ toolCalls: 1 })
    expect(await step.run({ openBudget })).toMatchObject({ status: 'approval' })
    expect(seen[0]?.toolChoice).toBe('auto')
  })

  it('asks no more than so often in one step', async () => {
    const many = (turn: number) => ({
      toolUses: Array.from({ length: 10 }, (_, n) => ({ name: 'ask_person', input: { question: `${turn}.${n}?` } })),
    })
    const { step } = scripted([many(1), many(2), done], { asks: true, limits: { toolCalls: 100 } })
    let result = await step.run()
    let asks = 0
    for (; result.status === 'approval'; asks += 1) {
      result = await step.run({}, { decision: decide(result, { answer: 'yes' }) })
    }
    expect([result.status, asks]).toEqual(['completed', 16])
    expect((await step.recorded()).filter((row) => row === 'tool:askLimit')).toHaveLength(4)
  })

  it('does not know of it otherwise', async () => {
    const { step, seen } = scripted([ask(question), done])
    expect(await step.run()).toMatchObject({ status: 'completed' })
    expect(JSON.stringify(seen[0])).not.toContain('ask_person')
    expect(await step.recorded()).toContain('tool:unknownTool')
  })
})

describe('an agent in a loop', () => {
  it('is told that a call is in vain, and goes on', async () => {
    const { step, ran, told } = scripted([call('note'), call('note'), call('note'), done])
    expect(await step.run()).toMatchObject({ status: 'completed', usage: { toolCalls: 2 } })
    expect(ran).toHaveLength(2)
    expect(told(3)).toContain('loop: You have made this very call before')
  })

  it('is stopped where it does not listen, and may go on where a person resumes it', async () => {
    const { step, ran } = scripted([...Array.from({ length: 4 }, () => call('note')), call('note'), done])
    expect(await step.run()).toMatchObject({ status: 'stopped', cause: 'loop', usage: { turns: 4, toolCalls: 2 } })
    expect(await step.run({}, { execution: 2 })).toMatchObject({ status: 'completed' })
    expect(ran).toHaveLength(3)
  })

  it('asks no person a third time for what they denied twice', async () => {
    const { step } = scripted([call('note'), call('note'), call('note'), done], { autonomy: 'approve' })
    const deny = { outcome: 'denied' } as const
    const first = await step.run()
    const second = await step.run({}, { decision: decide(first, deny) })
    expect(requestOf(second).approvalId).not.toBe(requestOf(first).approvalId)
    expect(await step.run({}, { decision: decide(second, deny) })).toMatchObject({ status: 'completed' })
  })
})
