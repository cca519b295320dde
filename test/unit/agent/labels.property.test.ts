/**
 * Labels are never lost: of generated workflows, each run is watched by what its models are really shown. Each of three tools
 * gives a word that nobody else knows, under a label of its own; whichever step is shown such a word must have the label.
 */
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import * as z from 'zod'
import { defineAgent } from '../../../src/define/agent.ts'
import { eq, failure } from '../../../src/define/expressions.ts'
import { defineMessage } from '../../../src/define/message.ts'
import {
  choose,
  forEach,
  from,
  type Node,
  parallel,
  repeat,
  sequence,
  step,
  when,
  workflow,
} from '../../../src/define/patterns.ts'
import { stateKey } from '../../../src/define/state.ts'
import { readState, writeState } from '../../../src/define/state-nodes.ts'
import { defineTeam } from '../../../src/define/team.ts'
import { defineTool } from '../../../src/define/tool.ts'
import { defineWorkflow, type Workflow } from '../../../src/define/workflow.ts'
import type { ModelRequest } from '../../../src/schema/model-call.ts'
import { runInMemory } from '../../../src/testing/run-in-memory.ts'
import { scriptedModel } from '../../../src/testing/scripted-model.ts'

const LABELS = ['red', 'green', 'blue']
const common = { version: '1.0.0', role: 'Agent', goal: 'Works.', instructions: 'Work.', model: { id: 'any' } }
const Words = z.strictObject({ words: z.array(z.string()) })
const notes = stateKey(z.array(z.string()), { reducer: 'append' })
const Note = defineMessage({ name: 'note', description: 'Says.', body: z.array(z.string()) })

const tellers = LABELS.map((label) => {
  const give = defineTool({
    ...{ name: `give-${label}`, description: 'Gives.', input: z.strictObject({}), output: Words },
    ...{ effect: 'read', gives: [label] },
    run: async () => ({ words: [`word-${label}`] }),
  })
  return defineAgent({
    ...{ ...common, name: `teller-${label}`, tools: [give], input: Words, output: Words },
    ...{ sends: { hearer: [Note] }, state: { writes: { notes } } },
  })
})
const hearer = defineAgent({
  ...{ ...common, name: 'hearer', input: Words, output: Words },
  ...{ receives: Object.fromEntries(tellers.map(({ name }) => [name, [Note]])), state: { reads: { notes } } },
})
const echo = defineAgent({ ...common, name: 'echo', input: Words, output: Words })
const agents = [...tellers, hearer, echo]

type Tree =
  | { readonly kind: 'step'; readonly agent: number; readonly reads: readonly number[]; readonly fails: boolean }
  | { readonly kind: 'writes' | 'reads' | 'each' | 'child'; readonly of: number }
  | { readonly kind: 'both' | 'either' | 'twice'; readonly parts: readonly Tree[] }

const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({
      kind: fc.constant('step' as const),
      agent: fc.nat({ max: agents.length - 1 }),
      reads: fc.array(fc.nat({ max: 9 }), { maxLength: 2 }),
      fails: fc.boolean(),
    }),
    fc.record({ kind: fc.constantFrom('writes', 'reads', 'each', 'child'), of: fc.nat({ max: 9 }) }),
    fc.record({
      kind: fc.constantFrom('both', 'either', 'twice'),
      parts: fc.array(tie('tree'), { minLength: 1, maxLength: 3 }),
    }),
  ) as fc.Arbitrary<Tree>,
}))

