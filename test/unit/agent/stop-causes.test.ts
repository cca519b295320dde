import { expect, it } from 'vitest'
import * as z from 'zod'
import type { Script } from '../../../src/models/scripted.ts'
import type { StopCause } from '../../../src/schema/step.ts'
import { budgetOf } from './budget-bench.ts'
import { type Bench, bench, testAgent } from './harness.ts'
import { decide } from './people.ts'

const call = { toolUses: [{ name: 'add', input: { a: 1, b: 2 } }], repeat: true }
const usage = { inputTokens: 1_000, outputTokens: 1_000 }
const script = (...solver: Extract<Script[string], readonly unknown[]>): Script => ({ solver })

/** Every cause that a step can have: `undecided` is a rule's. */
const cases: Record<Exclude<StopCause, 'undecided'>, () => { step: Bench; run?: () => ReturnType<Bench['run']> }> = {
  turnLimit: () => ({ step: bench(script(call), testAgent({ limits: { turns: 3 } })) }),
  toolCallLimit: () => ({ step: bench(script(call), testAgent({ limits: { toolCalls: 2 } })) }),
  tokenLimit: () => ({ step: bench(script({ ...call, usage }), testAgent({ limits: { tokens: 5_000 } })) }),
  costLimit: () => ({ step: bench(script({ ...call, usage }), testAgent({ limits: { costUsd: 0.01 } })) }),
  timeLimit: () => ({ step: bench(script({ ...call, latencyMs: 4_000 }), testAgent({ limits: { seconds: 10 } })) }),
  attemptLimit: () => {
    const step = bench(script({ submit: { answer: '3' } }))
    return { step, run: () => step.run({ journal: begunTimes(step, 200) }) }
  },
  offSchema: () => ({ step: bench(script({ submit: { wrong: 1 }, repeat: true })) }),
  checkRejected: () => {
    const check = {
      name: 'never',
      description: 'Refuses all.',
      run: async () => ({ verdict: 'reject' as const, problems: ['no'] }),
    }
    return { step: bench(script({ submit: { answer: 'x' }, repeat: true }), testAgent({ checks: [check] })) }
  },
  refused: () => ({ step: bench(script({ text: '', stopReason: 'contentFiltered' })) }),
  maxTokens: () => ({ step: bench(script({ text: 'so', stopReason: 'maxTokens', repeat: true })) }),
  modelUnavailable: () => ({ step: bench(script({ fail: 'unavailable', repeat: true })) }),
  modelRejected: () => ({ step: bench(script({ fail: 'rejected' })) }),
  inputRejected: () => {
    const step = bench(script({ text: 'x' }))
    return { step, run: () => step.run({}, { input: { question: 7 } }) }
  },
  outputTooLarge: () => {
    const step = bench(script({ submit: { answer: 'x'.repeat(500) } }))
    return { step, run: () => step.run({}, { inlineBytes: 300, inlineFields: ['answer'] }) }
  },
  budget: () => {
    const step = bench(script(call))
    return { step, run: async () => step.run({ openBudget: (await budgetOf({ turns: 2 })).openBudget }) }
  },
  denied: () => {
    const agent = testAgent({ limits: { repairs: 0 }, onLimit: { repairs: 'ask' } })
    const step = bench(script({ submit: { wrong: 1 } }), agent)
    return { step, run: async () => step.run({}, { decision: decide(await step.run(), { outcome: 'denied' }) }) }
  },
  loop: () => ({ step: bench(script(call)) }),
  braked: () => {
    const step = bench(script(call))
    const held = { scope: { of: 'fleet' as const }, reason: 'fire', by: 'ann', at: '2026-01-01T00:00:00.000Z' }
    return { step, run: () => step.run({ brake: async () => held }) }
  },
  cancelled: () => {
    const step = bench(script(call))
    let asked = 0
    return { step, run: () => step.run({ isCancelled: async () => ++asked > 2 }) }
  },
}

it.each(Object.keys(cases) as (keyof typeof cases)[])('stops by rule: %s', async (cause) => {
  const { step, run = () => step.run() } = cases[cause]()
  const result = await run()
  expect(result).toMatchObject({
    status: 'stopped',
    cause,
    reason: expect.stringMatching(/./),
    next: expect.any(String),
  })
  expect((await step.recorded()).at(-1)).toBe(`outcome:${cause}`)
})

/** The journal as it would be if the step had been begun that often before. */
function begunTimes({ journal }: Bench, attempts: number): Bench['dependencies']['journal'] {
  return {
    claimAttempt: (claim) => journal.claimAttempt(claim),
    async readStep(run, step) {
      const read = await journal.readStep(run, step)
      return { ...read, nextAttempt: Math.max(read.nextAttempt, attempts + 1) }
    },
  }
}

