import { describe, expect, it } from 'vitest'
import { Conflict } from '../../../src/errors.ts'
import type { Model } from '../../../src/models/model.ts'
import { scriptedModel } from '../../../src/models/scripted.ts'
import type { Journal } from '../../../src/records/journal.ts'
import type { ModelRequest } from '../../../src/schema/model-call.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'
import { budgetOf } from './budget-bench.ts'
import { bench, changingAdd, testAgent } from './harness.ts'

const usage = { inputTokens: 1_000, outputTokens: 1_000 }
const call = { toolUses: [{ name: 'add', input: { a: 1, b: 2 } }], usage }
const submit = { submit: { answer: '3' }, usage }
const agent = (changes = {}) =>
  testAgent({ tools: [changingAdd()], model: { id: 'model-a', maxTokens: 1_000 }, ...changes })

describe('a budget above the step', () => {
  it('is told what was spent, and gets the rest back', async () => {
    const budget = await budgetOf({ costUsd: 1, tokens: 100_000, turns: 10, toolCalls: 10 })
    const step = bench({ solver: [call, submit] }, agent())
    expect(await step.run({ openBudget: budget.openBudget })).toMatchObject({ status: 'completed' })
    const { spent, left, lost } = await budget.level()
    expect(spent).toEqual({ costUsd: 0.012, tokens: 4_000, turns: 2, toolCalls: 1 })
    expect(left).toEqual({ costUsd: 988_000_000, tokens: 96_000, turns: 8, toolCalls: 9 })
    expect(lost).toEqual({ costUsd: 0, tokens: 0, turns: 0, toolCalls: 0 })
  })

  it('stops the step before a turn that it might not bear, naming level, limit and what is left', async () => {
    const budget = await budgetOf({ turns: 2 })
    const step = bench({ solver: [{ ...call, repeat: true }] }, agent())
    expect(await step.run({ openBudget: budget.openBudget })).toMatchObject({
      status: 'stopped',
      cause: 'budget',
      reason: expect.stringContaining('The budget of the run is used up: of turns 2, 0 is left'),
      next: expect.stringContaining('baton budget RUN --raise'),
      usage: { turns: 2 },
    })
    await budget.raise({ turns: 3 })
    expect(await step.run({ openBudget: budget.openBudget }, { execution: 2 })).toMatchObject({ usage: { turns: 3 } })
    expect(await budget.level()).toMatchObject({ spent: { turns: 3 }, left: { turns: 0 } })
  })

  it('is never overspent, whatever the prices: an answer is asked for at its dearest', async () => {
    const budget = await budgetOf({ costUsd: 0.03 })
    const step = bench({ solver: [{ ...call, repeat: true }] }, agent())
    const result = await step.run({ openBudget: budget.openBudget })
    expect(result).toMatchObject({ status: 'stopped', cause: 'budget' })
    expect(result.usage.turns).toBeGreaterThan(1)
    expect((await budget.level()).spent.costUsd).toBeLessThanOrEqual(0.03)
  })

  it('charges an answer that was never recorded once, and names it', async () => {
    const budget = await budgetOf({ tokens: 100_000 })
    const step = bench({ solver: [call, submit] }, agent())
    const dying = { openBudget: budget.openBudget, journal: dyingAt(step.journal, 1) }
    await expect(step.run(dying)).rejects.toThrow('killed')
    const reserved = (await budget.slice()).reserved.tokens
    expect(reserved).toBeGreaterThan(1_000)
    const again = bench({ solver: [call, submit] }, agent())
    const went = { ...again.dependencies, journal: step.journal, artifacts: step.artifacts }
    expect(await step.run({ ...went, openBudget: budget.openBudget })).toMatchObject({ status: 'completed' })
    const { spent, lost, left } = await budget.level()
    expect(lost.tokens).toBe(reserved)
    expect(spent.tokens).toBe(4_000 + reserved)
    expect(left.tokens).toBe(100_000 - spent.tokens)
  })

  it('lets no more tool calls through than it has', async () => {
    const budget = await budgetOf({ toolCalls: 2 })
    const many = { toolUses: [1, 2, 3].map((a) => ({ name: 'add', input: { a, b: 2 } })), usage }
    const step = bench({ solver: [many, submit] }, agent())
    expect(await step.run({ openBudget: budget.openBudget })).toMatchObject({ usage: { toolCalls: 2 } })
    expect(await step.recorded()).toContain('tool:toolCallLimit')
    expect(await budget.level()).toMatchObject({ spent: { toolCalls: 2 }, left: { toolCalls: 0 } })
  })

  it('lets the calls of an answer run that is recorded, by another invocation too', async () => {
    const budget = await budgetOf({ toolCalls: 2, turns: 5 })
    const { openBudget } = budget
    const step = bench({ solver: [call, submit] }, agent())
    let asked = 0
    expect(await step.run({ openBudget, isCancelled: async () => ++asked > 1 })).toMatchObject({ cause: 'cancelled' })
    expect(await budget.level()).toMatchObject({ spent: { turns: 1, toolCalls: 0 }, left: { turns: 4, toolCalls: 2 } })
    expect(await step.run({ openBudget }, { execution: 2 })).toMatchObject({ status: 'completed' })
    expect(await budget.level()).toMatchObject({ spent: { turns: 2, toolCalls: 1 }, left: { turns: 3, toolCalls: 1 } })
  })

  it('is not held in dollars with a model whose price is not known', async () => {
    const budget = await budgetOf({ costUsd: 5 })
    const step = bench({ solver: [submit] }, agent())
    const unpriced = { openBudget: budget.openBudget, priceOf: () => undefined }
    expect(await step.run(unpriced)).toMatchObject({
      cause: 'budget',
      reason: expect.stringContaining('The price of model-a is not known'),
      next: expect.stringContaining('BATON_PRICES'),
    })
    const tokens = await budgetOf({ tokens: 50_000 })
    const other = bench({ solver: [submit] }, agent())
    expect(await other.run({ ...unpriced, openBudget: tokens.openBudget })).toMatchObject({ status: 'completed' })
  })
})

