/** Whatever `validate` accepts runs with large outputs, within the 256 KiB of a state. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineAgent } from '../../../src/define/agent.ts'
import { contentHash } from '../../../src/define/definition.ts'
import { eq, type Ref } from '../../../src/define/expressions.ts'
import {
  forEach,
  from,
  MAX_ITEMS,
  type Node,
  parallel,
  repeat,
  sequence,
  step,
  wait,
  workflow,
} from '../../../src/define/patterns.ts'
import { defineTeam } from '../../../src/define/team.ts'
import { defineWorkflow, type Workflow } from '../../../src/define/workflow.ts'
import { PAYLOAD_BYTES } from '../../../src/engine/limits.ts'
import type { Json, JsonObject } from '../../../src/schema/json.ts'
import { INLINE_OUTPUT_BYTES, REFERENCE_BYTES, RESULT_BYTES } from '../../../src/schema/step.ts'
import { validate } from '../../../src/workflow/validate.ts'
import { type Answer, completed, type Outcome, runWorkflow, usage } from './run-workflow.ts'

const writer = defineAgent({
  name: 'writer',
  version: '1.0.0',
  role: 'Writer',
  goal: 'Writes at length.',
  instructions: 'Write.',
  model: { id: 'any' },
  limits: { seconds: 1 },
  input: z.unknown(),
  output: z.object({ text: z.string(), done: z.boolean() }),
})

/** As an agent does: what is larger than allowed becomes a reference with the fields that are read. */
function writes(bytes: number): Answer {
  return ({ stepId, inlineBytes = INLINE_OUTPUT_BYTES, inlineFields = [] }) => {
    const output: JsonObject = { text: stepId.padEnd(bytes, '.'), done: true }
    const size = JSON.stringify(output).length
    if (size <= inlineBytes) return completed(output)
    const inline = Object.fromEntries(Object.entries(output).filter(([key]) => inlineFields.includes(key)))
    const reference: Json = { ...inline, $ref: `sha256:${contentHash(output)}`, bytes: size }
    if (JSON.stringify(reference).length <= inlineBytes) return completed(reference)
    return { status: 'stopped', cause: 'outputTooLarge', reason: `${inlineBytes} is too little`, next: '', usage }
  }
}

const numbers = (length: number) => Array.from({ length }, (_, index) => index)
const write = (name: string) => step(name, writer, { input: 'x' })
const each = (name: string, max: number, body: () => Node<unknown>) => forEach(name, numbers(max), body, { max })

function teamOf(root: Node<unknown>, more: readonly Workflow[] = []) {
  const main = named('main', root)
  return defineTeam({ name: 'team', agents: [writer], workflows: [main, ...more] })
}
function named(name: string, root: Node<unknown>): Workflow {
  return defineWorkflow({ name, version: '1.0.0', input: z.unknown(), output: z.unknown(), steps: () => root })
}
const run = (root: Node<unknown>, more: readonly Workflow[] = [], bytes = 1_000): Promise<Outcome> =>
  runWorkflow(teamOf(root, more), 'main', null, writes(bytes))
const bytesOf = (outcome: Outcome) => JSON.stringify(outcome.output).length

describe('the bounds of a result', () => {
  it('let as many references as a forEach may have items fit one state, with room beside', () => {
    expect(MAX_ITEMS * REFERENCE_BYTES).toBeLessThanOrEqual(RESULT_BYTES)
    expect(RESULT_BYTES).toBeLessThanOrEqual(0.8 * PAYLOAD_BYTES)
    expect(MAX_ITEMS).toBe(2_000)
  })
})

