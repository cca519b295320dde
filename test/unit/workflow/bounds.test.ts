import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineAgent } from '../../../src/define/agent.ts'
import { eq } from '../../../src/define/expressions.ts'
import {
  choose,
  forEach,
  from,
  type Node,
  parallel,
  repeat,
  sequence,
  step,
  wait,
  when,
} from '../../../src/define/patterns.ts'
import { defineWorkflow } from '../../../src/define/workflow.ts'
import { workflowBounds } from '../../../src/workflow/bounds.ts'
import { common, planner } from '../define/agents.ts'

function boundsOf(root: Node<unknown>, priceOf?: Parameters<typeof workflowBounds>[1]) {
  const workflow = defineWorkflow({
    name: 'main',
    version: '1.0.0',
    input: z.unknown(),
    output: z.unknown(),
    steps: () => root,
  })
  return workflowBounds(workflow, priceOf)
}
/** 8 turns, 32 tool calls, 200,000 tokens, 300 s, $1, answers of up to 4,096 tokens. */
const ask = (name: string) => step(name, planner, { input: { question: 'why' } })

describe('bounds', () => {
  it('of a step are the limits of its agent', () => {
    expect(boundsOf(ask('one'))).toMatchObject({
      steps: 1,
      answers: 8,
      modelCalls: 8 * 4,
      toolCalls: 32,
      tokens: 200_000,
      costUsd: 1,
      seconds: 300,
      perStep: [{ step: 'one', agent: 'planner', model: 'model-a', answers: 8, modelCalls: 32 }],
    })
  })

  it('add up, multiply and take the worst arm', () => {
    const root = sequence(
      forEach('each', ['x'], () => ask('one'), { max: 20, concurrency: 8 }),
      parallel('both', { a: ask('two'), b: sequence(ask('three'), wait('w', { seconds: 10 })) }),
      choose('which', [when(true, ask('four'))]),
      repeat('loop', () => ask('five'), { max: 3, until: (result) => eq(from(ask('x')).note, result.note) }),
    )

    expect(boundsOf(root)).toMatchObject({
      steps: 26,
      answers: 208,
      modelCalls: 832,
      costUsd: 26,
      seconds: 3 * 300 + 310 + 300 + 900,
    })
  })

  it('count every try of every model for an answer', () => {
    const model = { id: 'a', fallbacks: ['b', 'c'] }
    const agent = defineAgent({ ...common, name: 'patient', model, input: z.unknown(), output: z.unknown() })

    expect(boundsOf(step('one', agent))).toMatchObject({ answers: 8, modelCalls: 8 * 4 * 3, tokens: 200_000 })
  })

  it('cost at most the price of the tokens, and are unknown without a price', () => {
    const price = () => ({ inputPerMillion: 1, outputPerMillion: 5 })

    expect(boundsOf(ask('one'), price).costUsd).toBeCloseTo((32_768 * 5 + 167_232) / 1e6)
    expect(boundsOf(ask('one'), () => ({ inputPerMillion: 100, outputPerMillion: 500 })).costUsd).toBe(1)
    expect(boundsOf(ask('one'), () => undefined).costUsd).toBeNull()
  })

  it('do not know how long a wait until some time is', () => {
    expect(boundsOf(wait('w', { until: '2030-01-01T00:00:00Z' })).seconds).toBeNull()
  })

  it('keep every execution below 25,000 events, however much there is to do', () => {
    const root = sequence(
      forEach('wide', ['x'], () => sequence(ask('a'), ask('b'), ask('c'), ask('d')), { max: 1_250 }),
      repeat('long', () => ask('e'), { max: 5_000, until: (result) => eq(result.note, 'done') }),
      ...Array.from({ length: 300 }, (_, index) => ask(`s${index}`)),
    )
    const { events, steps } = boundsOf(root)

    expect(steps).toBe(5_000 + 5_000 + 300)
    expect(events).toBeLessThan(25_000)
  })
})
