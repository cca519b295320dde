import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineGuardrail, type Passing } from '../../../src/define/guardrail.ts'
import { defineTool } from '../../../src/define/tool.ts'
import { ModelUnavailable } from '../../../src/errors.ts'
import { redact } from '../../../src/integrations/redact.ts'
import type { ScriptedReply } from '../../../src/models/script.ts'
import type { GuardrailPlace, GuardrailVerdict } from '../../../src/schema/guardrail.ts'
import type { ModelRequest } from '../../../src/schema/model-call.ts'
import { dyingAt } from './dying.ts'
import { bench, testAgent } from './harness.ts'
import { decide, requestOf } from './people.ts'

type Says = (passing: Passing) => GuardrailVerdict | Promise<GuardrailVerdict>

const proceed = { verdict: 'proceed' } as const

function guardrail(
  at: GuardrailPlace,
  says: Says,
  changes: { name?: string; timeoutSeconds?: number; tools?: string[] } = {},
) {
  const declared = { name: 'house', version: '1.0.0', description: 'The rules of the house.', ...changes }
  return defineGuardrail({ ...declared, at: [at], run: async (passing) => says(passing) })
}

function guarded(answers: readonly ScriptedReply[], ...guardrails: ReturnType<typeof guardrail>[]) {
  const seen: ModelRequest[] = []
  const ran: unknown[] = []
  const mail = defineTool({
    name: 'mail',
    description: 'Sends a mail.',
    input: z.object({ to: z.string(), text: z.string().max(100) }),
    output: z.object({ sent: z.string() }),
    effect: 'keyed',
    run: async (input) => {
      ran.push(input)
      return { sent: `to ${input.to}` }
    },
  })
  const solver = answers.map((answer) => (request: ModelRequest) => {
    seen.push(structuredClone(request))
    return answer as never
  })
  const step = bench({ solver }, testAgent({ tools: [mail], guardrails }))
  return { step, seen, ran, told: (turn: number) => JSON.stringify(seen[turn]?.messages) }
}

const mailTo = (to: string, text = 'hello'): ScriptedReply => ({ toolUses: [{ name: 'mail', input: { to, text } }] })
const done = (answer = 'done'): ScriptedReply => ({ submit: { answer } })
const rowsOf = (step: ReturnType<typeof bench>, rule: string) => step.rows.filter((row) => row.rule === rule)

describe('before a model', () => {
  it('what it must not see is replaced, turn for turn, and recorded without telling what it was', async () => {
    const { step, told } = guarded(
      [mailTo('bob@example.com'), done()],
      redact({ types: ['email'], at: ['model.before'] }),
    )
    const question = 'Write to anna@example.com.'
    expect(await step.run({}, { input: { question } })).toMatchObject({ status: 'completed' })
    expect(told(0)).toContain('Write to [email].')
    expect(told(1)).toContain('to [email]')
    expect(told(1)).not.toContain('anna@')
    expect(rowsOf(step, 'guardrail.redact')).toMatchObject([
      { status: 'transformed', reason: 'model.before: 1 email', hashes: { after: expect.any(String) } },
      { status: 'transformed' },
    ])
  })

  it('a denial stops the step before the model is asked', async () => {
    const { step, seen } = guarded(
      [done()],
      guardrail('model.before', () => ({ verdict: 'deny', reason: 'not here' })),
    )
    expect(await step.run()).toMatchObject({ status: 'stopped', cause: 'refused', usage: { turns: 0 } })
    expect(seen).toEqual([])
    expect(await step.recorded()).toEqual(['start', 'decision:guardrail.house', 'outcome:refused'])
  })

  it('guidance goes with the message; what is no message denies', async () => {
    const { step, told } = guarded(
      [done()],
      guardrail('model.before', () => ({ verdict: 'guide', words: 'Be brief.' })),
    )
    expect(await step.run()).toMatchObject({ status: 'completed' })
    expect(told(0)).toContain('Be brief.')
    const odd = guarded(
      [done()],
      guardrail('model.before', () => ({ verdict: 'transform', value: 'text' })),
    )
    expect(await odd.step.run()).toMatchObject({ status: 'stopped', cause: 'refused' })
  })
})

describe('after a model', () => {
  it('what was taken out of an answer is nowhere in the record', async () => {
    const { step } = guarded([done('card 4111 1111 1111 1111')], redact({ types: ['card'], at: ['model.after'] }))
    expect(await step.run()).toMatchObject({ status: 'completed', output: { answer: 'card [card]' } })
    const { records } = await step.journal.readStep(step.input.runId, step.input.stepId)
    expect(JSON.stringify(records)).not.toContain('1111')
    expect(await step.recorded()).toEqual(['start', 'decision:guardrail.redact', 'turn:toolUse', 'outcome:completed'])
  })

  it('a denial stops the step, withholds the answer, and is paid for', async () => {
    const { step, ran } = guarded(
      [mailTo('bob'), done()],
      guardrail('model.after', () => ({ verdict: 'deny', reason: 'no' })),
    )
    expect(await step.run()).toMatchObject({ status: 'stopped', cause: 'refused', usage: { turns: 1 } })
    expect(ran).toEqual([])
    const { records } = await step.journal.readStep(step.input.runId, step.input.stepId)
    expect(JSON.stringify(records)).not.toContain('bob')
    expect(rowsOf(step, 'guardrail.house')).toMatchObject([{ event: 'rejection', status: 'refused' }])
  })

  it('guidance is a repair: one that always guides ends by the bound of repairs', async () => {
    const says = guardrail('model.after', () => ({ verdict: 'guide', words: 'Say please.' }))
    const { step, told } = guarded([done(), done(), done(), done(), done()], says)
    expect(await step.run()).toMatchObject({ status: 'stopped', cause: 'checkRejected', usage: { turns: 3 } })
    expect(told(1)).toContain('Say please.')
  })
})

