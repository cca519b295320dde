import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineAgent } from '../../../src/define/agent.ts'
import type { Ref } from '../../../src/define/expressions.ts'
import { at, count, eq, failure, gt, jsonata, text } from '../../../src/define/expressions.ts'
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
  workflow,
} from '../../../src/define/patterns.ts'
import { defineTeam } from '../../../src/define/team.ts'
import { defineWorkflow } from '../../../src/define/workflow.ts'
import { FunctionError } from '../../../src/engine/state-error.ts'
import type { Json } from '../../../src/schema/json.ts'
import { type Answer, completed, type Outcome, runWorkflow, usage } from './run-workflow.ts'

const echo = defineAgent({
  name: 'echo',
  version: '1.0.0',
  role: 'Echo',
  goal: 'Says what it hears.',
  instructions: 'Repeat.',
  model: { id: 'any' },
  input: z.unknown(),
  output: z.looseObject({ said: z.unknown() }),
})
type Input = Ref<{ list: string[]; word: string; number: number }>

function run(
  build: (input: Input) => Node<unknown>,
  {
    input = { list: ['a', 'b', 'c'], word: 'hello', number: 2 },
    answer = says,
  }: { input?: Json; answer?: Answer } = {},
): Promise<Outcome> {
  const main = defineWorkflow({
    name: 'main',
    version: '1.0.0',
    input: z.object({ list: z.array(z.string()), word: z.string(), number: z.number() }),
    output: z.unknown(),
    steps: ({ run: { input } }) => build(input),
  })
  return runWorkflow(defineTeam({ name: 'team', agents: [echo], workflows: [main, child] }), 'main', input, answer)
}

const child = defineWorkflow({
  name: 'child',
  version: '2.0.0',
  input: z.object({ word: z.string() }),
  output: z.unknown(),
  steps: ({ run: { input } }) => step('inner', echo, { input: input.word }),
})

const says: Answer = ({ input }) => completed({ said: input })
const stops: Answer = () => ({
  status: 'stopped',
  cause: 'turnLimit',
  reason: 'too many turns',
  next: 'raise them',
  usage,
})