describe('large outputs', () => {
  it('of as many items as there may be become references, and are read together', async () => {
    const list = each('each', MAX_ITEMS, () => write('one'))
    const outcome = await run(sequence(list, step('report', writer, { input: { list } })))

    expect(outcome.cause).toBeUndefined()
    expect(outcome.stepIds).toHaveLength(MAX_ITEMS + 1)
  })

  it('of steps within an item stay inline where only the last one is collected', async () => {
    const first = write('first')
    const outcome = await run(
      each('each', 300, () =>
        sequence(
          first,
          each('inner', 2, () => write('one')),
          step('last', writer, { input: from(first as Ref<never>) }),
        ),
      ),
    )

    expect(outcome.cause).toBeUndefined()
    expect(outcome.inputs.get('each:7/last')?.input).toMatchObject({ done: true, text: expect.any(String) })
  })

  it('of child workflows share the result of their parent', async () => {
    const child = named('child', parallel('both', { list: each('each', 3, () => write('one')), two: write('two') }))
    const outer = named('outer', sequence(workflow('deeper', child), wait('pause', { seconds: 1 })))
    const outcome = await run(
      each('many', 300, () => workflow('sub', outer)),
      [child, outer],
    )

    expect(outcome.cause).toBeUndefined()
    expect(bytesOf(outcome)).toBeLessThan(PAYLOAD_BYTES)
    expect(await run(workflow('sub', outer), [child, outer])).toMatchObject({
      output: { two: { text: expect.any(String) } },
    })
  })

  it('that a condition reads keep what it reads beside the reference', async () => {
    const loop = () =>
      repeat('loop', () => write('one'), {
        max: 2,
        until: (result) => eq((result as Ref<{ done: boolean }>).done, true),
      })
    const outcome = await run(each('each', 500, loop))

    expect(outcome.cause).toBeUndefined()
    expect(outcome.stepIds).toHaveLength(500)
  })

  it('run in whatever validate accepts', async () => {
    const shape = fc.record({
      levels: fc.array(fc.oneof(fc.integer({ min: 1, max: 60 }), fc.constantFrom(300, 700)), {
        minLength: 1,
        maxLength: 3,
      }),
      beside: fc.boolean(),
      condensed: fc.boolean(),
      bytes: fc.constantFrom(20, 1_000, 50_000),
    })
    let accepted = 0
    await fc.assert(
      fc.asyncProperty(shape, async ({ levels, beside, condensed, bytes }) => {
        const items = levels.reduce((product, max) => product * max, 1)
        fc.pre(items <= 1_000)
        let root: Node<unknown> = write('leaf')
        for (const [depth, max] of levels.entries()) {
          const body = condensed && depth > 0 ? sequence(root, write(`sum${depth}`)) : root
          root = each(`each${depth}`, max, () => body)
          if (beside) root = parallel(`both${depth}`, { [`list${depth}`]: root, other: write(`other${depth}`) })
        }
        if (validate(teamOf(root)).length > 0) return
        accepted += 1
        const outcome = await run(root, [], bytes)

        expect(outcome.cause).toBeUndefined()
        expect(bytesOf(outcome)).toBeLessThan(PAYLOAD_BYTES)
      }),
      { numRuns: 20 },
    )
    expect(accepted).toBeGreaterThan(5)
  }, 60_000)
})

describe('results that cannot fit', () => {
  it('are refused with the max that can, or how to condense', () => {
    const root = each('outer', 60, () => each('inner', 60, () => write('one')))
    const [issue, ...more] = validate(teamOf(root))

    expect(more).toEqual([])
    expect(issue).toMatchObject({ path: 'workflows.main.steps.outer', remedy: expect.stringContaining('at most 34') })
    const fits = each('outer', 34, () => each('inner', 60, () => write('one')))
    const condensed = each('outer', 60, () =>
      sequence(
        each('inner', 60, () => write('one')),
        write('sum'),
      ),
    )
    expect(validate(teamOf(fits))).toEqual([])
    expect(validate(teamOf(condensed))).toEqual([])
  })

  it('are refused where several lists meet', () => {
    const lists = ['a', 'b'].map((name) => each(name, 1_500, () => write(`one-${name}`)))
    const [a, b] = lists
    const parallelIssue = validate(
      teamOf(parallel('all', Object.fromEntries(lists.map((list, index) => [`b${index}`, list])))),
    )
    const inputIssue = validate(teamOf(sequence(...lists, step('report', writer, { input: { a, b } }))))

    expect(parallelIssue).toMatchObject([{ path: 'workflows.main.steps.all' }])
    expect(inputIssue).toMatchObject([{ path: 'workflows.main.steps.report' }])
  })
})