describe('before a tool', () => {
  it('a denied call is not made, and the agent is told', async () => {
    const says: Says = ({ value }) =>
      JSON.stringify(value).includes('stranger') ? { verdict: 'deny', reason: 'only friends' } : proceed
    const { step, ran, told } = guarded([mailTo('stranger'), mailTo('friend'), done()], guardrail('tool.before', says))
    expect(await step.run()).toMatchObject({ status: 'completed' })
    expect(ran).toEqual([{ to: 'friend', text: 'hello' }])
    expect(told(1)).toContain('only friends')
    expect(rowsOf(step, 'guardrail.house')).toMatchObject([{ event: 'tool', status: 'denied' }])
  })

  it('changed arguments are what is called with, and must fit', async () => {
    const { step, ran } = guarded(
      [mailTo('bob@example.com'), done()],
      redact({ types: ['email'], at: ['tool.before'] }),
    )
    expect(await step.run()).toMatchObject({ status: 'completed' })
    expect(ran).toEqual([{ to: '[email]', text: 'hello' }])
    const row = step.rows.find(({ event }) => event === 'tool')
    expect(row).toMatchObject({ status: 'ok', hashes: { edited: expect.any(String) } })

    const long: Says = () => ({ verdict: 'transform', value: { to: 'bob', text: 'x'.repeat(1_000) } })
    const odd = guarded([mailTo('bob'), done()], guardrail('tool.before', long))
    expect(await odd.step.run()).toMatchObject({ status: 'completed' })
    expect(odd.ran).toEqual([])
  })

  it('a confirmation asks a person, once', async () => {
    let looks = 0
    const says: Says = () => {
      looks += 1
      return { verdict: 'confirm', reason: 'a mail goes out' }
    }
    const { step, ran } = guarded([mailTo('bob'), done()], guardrail('tool.before', says))
    const asked = await step.run()
    expect(requestOf(asked)).toMatchObject({ kind: 'tool', subject: { to: 'bob', text: 'hello' } })
    expect(ran).toEqual([])
    expect(await step.run({}, { decision: decide(asked) })).toMatchObject({ status: 'completed' })
    expect(ran).toHaveLength(1)
    expect(looks).toBe(2)

    const no = guarded([mailTo('bob'), done()], guardrail('tool.before', says))
    const again = await no.step.run()
    expect(await no.step.run({}, { decision: decide(again, { outcome: 'denied' }) })).toMatchObject({
      status: 'completed',
    })
    expect(no.ran).toEqual([])
  })

  it('a confirmation stands for no other guardrail: those after it are asked, before and after a person', async () => {
    const confirms = guardrail('tool.before', () => ({ verdict: 'confirm', reason: 'a mail goes out' }), {
      name: 'asks',
    })
    const denies = guardrail('tool.before', () => ({ verdict: 'deny', reason: 'never' }), { name: 'denies' })
    const denied = guarded([mailTo('bob'), done()], confirms, denies)
    expect(await denied.step.run()).toMatchObject({ status: 'completed' })
    expect([denied.ran, rowsOf(denied.step, 'guardrail.denies')]).toMatchObject([[], [{ status: 'denied' }]])

    const cleans = redact({ types: ['card'], at: ['tool.before'] })
    const { step, ran } = guarded([mailTo('bob', '4111 1111 1111 1111'), done()], confirms, cleans)
    const asked = await step.run()
    expect(requestOf(asked)).toMatchObject({ subject: { to: 'bob', text: '[card]' } })
    expect(await step.run({}, { decision: decide(asked) })).toMatchObject({ status: 'completed' })
    expect(ran).toEqual([{ to: 'bob', text: '[card]' }])
  })

  it.each([
    ['is looked at like any other', 'a refund', 'guardrail.denies'],
    ['is refused where it would have to be changed', 'anna@example.com', 'guardrail.redact'],
    ['is what is sent', 'hello', undefined],
  ])('what a person puts in the place of arguments that were changed: %s', async (_, text, rule) => {
    const cleans = redact({ types: ['email'], at: ['tool.before'] })
    const confirms = guardrail('tool.before', () => ({ verdict: 'confirm', reason: 'sure?' }), { name: 'asks' })
    const denies = guardrail(
      'tool.before',
      ({ value }) =>
        JSON.stringify(value).includes('refund') ? { verdict: 'deny', reason: 'never' } : { verdict: 'proceed' },
      { name: 'denies' },
    )
    const { step, ran } = guarded([mailTo('bob@example.com'), done()], cleans, denies, confirms)
    const asked = await step.run()
    const edited = { to: 'bob', text }
    expect(await step.run({}, { decision: decide(asked, { edited }) })).toMatchObject({ status: 'completed' })
    expect(ran).toEqual(rule === undefined ? [edited] : [])
    if (rule !== undefined) expect(step.rows.findLast(({ event }) => event === 'tool')).toMatchObject({ rule })
  })

  it('looks only at the tools that it names', async () => {
    const says = guardrail('tool.before', () => ({ verdict: 'deny', reason: 'no' }), { tools: ['other'] })
    const { step, ran } = guarded([mailTo('bob'), done()], says)
    await step.run()
    expect(ran).toHaveLength(1)
  })
})

