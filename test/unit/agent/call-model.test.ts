import { expect, it } from 'vitest'
import { ModelAccessDenied } from '../../../src/errors.ts'
import type { Model } from '../../../src/models/model.ts'
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
