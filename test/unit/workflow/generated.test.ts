/** Generated workflows of nested patterns, compiled and run, against a direct evaluation of the same tree. */
import validateAsl from 'asl-validator'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineAgent } from '../../../src/define/agent.ts'
import { contentHash } from '../../../src/define/definition.ts'
import { eq, type Ref } from '../../../src/define/expressions.ts'
import {
  choose,
  forEach,
  type Node,
  parallel,
  repeat,
  sequence,
  step,
  wait,
  when,
} from '../../../src/define/patterns.ts'
import { defineTeam } from '../../../src/define/team.ts'
import { defineWorkflow } from '../../../src/define/workflow.ts'
import { checkDefinition } from '../../../src/engine/check-definition.ts'
import type { Json } from '../../../src/schema/json.ts'
import { workflowBounds } from '../../../src/workflow/bounds.ts'
import { compileWorkflow, definitionOf } from '../../../src/workflow/compile.ts'
import { layoutWithin } from '../../../src/workflow/layout.ts'
import { completed, runWorkflow } from './run-workflow.ts'

const agent = defineAgent({
  name: 'hasher',
  version: '1.0.0',
  role: 'Hasher',
  goal: 'Hashes.',
  instructions: 'Hash.',
  model: { id: 'any' },
  input: z.unknown(),
  output: z.unknown(),
})

type Tree =
  | { readonly kind: 'step' | 'wait' }
  | { readonly kind: 'sequence' | 'parallel'; readonly children: readonly Tree[] }
  | { readonly kind: 'forEach'; readonly items: readonly Json[]; readonly wide: boolean; readonly body: Tree }
  | { readonly kind: 'repeat'; readonly rounds: number; readonly body: Tree }
  | { readonly kind: 'choose'; readonly taken: boolean; readonly body: Tree; readonly otherwise: Tree | undefined }

const items = fc.array(
  fc.oneof(fc.string(), fc.constantFrom('{% $x %}', '"', "`'"), fc.integer(), fc.array(fc.integer(), { maxLength: 2 })),
  {
    maxLength: 3,
  },
)
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constant<Tree>({ kind: 'step' }),
    fc.constant<Tree>({ kind: 'wait' }),
    fc.record({
      kind: fc.constantFrom('sequence', 'parallel'),
      children: fc.array(tie('tree'), { minLength: 1, maxLength: 3 }),
    }),
    fc.record({ kind: fc.constant('forEach'), items, wide: fc.boolean(), body: tie('tree') }),
    fc.record({ kind: fc.constant('repeat'), rounds: fc.integer({ min: 1, max: 3 }), body: tie('tree') }),
    fc.record({
      kind: fc.constant('choose'),
      taken: fc.boolean(),
      body: tie('tree'),
      otherwise: fc.option(tie('tree'), { nil: undefined }),
    }),
  ) as fc.Arbitrary<Tree>,
}))

const digest = (input: Json): Json => ({ h: contentHash(input).slice(0, 8) })

/** The node of a tree, with names that are used once. One forEach within another is wide at most: more results fit no state. */
function build(from: Tree, input: Ref<{ yes: boolean }>): Node<unknown> {
  let count = 0
  const make = (one: Tree, inWide: boolean): Node<unknown> => {
    count += 1
    const inner = (child: Tree) => make(child, inWide)
    const name = `${one.kind}${count}`
    switch (one.kind) {
      case 'step':
        return step(name, agent)
      case 'wait':
        return wait(name, { seconds: 1 })
      case 'sequence':
        return sequence(...one.children.map(inner))
      case 'parallel':
        return parallel(name, Object.fromEntries(one.children.map((child, index) => [`b${index}`, inner(child)])))
      case 'forEach':
        return forEach<unknown, unknown>(name, one.items, () => make(one.body, inWide || one.wide), {
          max: one.wide && !inWide ? 50 : 3,
        })
      case 'repeat':
        return repeat(name, () => inner(one.body), { max: 5, until: (_, iteration) => eq(iteration, one.rounds) })
      case 'choose': {
        const otherwise = one.otherwise === undefined ? {} : { otherwise: inner(one.otherwise) }
        return choose(name, [when(eq(input.yes, one.taken), inner(one.body))], otherwise)
      }
    }
  }
  return make(from, false)
}

function evaluate(one: Tree, previous: Json): Json {
  switch (one.kind) {
    case 'step':
      return digest(previous)
    case 'wait':
      return previous
    case 'sequence':
      return one.children.reduce((value, child) => evaluate(child, value), previous)
    case 'parallel':
      return Object.fromEntries(one.children.map((child, index) => [`b${index}`, evaluate(child, previous)]))
    case 'forEach':
      return one.items.map((item) => evaluate(one.body, item))
    case 'repeat':
      return Array.from({ length: one.rounds }).reduce<Json>((value) => evaluate(one.body, value), previous)
    case 'choose':
      if (one.taken) return evaluate(one.body, previous)
      return one.otherwise === undefined ? null : evaluate(one.otherwise, previous)
  }
}

describe('generated workflows', () => {
  it('compile to what asl-validator and the engine accept, and run as the tree says, within their bounds', async () => {
    await fc.assert(
      fc.asyncProperty(tree, async (generated) => {
        const workflow = defineWorkflow({
          name: 'main',
          version: '1.0.0',
          input: z.object({ yes: z.boolean() }),
          output: z.unknown(),
          steps: ({ run }) => build(generated, run.input),
        })
        const { definition } = compileWorkflow(workflow)
        const team = defineTeam({ name: 'team', agents: [agent], workflows: [workflow] })
        const outcome = await runWorkflow(team, 'main', { yes: true }, ({ input }) => completed(digest(input)))
        const { transitions, events } = workflowBounds(workflow)

        expect(validateAsl(structuredClone(definition)).errors).toEqual([])
        expect(checkDefinition(definition as unknown as Json)).toEqual([])
        expect(outcome.cause).toBeUndefined()
        expect(outcome.output).toEqual(evaluate(generated, { yes: true }))
        expect(outcome.transitions).toBeLessThanOrEqual(transitions)
        expect(outcome.events).toBeLessThanOrEqual(events)
      }),
      { numRuns: 30 },
    )
  })

  it('give the same however small the parts are that they are cut into', async () => {
    await fc.assert(
      fc.asyncProperty(tree, fc.integer({ min: 250, max: 1_500 }), async (generated, executionEvents) => {
        const workflow = defineWorkflow({
          name: 'main',
          version: '1.0.0',
          input: z.object({ yes: z.boolean() }),
          output: z.unknown(),
          steps: ({ run }) => build(generated, run.input),
        })
        const definition = definitionOf(workflow, layoutWithin(workflow.root, executionEvents))
        const team = defineTeam({ name: 'team', agents: [agent], workflows: [workflow] })
        const machines = new Map([['main', { definition }]])
        const outcome = await runWorkflow(
          team,
          'main',
          { yes: true },
          ({ input }) => completed(digest(input)),
          machines,
        )

        expect(checkDefinition(definition as unknown as Json)).toEqual([])
        expect(outcome.cause).toBeUndefined()
        expect(outcome.output).toEqual(evaluate(generated, { yes: true }))
      }),
      { numRuns: 60 },
    )
  })
})