describe('after a tool', () => {
  it('the agent and the record get what passes', async () => {
    const { step, told } = guarded(
      [mailTo('bob@example.com'), done()],
      redact({ types: ['email'], at: ['tool.after'] }),
    )
    expect(await step.run()).toMatchObject({ status: 'completed' })
    expect(told(1)).toContain('to [email]')
    const { records } = await step.journal.readStep(step.input.runId, step.input.stepId)
    const results = records.filter(({ row }) => row.event === 'tool').map(({ body }) => JSON.stringify(body))
    expect(results.join()).not.toContain('bob@')
    const denies = guarded(
      [mailTo('bob'), done()],
      guardrail('tool.after', () => ({ verdict: 'deny', reason: 'private' })),
    )
    expect(await denies.step.run()).toMatchObject({ status: 'completed' })
    expect(denies.told(1)).toContain('(withheld by guardrail.house: private)')
    expect(denies.ran).toHaveLength(1)
  })
})

describe('a guardrail that is not well', () => {
  const cases: readonly (readonly [string, Says])[] = [
    ['throws', () => Promise.reject(new Error('broken'))],
    ['never answers', () => new Promise(() => undefined)],
    ['gives no verdict', () => ({ verdict: 'perhaps' }) as never],
    ['gives nothing', () => undefined as never],
    ['gives what is no JSON', () => ({ verdict: 'transform', value: { to: Number.NaN } }) as never],
  ]
  it.each(cases)('lets nothing pass: it %s', async (_, says) => {
    for (const at of ['model.before', 'model.after'] as const) {
      const { step } = guarded([done()], guardrail(at, says, { timeoutSeconds: 1 }))
      expect(await step.run()).toMatchObject({ status: 'stopped', cause: 'refused' })
    }
    const { step, ran } = guarded([mailTo('bob'), done()], guardrail('tool.before', says, { timeoutSeconds: 1 }))
    expect(await step.run()).toMatchObject({ status: 'completed' })
    expect(ran).toEqual([])
  })

  it('may say that it answers later: the step is tried again', async () => {
    const later = new ModelUnavailable({ message: 'busy', next: 'Later.' })
    const { step } = guarded(
      [done()],
      guardrail('model.before', () => Promise.reject(later)),
    )
    await expect(step.run()).rejects.toThrow('busy')
  })

  it('can ask nobody about what a model is told or says', async () => {
    const { step } = guarded(
      [done()],
      guardrail('model.after', () => ({ verdict: 'confirm', reason: 'sure?' })),
    )
    expect(await step.run()).toMatchObject({ status: 'stopped', cause: 'refused' })
  })
})

it('each looks at what the one before it let pass, in their order, until one refuses', async () => {
  const order: string[] = []
  const says = (name: string, verdict: GuardrailVerdict) =>
    guardrail(
      'tool.before',
      ({ value }) => {
        order.push(`${name} ${(value as { to: string }).to}`)
        return verdict
      },
      { name },
    )
  const { step, ran } = guarded(
    [mailTo('bob'), done()],
    says('first', { verdict: 'transform', value: { to: 'anna', text: 'a' } }),
    says('second', { verdict: 'deny', reason: 'no' }),
    says('third', proceed),
  )
  await step.run()
  expect(order).toEqual(['first bob', 'second anna'])
  expect(ran).toEqual([])
})

it('dying at any durable write, nothing that was taken out is ever recorded', async () => {
  const secret = '4111 1111 1111 1111'
  for (let n = 1; n <= 8; n += 1) {
    for (const when of ['before', 'after'] as const) {
      const rules = redact({ types: ['card'] })
      const answers = [mailTo('bob', secret), done(secret)]
      const { step } = guarded(answers, rules)
      await step.run({ journal: dyingAt(step.journal, n, when) }).catch(() => undefined)
      const { model } = guarded(answers).step.dependencies
      expect(await step.run({ model })).toMatchObject({ status: 'completed', output: { answer: '[card]' } })
      const { records } = await step.journal.readStep(step.input.runId, step.input.stepId)
      expect(JSON.stringify(records)).not.toContain('1111 1111')
    }
  }
})