it('begins a step 200 times and then says so, whatever seconds are left', async () => {
  const done = script({ submit: { answer: '3' } })
  const last = bench(done)
  expect(await last.run({ journal: begunTimes(last, 199) })).toMatchObject({ status: 'completed' })
  const over = bench(done)
  expect(await over.run({ journal: begunTimes(over, 200) })).toMatchObject({
    reason: 'The step was begun 200 times without coming to an end.',
    next: expect.not.stringContaining('limits.seconds'),
    usage: { turns: 0 },
  })
  expect(await over.run({}, { execution: 2 })).toMatchObject({ status: 'completed' })
})

it('reckons with the dearest model that may come to answer', async () => {
  const asked: number[] = []
  const agent = testAgent({ model: { id: 'cheap', fallbacks: ['dear'] }, tools: [], limits: { costUsd: 0.1 } })
  const step = bench(
    script({ fail: 'denied' }, ({ maxTokens }) => {
      asked.push(maxTokens)
      return { submit: { answer: '3' }, usage: { inputTokens: 0, outputTokens: maxTokens } }
    }),
    agent,
  )
  const perTokenUsd = (id: string) => (id === 'dear' ? 0.001 : 0)
  const result = await step.run({
    priceOf: (_, id) => ({ costUsd: ({ outputTokens }) => outputTokens * perTokenUsd(id) }),
  })
  expect(result).toMatchObject({ status: 'completed', usage: { costUsd: 0.1 } })
  expect(asked).toEqual([100])
})

it('holds the bounds rather than finding them broken', async () => {
  const limits = { turns: 100, toolCalls: 100, tokens: 20_000, costUsd: 0.02 }
  const dear = bench(
    { solver: ({ maxTokens }) => ({ ...call, usage: { inputTokens: 50, outputTokens: maxTokens } }) },
    testAgent({ limits }),
  )
  const { usage: spent } = await dear.run()
  expect(spent.turns).toBeGreaterThan(0)
  expect(spent.costUsd).toBeLessThanOrEqual(limits.costUsd)
  expect(spent.inputTokens + spent.outputTokens).toBeLessThanOrEqual(limits.tokens)
})

it('sends an output that is off schema back, with what is wrong', async () => {
  const step = bench(script({ submit: { wrong: 1 } }, { submit: { answer: '3' } }))
  const result = await step.run()
  expect(result).toMatchObject({ status: 'completed', output: { answer: '3' }, usage: { turns: 2 } })
  expect(await step.recorded()).toContain('rejection:output schema')
})

it('tells the model what a check found', async () => {
  const seen: string[] = []
  const check = {
    name: 'digits',
    description: 'Only digits.',
    run: async (output: unknown) =>
      /^\d+$/.test((output as { answer: string }).answer)
        ? ({ verdict: 'accept' } as const)
        : ({ verdict: 'reject', problems: ['"three" is no digit'] } as const),
  }
  const step = bench(
    script({ submit: { answer: 'three' } }, (request) => {
      seen.push(JSON.stringify(request.messages.at(-1)))
      return { submit: { answer: '3' } }
    }),
    testAgent({ checks: [check] }),
  )
  expect(await step.run()).toMatchObject({ status: 'completed', output: { answer: '3' } })
  expect(seen[0]).toContain('\\"three\\" is no digit')
})

it('stops at once where a check itself is broken', async () => {
  const check = { name: 'broken', description: 'Throws.', run: () => Promise.reject(new TypeError('bug')) }
  const step = bench(script({ submit: { answer: 'x' } }), testAgent({ checks: [check] }))
  expect(await step.run()).toMatchObject({ cause: 'checkRejected', reason: expect.stringContaining('bug') })
})

it.each([
  ['{"answer":"3"}', { answer: '3' }],
  ['Here it is:\n```json\n{"answer":"3"}\n```', { answer: '3' }],
])('takes an answer in text that fits the schema: %s', async (text, output) => {
  expect(await bench(script({ text })).run()).toMatchObject({ status: 'completed', output })
})

it('takes plain words where the output is a text, and wraps what is no object', async () => {
  const words = testAgent({ output: z.string(), tools: [] })
  expect(await bench(script({ text: 'three' }), words).run()).toMatchObject({ output: 'three' })
  expect(await bench(script({ submit: { output: 'three' } }), words).run()).toMatchObject({ output: 'three' })
})

it('does not know a cost without a price', async () => {
  const result = await bench(script({ submit: { answer: '3' } })).run({ priceOf: () => undefined })
  expect(result).toMatchObject({ status: 'completed', usage: { costUsd: null } })
})
