import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Json } from '../../../src/schema/json.ts'
import { ModelStopReason } from '../../../src/schema/model-call.ts'
import { StepResult } from '../../../src/schema/step.ts'
import { bench, testAgent } from './harness.ts'

const count = fc.nat({ max: 5_000 })
const usage = fc.record({ inputTokens: count, outputTokens: count, cacheReadTokens: count, cacheWriteTokens: count })
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.json(),
  fc.constant('```json\n{"answer":"3"}\n```'),
  fc.constant('\ud800'),
)
const input = fc.oneof(
  fc.jsonValue(),
  fc.record({ a: fc.double({ noNaN: true, noDefaultInfinity: true }), b: fc.integer() }),
  fc.constant({ answer: '3' }),
)
const block = fc.oneof(
  fc.record({ type: fc.constant('text'), text }),
  fc.record({
    type: fc.constant('toolUse'),
    id: fc.constantFrom('1', '2', '3'),
    name: fc.oneof(fc.constantFrom('add', 'submit_output', 'add'), fc.string()),
    input,
  }),
)
const stopReason = fc.oneof(
  { weight: 5, arbitrary: fc.constant('toolUse') },
  { weight: 1, arbitrary: fc.constantFrom(...ModelStopReason.options) },
)
const wellFormedAnswer = fc.record({
  provider: fc.constant('own'),
  modelId: fc.string({ minLength: 1 }),
  content: fc.array(block, { maxLength: 6 }),
  stopReason,
  usage,
})
const answer = fc.oneof({ weight: 6, arbitrary: wellFormedAnswer }, { weight: 1, arbitrary: fc.anything() })
const limits = fc.record({
  turns: fc.integer({ min: 1, max: 6 }),
  toolCalls: fc.integer({ min: 1, max: 6 }),
  tokens: fc.integer({ min: 100, max: 50_000 }),
  repairs: fc.integer({ min: 0, max: 3 }),
})

it('ends within its bounds with a typed result, whatever a model answers, and says the same again', async () => {
  const ends = new Map<string, number>()
  await fc.assert(
    fc.asyncProperty(fc.array(answer, { minLength: 1, maxLength: 12 }), limits, async (answers, bounds) => {
      let calls = 0
      const model = {
        provider: 'own',
        description: 'any',
        call: async () => answers[calls++ % answers.length] as never,
      }
      const step = bench(model, testAgent({ limits: bounds }))
      const result = await step.run()
      expect(StepResult.safeParse(result).success).toBe(true)
      expect(['completed', 'stopped']).toContain(result.status)
      expect(result.usage.turns).toBeLessThanOrEqual(bounds.turns)
      expect(result.usage.toolCalls).toBeLessThanOrEqual(bounds.toolCalls)
      expect(calls).toBeLessThanOrEqual(bounds.turns * 4)
      expect(await step.run()).toEqual(JSON.parse(JSON.stringify(result)) as Json)
      const end = result.status === 'stopped' ? result.cause : result.status
      ends.set(end, (ends.get(end) ?? 0) + 1)
    }),
    { numRuns: 150 },
  )
  // The property means something only where many ends are reached.
  expect(ends.size).toBeGreaterThan(3)
})