describe('patterns on the engine', () => {
  it('step: takes the run input by default and gives its output', async () => {
    const { output, stepIds } = await run(() => step('one', echo))

    expect(output).toEqual({ said: { list: ['a', 'b', 'c'], word: 'hello', number: 2 } })
    expect(stepIds).toEqual(['one'])
  })

  it('sequence: hands the previous output on', async () => {
    const { output } = await run((input) => sequence(step('one', echo, { input: input.word }), step('two', echo)))

    expect(output).toEqual({ said: { said: 'hello' } })
  })

  it('step: goes on after continue and wait, and gives up after a bounded number', async () => {
    const patient = await run(() => step('one', echo), {
      answer: ({ input }, invocation) =>
        invocation === 1
          ? { status: 'continue', usage }
          : invocation === 2
            ? { status: 'wait', untilIso: '2026-01-01T00:00:30.000Z', reason: 'throttled', usage }
            : completed({ said: input, invocation }),
    })
    const endless = await run(() => step('one', echo), { answer: () => ({ status: 'continue', usage }) })

    expect(patient.output).toMatchObject({ invocation: 3 })
    expect(endless).toMatchObject({ status: 'FAILED', error: 'Stopped.againLimit' })
  })

  it('step: retries what may be retried, and nothing else', async () => {
    const failing = (name: string) => Object.assign(new Error('no'), { name })
    const retried = await run(() => step('one', echo), {
      answer: (_, invocation) =>
        invocation < 3 ? failing('RetryableRecordsUnavailable') : completed({ said: invocation }),
    })
    const fatal = await run(() => step('one', echo), { answer: () => failing('RecordsCorrupt') })

    expect(retried.output).toEqual({ said: 3 })
    expect(fatal).toMatchObject({ status: 'FAILED', error: 'RecordsCorrupt' })
  })

  it('step: a stop fails the run with cause and next step, or gives what was declared', async () => {
    const failed = await run(() => step('one', echo), { answer: stops })
    const degraded = await run(
      () => sequence(step('one', echo, { otherwise: { none: '{% 1 + 1 %}' } }), wait('w', { seconds: 1 })),
      {
        answer: stops,
      },
    )
    const caught = await run(() => step('one', echo, { otherwise: null }), { answer: () => new Error('broken') })

    expect(failed).toMatchObject({ status: 'FAILED', error: 'Stopped.turnLimit' })
    expect(JSON.parse(failed.cause ?? '')).toEqual({
      stepId: 'one',
      agent: 'echo',
      cause: 'turnLimit',
      reason: 'too many turns',
      next: 'raise them',
    })
    expect(degraded.output).toEqual({ none: '{% 1 + 1 %}' })
    expect(caught).toMatchObject({ status: 'SUCCEEDED', output: null })
  })

  it('otherwise can say why its node gave nothing, whoever says so', async () => {
    const gap = { gap: failure.reason, because: failure.cause }
    const one = () => step('one', echo, { otherwise: gap })
    const stopped = await run(one, { answer: stops })
    const broken = await run(one, { answer: () => new FunctionError('Broken', 'no disk') })
    const below = (input: Input) => workflow('sub', child, { input: { word: input.word }, otherwise: { all: failure } })
    const ofChild = await run(below, { answer: stops })

    expect(stopped.output).toEqual({ gap: 'too many turns', because: 'turnLimit' })
    expect(broken.output).toEqual({ gap: 'no disk', because: 'Broken' })
    expect(ofChild.output).toEqual({ all: { cause: 'Stopped.turnLimit', reason: 'too many turns' } })
  })

  it('a cancelled run fails as cancelled, whatever was declared to stand for an output', async () => {
    const cancels: Answer = () => ({ status: 'stopped', cause: 'cancelled', reason: 'asked to', next: 'resume', usage })
    const build = () => sequence(step('one', echo, { otherwise: null }), step('two', echo))
    const own = await run(build, { answer: cancels })
    const ofChild = await run(
      (input) => sequence(workflow('sub', child, { input: { word: input.word }, otherwise: null }), step('two', echo)),
      { answer: (input, count) => (input.stepId === 'sub/inner' ? cancels(input, count) : says(input, count)) },
    )
    const degraded = await run((input) => workflow('sub', child, { input: { word: input.word }, otherwise: 'none' }), {
      answer: stops,
    })

    for (const outcome of [own, ofChild])
      expect(outcome).toMatchObject({ status: 'FAILED', error: 'Stopped.cancelled' })
    expect([own.stepIds, ofChild.stepIds]).toEqual([['one'], ['sub/inner']])
    expect(degraded.output).toBe('none')
  })

  it('parallel: gives an object by branch, also where results are lists and nulls', async () => {
    const { output } = await run((input) =>
      parallel('both', {
        one: forEach('single', [input.word], (word) => step('a', echo, { input: word })),
        two: choose('none', [when(eq(input.word, 'bye'), step('b', echo))]),
        three: forEach('empty', [] as string[], () => step('c', echo)),
      }),
    )

    expect(output).toEqual({ one: [{ said: 'hello' }], two: null, three: [] })
  })

  it('forEach: keeps the order, names the steps by index, refuses more than max', async () => {
    const build = (max: number) => (input: Input) =>
      forEach('each', input.list, (item, index) => step('one', echo, { input: { item, index } }), { max })
    const fine = await run(build(3))
    const refused = await run(build(2))

    expect(fine.output).toEqual(['a', 'b', 'c'].map((item, index) => ({ said: { item, index } })))
    expect(fine.stepIds).toEqual(['each:0/one', 'each:1/one', 'each:2/one'])
    expect(refused).toMatchObject({ status: 'FAILED', error: 'Stopped.itemLimit' })
    expect(refused.cause).toContain('Raise max of forEach each')
  })

  it('forEach: is the same distributed as inline, absent fields included', async () => {
    const build = (concurrency: number) => (input: Input) => {
      const first = step('first', echo, { input: input.word })
      const body = (item: Ref<string>) =>
        step('one', echo, { input: { item, word: input.word, maybe: from(first).missing, first } })
      return sequence(first, forEach('each', input.list, body, { max: 100, concurrency }))
    }
    const inline = await run((input) => {
      const node = build(4)(input)
      return node
    })
    const narrow = await run((input) => {
      const first = step('first', echo, { input: input.word })
      return sequence(
        first,
        forEach('each', input.list, (item) =>
          step('one', echo, { input: { item, word: input.word, maybe: from(first).missing, first } }),
        ),
      )
    })

    expect(inline.status).toBe('SUCCEEDED')
    expect(inline.output).toEqual(narrow.output)
    expect(inline.stepIds.toSorted()).toEqual(narrow.stepIds.toSorted())
  })

  it('choose: takes the first arm that holds; the expressions read what they say', async () => {
    const build = (limit: number) => (input: Input) =>
      choose('which', [
        when(gt(count(input.list), limit), step('many', echo, { input: at(input.list, 1) })),
        when(gt(input.number, 1), step('number', echo, { input: jsonata('$n * 21', { n: input.number }) })),
      ])

    expect((await run(build(2))).output).toEqual({ said: 'b' })
    expect((await run(build(3))).output).toEqual({ said: 42 })
  })

  it('repeat: until its condition holds, else max times', async () => {
    const build = (until: number, atMax?: 'fail') => () =>
      repeat('loop', ({ previous, iteration }) => step('turn', echo, { input: { previous, iteration } }), {
        max: 4,
        initial: 'start',
        until: (_, iteration) => eq(iteration, until),
        ...(atMax ? { atMax } : {}),
      })
    const held = await run(build(2))
    const never = await run(build(9))
    const failed = await run(build(9, 'fail'))

    expect(held.output).toEqual({ said: { previous: { said: { previous: 'start', iteration: 1 } }, iteration: 2 } })
    expect(never.stepIds).toEqual(['loop=1/turn', 'loop=2/turn', 'loop=3/turn', 'loop=4/turn'])
    expect(never.status).toBe('SUCCEEDED')
    expect(failed).toMatchObject({ status: 'FAILED', error: 'Stopped.repeatLimit' })
  })

  it('workflow: runs a child under a prefix; its failure is told as its own', async () => {
    const build = (input: Input) => workflow('sub', child, { input: { word: text(input.word, '!') } })
    const fine = await run(build)
    const failed = await run(build, { answer: stops })

    expect(fine.output).toEqual({ said: 'hello!' })
    expect(fine.stepIds).toEqual(['sub/inner'])
    expect(failed).toMatchObject({ status: 'FAILED', error: 'Stopped.turnLimit' })
    expect(JSON.parse(failed.cause ?? '')).toMatchObject({ stepId: 'sub/inner' })
  })

  it('wait: lets its input through', async () => {
    const { output } = await run((input) =>
      sequence(step('one', echo, { input: input.word }), wait('w', { seconds: 3 })),
    )

    expect(output).toEqual({ said: 'hello' })
  })

  it('a long repeat and a long sequence run in parts, within 25,000 events each', async () => {
    const long = await run((input) => {
      const first = step('s0', echo, { input: input.word })
      const more = Array.from({ length: 149 }, (_, index) => step(`s${index + 1}`, echo, { input: first }))
      const loop = repeat('loop', ({ iteration }) => step('turn', echo, { input: iteration }), {
        max: 250,
        until: (result) => eq(result.said as unknown as Ref<number>, 240),
      })
      return sequence(first, ...more, loop, step('last', echo, { input: { loop, first } }))
    })

    expect(long.cause).toBeUndefined()
    expect(long.output).toEqual({ said: { loop: { said: 240 }, first: { said: 'hello' } } })
    expect(long.stepIds).toHaveLength(150 + 240 + 1)
  })
})
