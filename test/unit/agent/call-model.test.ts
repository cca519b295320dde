import { expect, it } from 'vitest'
import type { ModelGuard, Refused } from '../../../src/breaker/model-guard.ts'
import { openModelGuard } from '../../../src/breaker/open-model-guard.ts'
import { ModelAccessDenied, ModelUnavailable } from '../../../src/errors.ts'
import type { Model } from '../../../src/models/model.ts'
import { openSqliteRecords } from '../../../src/records/sqlite.ts'
import { bench, testAgent } from './harness.ts'

const answer = { submit: { answer: '3' } }
const withFallback = testAgent({ model: { id: 'model-a', fallbacks: ['model-b'] } })

function modelOf(call: Model['call']): Model {
  return { provider: 'own', description: 'a user’s own adapter', call }
}

it('retries a throttled call, waiting as long as asked', async () => {
  const step = bench({ solver: [{ fail: 'throttled', retryAfterMs: 2_000 }, { fail: 'timedOut' }, answer] })
  const result = await step.run()
  expect(result.status).toBe('completed')
  expect(await step.recorded()).toEqual([
    'start',
    'decision:model.retry',
    'decision:model.retry',
    'turn:toolUse',
    'outcome:completed',
  ])
  expect(step.clock.slept).toContain(2_000)
})

it('backs off exponentially, with full jitter', async () => {
  const down = { fail: 'unavailable' } as const
  const step = bench({ solver: [down, down, down, answer] })
  await step.run({ random: () => 0.5 })
  expect(step.clock.slept.filter((milliseconds) => milliseconds < 60_000)).toEqual([250, 500, 1_000])
})

it('goes to the next model where one is denied or stays down', async () => {
  const asked: string[] = []
  const step = bench(
    {
      solver: [
        { fail: 'denied' },
        ({ modelId }) => {
          asked.push(modelId)
          return answer
        },
      ],
    },
    withFallback,
  )
  expect(await step.run()).toMatchObject({ status: 'completed' })
  expect(asked).toEqual(['model-b'])
  expect(await step.recorded()).toContain('decision:model.fallback')
})

it('names, and asks, no model but the one that the server has', async () => {
  const asked: string[] = []
  const model: Model = {
    provider: 'own',
    description: 'a server of one model',
    fixedModelId: 'model-z',
    async call({ modelId }) {
      asked.push(modelId)
      throw new ModelAccessDenied({ message: 'no', next: 'Give a key.' })
    },
  }
  const step = bench(model, withFallback)
  expect(await step.run()).toMatchObject({
    cause: 'modelUnavailable',
    reason: expect.stringMatching(/^model-z is not/),
  })
  expect(asked).toEqual(['model-z'])
  expect(await step.recorded()).toEqual(['start', 'outcome:modelUnavailable'])
})

it('tries each model a bounded number of times', async () => {
  const step = bench({ solver: [{ fail: 'garbage', repeat: true }] }, withFallback)
  expect(await step.run()).toMatchObject({ cause: 'modelUnavailable', reason: expect.stringContaining('model-b') })
  expect(await step.recorded()).toEqual([
    'start',
    ...Array.from({ length: 3 }, () => 'decision:model.retry'),
    'decision:model.fallback',
    ...Array.from({ length: 3 }, () => 'decision:model.retry'),
    'outcome:modelUnavailable',
  ])
})

it('waits outside, at no compute, where it is asked to wait long', async () => {
  const step = bench({ solver: [{ fail: 'throttled', retryAfterMs: 60_000 }, answer] })
  expect(await step.run()).toMatchObject({ status: 'wait', untilIso: '2026-01-01T00:01:00.000Z' })
  await step.clock.advance(60_000)
  expect(await step.run()).toMatchObject({ status: 'completed' })
})

it('takes a Retry-After of days for a no', async () => {
  const step = bench({ solver: [{ fail: 'throttled', retryAfterMs: 7 * 86_400_000 }] })
  expect(await step.run()).toMatchObject({ status: 'stopped', cause: 'modelUnavailable' })
})

it.each([
  ['nothing', undefined],
  ['HTML', '<html>'],
  ['an unknown block', { provider: 'x', modelId: 'm', content: [{ type: 'image' }], stopReason: 'endTurn' }],
  ['a function as input', { content: [{ type: 'toolUse', id: '1', name: 'add', input: () => 1 }] }],
])('takes %s from an adapter for garbage', async (_, response) => {
  const step = bench(modelOf(async () => response as never))
  expect(await step.run()).toMatchObject({ cause: 'modelUnavailable', reason: expect.stringContaining('Garbage') })
})

it('takes an error that is none of ours for an outage', async () => {
  const step = bench(
    modelOf(() => {
      throw new TypeError('fetch failed')
    }),
  )
  expect(await step.run()).toMatchObject({ cause: 'modelUnavailable', reason: expect.stringContaining('fetch failed') })
})

it('does not wait for an adapter that never answers', async () => {
  const step = bench(modelOf(() => new Promise(() => {})))
  expect(await step.run()).toMatchObject({ status: 'stopped', cause: 'modelUnavailable' })
  expect(step.clock.now().getTime() - Date.parse('2026-01-01')).toBeLessThanOrEqual(300_000)
})

it('gives tool calls with one id ids of their own, and heeds a bounded number', async () => {
  const uses = Array.from({ length: 100 }, (_, a) => ({ name: 'add', input: { a, b: 0 }, id: 'same' }))
  const step = bench({ solver: [{ toolUses: uses }, answer] }, testAgent({ limits: { toolCalls: 100 } }))
  expect(await step.run()).toMatchObject({ status: 'completed', usage: { toolCalls: 64 } })
  expect(await step.recorded()).toContain('decision:callsPerAnswer')
})