/** Every node gives `Words`, so that any may be read by any that comes after it on the same way. */
function build(trees: readonly Tree[]) {
  let names = 0
  const name = (kind: string) => `${kind}${++names}`
  const child = defineWorkflow({
    ...{ name: 'child', version: '1.0.0', input: Words, output: Words, state: { notes } },
    steps: ({ run }) => {
      const heard = step('inner', hearer, { input: run.input as never })
      return sequence(step('told', tellers[0] as typeof echo, { input: run.input as never }), heard)
    },
  })
  const main = defineWorkflow({
    ...{ name: 'main', version: '1.0.0', input: Words, output: z.unknown(), state: { notes } },
    steps: ({ run }) => {
      const start = run.input as unknown as Node<{ words: string[] }>
      const all = (parts: readonly Tree[], seen: Node<unknown>[]) =>
        sequence(...(parts.map((one) => node(one, seen)) as [Node<unknown>]))
      const words = (seen: readonly Node<unknown>[], which: number) => {
        const chosen = seen[which % Math.max(1, seen.length)]
        return (chosen === undefined ? run.input.words : (from(chosen) as unknown as { words: unknown }).words) as never
      }
      function node(one: Tree, seen: Node<unknown>[]): Node<unknown> {
        const made = make(one, seen)
        seen.push(made)
        return made
      }
      function make(one: Tree, seen: Node<unknown>[]): Node<unknown> {
        switch (one.kind) {
          case 'step': {
            const input = { words: words(seen, one.reads[0] ?? 0) }
            const otherwise = { words: words(seen, one.reads[1] ?? 0) }
            return step(name('s'), agents[one.agent] as typeof echo, { input, ...(one.fails && { otherwise }) })
          }
          case 'writes': {
            const written = writeState(name('w'), { notes }, { notes: words(seen, one.of) })
            return sequence(written, step(name('s'), echo, { input: { words: [] } }))
          }
          case 'reads': {
            const read = readState(name('r'), { notes })
            return sequence(read, step(name('s'), echo, { input: { words: from(read).values.notes as never } }))
          }
          case 'each': {
            const each = forEach(name('e'), words(seen, one.of), (item) =>
              step(name('s'), echo, { input: { words: [item as never] } }),
            )
            return sequence(each, step(name('s'), hearer, { input: { words: [] } }))
          }
          case 'child':
            return workflow(name('c'), child, {
              input: { words: words(seen, one.of) },
              otherwise: { words: [failure.reason] },
            })
          case 'both': {
            const ways = one.parts.map((part, index) => [`p${index}`, node(part, [...seen])] as const)
            const side = parallel(name('p'), Object.fromEntries(ways))
            const last = ways.at(-1)?.[0] ?? 'p0'
            const read = (from(side) as unknown as Record<string, { words: unknown }>)[last]?.words
            return sequence(side, step(name('s'), echo, { input: { words: read as never } }))
          }
          case 'either':
            return choose(name('o'), [when(eq(1 as never, 1), all(one.parts, [...seen]))], {
              otherwise: step(name('s'), echo, { input: { words: [] } }),
            })
          case 'twice':
            return repeat<{ words: string[] }, { words: string[] }>(
              name('l'),
              ({ previous }) =>
                sequence(
                  step(name('s'), echo, { input: { words: previous.words as never } }),
                  all(one.parts, [...seen]) as never,
                ),
              { max: 2, initial: start as never, until: eq(1 as never, 2) },
            )
          default:
            throw new TypeError('no such tree')
        }
      }
      return sequence(all(trees, []), step('end', echo, { input: run.input as never }))
    },
  })
  return defineTeam({ name: 'team', agents, workflows: [main as Workflow, child as never] })
}

const textOf = ({ messages }: ModelRequest) => JSON.stringify(messages)
const wordsIn = (text: string) => LABELS.filter((label) => text.includes(`word-${label}`))

/** Each says all it has seen, in every way that it has. Some fail. */
function model() {
  return scriptedModel({
    '*': (request, { agent, turn, stepId }) => {
      const seen = wordsIn(textOf(request)).map((label) => `word-${label}`)
      const has = (wanted: string) => request.tools.some(({ name }) => name === wanted)
      const uses = [
        ...(turn === 1 && agent.startsWith('teller') ? [{ name: `give-${agent.slice(7)}`, input: {} }] : []),
        ...(turn === 2 && has('send_message')
          ? [{ name: 'send_message', input: { message: { type: 'note', to: 'hearer', body: seen } } }]
          : []),
        ...(turn === 2 && has('update_state')
          ? [{ name: 'update_state', input: { update: { key: 'notes', value: seen } } }]
          : []),
        ...(turn === 1 && has('read_messages')
          ? [
              { name: 'read_messages', input: {} },
              { name: 'read_state', input: { key: 'notes' } },
            ]
          : []),
      ]
      if (uses.length > 0) return { toolUses: uses }
      return stepId.length % 5 === 0 ? { submit: { words: [`word ${seen}`, 7] } } : { submit: { words: seen } }
    },
  })
}

it('whatever a workflow does with what its tools have given', { timeout: 240_000 }, async () => {
  let shown = 0
  let run = 0
  await fc.assert(
    fc.asyncProperty(fc.array(tree, { minLength: 1, maxLength: 4 }), async (trees) => {
      const team = build(trees)
      const asked = model()
      const { audit } = await runInMemory(team, { model: asked, input: { words: ['go'] }, runId: `run-${++run}` })
      const labels = new Map<string, readonly string[]>(
        audit.rows.filter(({ event }) => event === 'outcome').map(({ stepId, labels: held = [] }) => [stepId, held]),
      )
      for (const { stepId, request } of asked.calls) {
        const seen = wordsIn(textOf(request))
        shown += seen.length
        expect({ stepId, lost: seen.filter((label) => !labels.get(stepId)?.includes(label)) }).toEqual({
          stepId,
          lost: [],
        })
      }
    }),
    { numRuns: 40 },
  )
  // Nothing is shown by a property that has seen nothing.
  expect(shown).toBeGreaterThan(100)
})