/** Its process dies before that answer is recorded. */
function dyingAt(journal: Journal, turn: number): Pick<Journal, 'readStep' | 'claimAttempt'> {
  return {
    readStep: journal.readStep,
    async claimAttempt(claim) {
      const writer = await journal.claimAttempt(claim)
      if (writer instanceof Conflict) return writer
      const { appendAll } = writer
      return Object.assign(writer, {
        appendAll: async (...given: Parameters<typeof appendAll>) => {
          if (given[0].some(({ entry }) => entry.event === 'turn' && entry.turn === turn)) throw new Error('killed')
          return appendAll(...given)
        },
      })
    },
  }
}

/** What each request asked for. */
function listening(model: Model): { readonly model: Model; readonly requests: ModelRequest[] } {
  const requests: ModelRequest[] = []
  const call: Model['call'] = (request, options) => {
    requests.push(request)
    return model.call(request, options)
  }
  return { model: { provider: model.provider, description: model.description, call }, requests }
}

const limited = (onLimit: object, changes = {}) => agent({ onLimit, ...changes })
const script = (solver: readonly object[]) =>
  listening(scriptedModel({ solver } as never, { clock: fakeClock('2026-01-01T00:00:00.000Z', { auto: true }) }))

describe('the policy finish', () => {
  it.each([
    ['turns', { turns: 3 }, 3],
    ['tokens', { tokens: 7_500 }, 3],
    ['costUsd', { costUsd: 0.022 }, 3],
    ['toolCalls', { toolCalls: 2 }, 3],
  ] as const)('keeps one last answer back before limits.%s', async (limit, limits, turns) => {
    const { model, requests } = script([call, call, { ...submit, repeat: true }])
    const step = bench(model, limited({ [limit]: 'finish' }, { limits }))
    expect(await step.run()).toMatchObject({ status: 'completed', output: { answer: '3' }, usage: { turns } })
    expect(await step.recorded()).toContain('decision:limit.finish')
    expect(requests.at(-1)?.toolChoice).toEqual({ tool: 'submit_output' })
    expect(JSON.stringify(requests.at(-1)?.messages.at(-1))).toContain('this is your last answer')
  })

  it('keeps a quarter of limits.seconds for the last answer', async () => {
    const { model, requests } = script([call, submit])
    const step = bench(model, limited({ seconds: 'finish' }, { limits: { seconds: 10 } }))
    const slow: Model['call'] = async (request, options) => {
      if (requests.length === 0) await step.clock.sleep(8_000)
      return model.call(request, options)
    }
    expect(await step.run({ model: { ...model, call: slow } })).toMatchObject({ status: 'completed' })
    expect(requests.map(({ toolChoice }) => toolChoice)).toEqual(['auto', { tool: 'submit_output' }])
  })

  it('holds what the last answer needs, so that no other step can take it', async () => {
    const budget = await budgetOf({ turns: 3 })
    const { model } = script([call, call, { ...submit, repeat: true }])
    const step = bench(model, limited({ budget: 'finish' }))
    expect(await step.run({ openBudget: budget.openBudget })).toMatchObject({
      status: 'completed',
      usage: { turns: 3 },
    })
    expect(await budget.level()).toMatchObject({ spent: { turns: 3 }, left: { turns: 0 } })
  })

  it('is told the model once, also where its process dies with the answer on its way', async () => {
    const { model, requests } = script([call, { ...submit, repeat: true }])
    const step = bench(model, limited({ turns: 'finish' }, { limits: { turns: 2 } }))
    const journal = dyingAt(step.journal, 2)
    await expect(step.run({ journal })).rejects.toThrow('killed')
    expect(await step.run()).toMatchObject({ status: 'completed' })
    expect((await step.recorded()).filter((row) => row === 'decision:limit.finish')).toHaveLength(1)
    expect(
      requests.map(({ messages }) => JSON.stringify(messages).split('this is your last answer').length - 1),
    ).toEqual([0, 1, 1])
  })
})

