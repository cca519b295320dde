import { describe, expect, expectTypeOf, it } from 'vitest'
import * as z from 'zod'
import { at, eq, lower, type Ref, reference, text } from '../../../src/define/expressions.ts'
import {
  choose,
  forEach,
  from,
  type OutputOf,
  parallel,
  repeat,
  sequence,
  step,
  wait,
  when,
  workflow,
} from '../../../src/define/patterns.ts'
import { defineWorkflow } from '../../../src/define/workflow.ts'
import { planner, researcher } from './agents.ts'
import { faultsOf } from './faults.ts'

const plan = step('plan', planner, { input: { question: 'why' } })

describe('patterns', () => {
  it('give frozen data that says what was declared', () => {
    const node = forEach('each', from(plan).topics, (topic) =>
      step('one', researcher, { input: { topic: topic.title } }),
    )

    expect(Object.isFrozen(node)).toBe(true)
    expect(node).toMatchObject({
      kind: 'forEach',
      items: { op: 'ref', source: { of: 'node', name: 'plan' }, path: ['topics'] },
      body: { kind: 'step', input: { op: 'object', fields: { topic: { path: ['title'] } } } },
      concurrency: 10,
      max: 40,
    })
  })

  it('infer what they give', () => {
    const one = step('one', researcher, { input: { topic: 'x' }, otherwise: null })
    const each = forEach('each', from(plan).topics, (topic) =>
      step('two', planner, { input: { question: topic.title } }),
    )
    const both = parallel('both', { one, each })
    const which = choose('which', [when(true, plan)])

    expectTypeOf<OutputOf<typeof one>>().toEqualTypeOf<{ finding: string; score: number } | null>()
    expectTypeOf<OutputOf<typeof both>['each'][number]['topics']>().toEqualTypeOf<{ title: string }[]>()
    expectTypeOf<OutputOf<typeof which>>().toEqualTypeOf<OutputOf<typeof plan> | null>()
    expectTypeOf(sequence(one, plan)).toExtend<typeof plan>()
    expectTypeOf(at(from(plan).topics, 0).title).toExtend<Ref<string>>()
    expect(both.kind).toBe('parallel')
  })

  it('do not type-check what the schemas refuse', () => {
    // @ts-expect-error a number where the agent takes text
    step('a', researcher, { input: { topic: 1 } })
    // @ts-expect-error a field that the planner does not give
    const missing = from(plan).nothing
    // @ts-expect-error a list where the agent takes text
    step('b', researcher, { input: { topic: from(plan).topics } })

    expect(missing).toBeDefined()
  })

  it.each<[string, () => unknown, string]>([
    ['a bad name', () => step('The Step', planner), 'name'],
    ['no node', () => sequence(), '(root)'],
    ['no branch', () => parallel('p', {}), '(root)'],
    ['too many items', () => forEach('f', ['x'], () => plan, { max: 2_001 }), 'max'],
    [
      'no bound',
      () => repeat('r', () => plan, { max: Number.POSITIVE_INFINITY, until: eq(from(plan).note, 'x') }),
      'max',
    ],
    ['no arm', () => choose('c', []), '(root)'],
    ['a negative pause', () => wait('w', { seconds: -1 }), 'seconds'],
    [
      'what is no JSON',
      () => step('s', planner, { input: { question: (() => 'x') as unknown as string } }),
      'input.question',
    ],
  ])('refuse %s, with path and remedy', (_, make, path) => {
    const [fault] = faultsOf(make)

    expect(fault).toMatchObject({ path, remedy: expect.stringMatching(/\w/) })
  })
})

describe('references', () => {
  it('are their fields, and never text by accident', () => {
    const input = reference<{ list: { name: string }[] }>({ of: 'input' })

    expect(lower(at(input.list, 2).name)).toEqual({ op: 'ref', source: { of: 'input' }, path: ['list', 2, 'name'] })
    expect(() => `${input.list}`).toThrow('a reference is no text')
    expect(lower(text('a', at(input.list, 0).name))).toMatchObject({ op: 'text' })
  })

  it('tell a node from an object that looks like one', () => {
    expect(lower({ kind: 'step', name: 'plan' })).toEqual({ op: 'literal', value: { kind: 'step', name: 'plan' } })
    expect(lower([plan])).toMatchObject({ op: 'array', parts: [{ op: 'ref' }] })
  })
})

describe('defineWorkflow', () => {
  const make = (question: string, version = '1.0.0') =>
    defineWorkflow({
      name: 'main',
      version,
      input: z.object({ question: z.string() }),
      output: z.unknown(),
      steps: () => step('plan', planner, { input: { question } }),
    })

  it('gives a frozen workflow whose hash covers nodes and version', () => {
    const { sha256 } = make('why')

    expect(Object.isFrozen(make('why'))).toBe(true)
    expect(make('why').sha256).toBe(sha256)
    expect(make('how').sha256).not.toBe(sha256)
    expect(make('why', '1.0.1').sha256).not.toBe(sha256)
    expect(workflow('sub', make('why'))).toMatchObject({ kind: 'workflow' })
  })

  it('names path and remedy of every fault', () => {
    const wrong = {
      name: 'Main',
      version: '1',
      input: 1,
      output: z.unknown(),
      limits: { seconds: 0 },
      steps: () => plan,
    }

    const faults = faultsOf(() => defineWorkflow(wrong as unknown as Parameters<typeof defineWorkflow>[0]))

    expect(faults.map(({ path }) => path).toSorted()).toEqual(['input', 'limits.seconds', 'name', 'version'])
  })

  it('refuses steps that give no node', () => {
    const none = () => undefined as unknown as typeof plan

    const faults = faultsOf(() =>
      defineWorkflow({ name: 'main', version: '1.0.0', input: z.unknown(), output: z.unknown(), steps: none }),
    )

    expect(faults).toMatchObject([{ path: 'steps' }])
  })
})