const until = (ms: number) => new Date(Date.parse('2026-01-01') + ms)

/** Says `answers` in turn, the last one for ever; notes what it is told. */
function guardOf(...answers: (true | Omit<Refused, 'admitted'>)[]) {
  const told: string[] = []
  let asked = 0
  const guard: ModelGuard = {
    async admit(modelId) {
      const answer = answers[Math.min(asked++, answers.length - 1)] ?? true
      return answer === true ? { admitted: true, modelId } : { admitted: false, ...answer }
    },
    succeeded: async ({ modelId }) => void told.push(`succeeded ${modelId}`),
    failed: async ({ modelId }, { name }) => void told.push(`failed ${modelId} ${name}`),
    abandoned: async ({ modelId }) => void told.push(`abandoned ${modelId}`),
    mayRetry: () => true,
  }
  return { guard, told }
}

it('leaves a model alone that others have found down, and asks the next', async () => {
  const step = bench({ solver: [answer] }, withFallback)
  const { guard, told } = guardOf({ rule: 'breaker.open', until: until(20_000), since: until(0) }, true)
  expect(await step.run({ guard })).toMatchObject({ status: 'completed' })
  expect(told).toEqual(['succeeded model-b'])
  const decision = step.rows.find(({ event }) => event === 'decision')
  expect(decision).toMatchObject({
    rule: 'breaker.open',
    options: ['model-b', 'stop'],
    reason: expect.stringContaining('model-a has given no answers since 2026-01-01T00:00:00.000Z'),
  })
})

it('waits at no compute for the soonest where none may be asked, and not for one that is down for long', async () => {
  const step = bench({ solver: [answer] }, withFallback)
  const { guard, told } = guardOf(
    { rule: 'breaker.open', until: until(40_000), since: until(0) },
    { rule: 'throttled', until: until(30_000) },
  )
  expect(await step.run({ guard })).toMatchObject({ status: 'wait', untilIso: until(30_000).toISOString() })
  expect(told).toEqual([])
  const gone = guardOf({ rule: 'breaker.open', until: until(40_000), since: until(-3_700_000) })
  const stuck = bench({ solver: [answer] })
  expect(await stuck.run({ guard: gone.guard })).toMatchObject({ status: 'stopped', cause: 'modelUnavailable' })
})

it('sleeps through a short pause that was asked of everybody', async () => {
  const step = bench({ solver: [answer] })
  const { guard } = guardOf({ rule: 'throttled', until: until(3_000) }, true)
  expect(await step.run({ guard })).toMatchObject({ status: 'completed' })
  expect(step.clock.slept).toContain(3_000)
})

it('tells the guard how each call ended; refusals and what it cut off itself count neither way', async () => {
  const failing = guardOf(true)
  await bench({ solver: [{ fail: 'garbage' }, { fail: 'denied' }] }).run({ guard: failing.guard })
  expect(failing.told).toEqual(['failed model-a RetryableModelGarbage', 'failed model-a ModelAccessDenied'])

  const controller = new AbortController()
  const cancelled = guardOf(true)
  const stop = modelOf(async () => {
    controller.abort()
    return new Promise(() => {})
  })
  await bench(stop).run({ guard: cancelled.guard, cancellation: () => controller.signal })
  expect(cancelled.told).toEqual(['abandoned model-a'])

  const late = guardOf(true)
  await bench(
    modelOf(() => new Promise(() => {})),
    testAgent({ limits: { seconds: 10 } }),
  ).run({ guard: late.guard })
  expect(late.told).toEqual(['abandoned model-a'])
})

it('does not retry where the budget for retries is used up', async () => {
  const step = bench({ solver: [{ fail: 'unavailable' }, answer] }, withFallback)
  const { guard } = guardOf(true)
  expect(await step.run({ guard: { ...guard, mayRetry: () => false } })).toMatchObject({ status: 'completed' })
  expect(await step.recorded()).toEqual(['start', 'decision:retryBudget', 'turn:toolUse', 'outcome:completed'])
})

it('with the guard of the records: stops hammering, waits, probes, and goes on', async () => {
  let [calls, isDown] = [0, true]
  const model = modelOf(async ({ modelId }) => {
    calls += 1
    if (isDown) throw new ModelUnavailable({ message: '503', next: 'Wait.' })
    return {
      provider: 'own',
      modelId,
      content: [{ type: 'toolUse', id: '1', name: 'submit_output', input: { answer: '3' } }],
      stopReason: 'toolUse',
      usage: { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 },
    }
  })
  const records = openSqliteRecords({ path: ':memory:', synchronous: 'NORMAL' })
  const first = bench(model)
  const guard = openModelGuard({ records, clock: first.clock, region: 'eu', random: () => 0 })
  expect(await first.run({ guard })).toMatchObject({ cause: 'modelUnavailable' })
  const second = bench(model)
  const shared = { guard, clock: first.clock }
  const waiting = await second.run(shared)
  expect(waiting).toMatchObject({ status: 'wait', reason: expect.stringContaining('it is not asked before') })
  expect(calls).toBe(5)
  expect(await second.run(shared)).toMatchObject({ status: 'wait' })
  expect(calls).toBe(5)
  await first.clock.advance(20_000)
  isDown = false
  expect(await second.run(shared)).toMatchObject({ status: 'completed' })
  expect(calls).toBe(6)
})