describe('the policy degrade', () => {
  const models = { id: 'model-a', degradeTo: 'model-b', maxTokens: 1_000 }
  const cheaper = (_: string, id: string) => ({
    costUsd: ({ inputTokens, outputTokens }: { inputTokens: number; outputTokens: number }) =>
      ((inputTokens + 5 * outputTokens) * (id === 'model-b' ? 0.1 : 1)) / 1_000_000,
  })

  it.each([
    ['costUsd', { costUsd: 0.014 }, undefined],
    ['budget', {}, { costUsd: 0.03 }],
  ] as const)('goes on with the cheaper model near %s, for the rest of the step', async (limit, limits, above) => {
    const { model, requests } = script([call, call, call, call, { ...submit, repeat: true }])
    const step = bench(model, limited({ [limit]: 'degrade' }, { model: models, limits }))
    const budget = above && (await budgetOf(above))
    const result = await step.run({ priceOf: cheaper, openBudget: budget?.openBudget })
    expect(result).toMatchObject({ status: 'completed', usage: { turns: 5 } })
    const asked = requests.map(({ modelId }) => modelId)
    expect(asked[0]).toBe('model-a')
    expect(asked.slice(asked.indexOf('model-b'))).not.toContain('model-a')
    expect((await step.recorded()).filter((row) => row === 'decision:limit.degrade')).toHaveLength(1)
  })

  it('stops where the cheaper one cannot be paid either', async () => {
    const { model } = script([{ ...call, repeat: true }])
    const step = bench(
      model,
      limited(
        { costUsd: 'degrade' },
        { model: models, limits: { costUsd: 0.02, turns: 200, toolCalls: 500, tokens: 1e6 } },
      ),
    )
    expect(await step.run({ priceOf: cheaper })).toMatchObject({ cause: 'costLimit' })
  })
})

describe('the policy ask', () => {
  it.each([
    ['turns', { turns: 2 }],
    ['tokens', { tokens: 6_000 }],
    ['costUsd', { costUsd: 0.016 }],
    ['toolCalls', { toolCalls: 1 }],
  ] as const)('lets a person say whether it may go on beyond limits.%s', async (limit, limits) => {
    const { model } = script([call, call, { ...call, repeat: true }])
    const step = bench(model, limited({ [limit]: 'ask' }, { limits }))
    const asked = await step.run()
    expect(asked).toMatchObject({ status: 'approval', request: { kind: 'limit', subject: { limit } } })
    if (asked.status !== 'approval') return
    const { approvalId, subjectSha256, requestedAt: at } = asked.request
    const decision = { approvalId, subjectSha256, by: ['ann'], at, expired: false }
    const more = await step.run({}, { decision: { ...decision, outcome: 'approved' } })
    expect(more).toMatchObject({ status: 'approval', request: { kind: 'limit' } })
    if (more.status !== 'approval') return
    expect(more.request.approvalId).not.toBe(approvalId)
    expect(more.usage.turns).toBeGreaterThan(asked.usage.turns)
    const { subjectSha256: second } = more.request
    const no = { ...decision, approvalId: more.request.approvalId, subjectSha256: second, at: more.request.requestedAt }
    expect(await step.run({}, { decision: { ...no, outcome: 'denied', guidance: 'Enough.' } })).toMatchObject({
      status: 'stopped',
      cause: 'denied',
      reason: expect.stringContaining('Enough.'),
    })
  })

  it('goes on once the budget has been raised', async () => {
    const budget = await budgetOf({ turns: 1 })
    const { model } = script([call, submit])
    const step = bench(model, limited({ budget: 'ask' }))
    const asked = await step.run({ openBudget: budget.openBudget })
    expect(asked).toMatchObject({ status: 'approval', request: { subject: { limit: 'budget' } } })
    if (asked.status !== 'approval') return
    const { approvalId, subjectSha256, requestedAt: at } = asked.request
    await budget.raise({ turns: 2 })
    const decision = { approvalId, subjectSha256, by: ['ann'], at, expired: false, outcome: 'approved' as const }
    expect(await step.run({ openBudget: budget.openBudget }, { decision })).toMatchObject({ status: 'completed' })
  })
})
