/** The first line that a person reads of a definition that is refused: what to do. */
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineAgent } from '../../../src/define/agent.ts'
import { type Expr, jsonata } from '../../../src/define/expressions.ts'
import * as patterns from '../../../src/define/patterns.ts'
import { defineTeam } from '../../../src/define/team.ts'
import { defineTool } from '../../../src/define/tool.ts'
import { defineWorkflow } from '../../../src/define/workflow.ts'
import { InvalidDefinition } from '../../../src/errors.ts'
import { common, planner } from './agents.ts'

/** As plain JavaScript calls them. */
type Loose = (...given: readonly unknown[]) => unknown
const [agent, tool, team, flow] = [defineAgent, defineTool, defineTeam, defineWorkflow] as unknown as Loose[]
const { step, sequence, parallel, forEach, choose, when, repeat, workflow, wait, from } = patterns as unknown as Record<
  string,
  Loose
>
const call = (make: Loose | undefined, ...given: readonly unknown[]) => make?.(...given)

function refused(define: () => unknown): InvalidDefinition {
  try {
    define()
  } catch (error) {
    if (error instanceof InvalidDefinition) return error
    throw error
  }
  throw new Error('nothing was refused')
}

const schemas = { input: z.object({}), output: z.object({}) }
const whole = { ...common, ...schemas, name: 'solver' }
const one = patterns.step('one', planner, { input: { question: 'why' } })
const yes = true as unknown as Expr<boolean>

describe('a value of the wrong kind', () => {
  it.each<[string, () => unknown, RegExp]>([
    ['defineAgent(undefined)', () => call(agent), /an object of fields is expected, not undefined/],
    ['defineTool(null)', () => call(tool, null), /an object of fields is expected, not null/],
    ['defineTeam(undefined)', () => call(team), /an object of fields is expected/],
    ['defineWorkflow("x")', () => call(flow, 'x'), /an object of fields is expected, not a string/],
    ["step('x', undefined)", () => call(step, 'x'), /an agent is expected, not undefined/],
    ["step('x', agent, null)", () => call(step, 'x', planner, null), /expected object/],
    ['sequence(undefined)', () => call(sequence, undefined), /0: a node is expected/],
    ["parallel('x', undefined)", () => call(parallel, 'x'), /an object of fields is expected/],
    ["parallel('x', { a: 1 })", () => call(parallel, 'x', { a: 1 }), /a: a node is expected, not a number/],
    ["forEach('x', [], undefined)", () => call(forEach, 'x', []), /body: a function is expected/],
    ["forEach('x', [], () => 1)", () => call(forEach, 'x', [], () => 1), /body: a node is expected/],
    ["choose('x', [1])", () => call(choose, 'x', [1]), /an arm made by when is expected/],
    ['when(true, undefined)', () => call(when, true), /then: a node is expected/],
    ["repeat('x', body)", () => call(repeat, 'x', () => one), /an object of fields is expected/],
    ["repeat('x', () => 1)", () => call(repeat, 'x', () => 1, { max: 1, until: yes }), /body: a node is expected/],
    ["workflow('x', undefined)", () => call(workflow, 'x'), /a workflow is expected/],
    ["wait('x', undefined)", () => call(wait, 'x'), /an object of fields is expected/],
    ["wait('x', {})", () => call(wait, 'x', {}), /either seconds or until is expected/],
    ['from({})', () => call(from, {}), /a node is expected/],
    ['jsonata(undefined)', () => call(jsonata as Loose), /a text and its bindings are expected/],
    ['steps: () => 1', () => call(flow, { name: 'w', version: '1.0.0', ...schemas, steps: () => 1 }), /gave no node/],
  ])('%s is an invalid definition that says what was expected', (_, define, expected) => {
    expect(refused(define).message).toMatch(expected)
  })
})

describe('what to do next', () => {
  it.each<[string, () => unknown, string | RegExp]>([
    ['a name', () => call(agent, { ...whole, name: 'The Solver' }), /^set name to .* e\.g\. "theSolver"$/],
    ['a version', () => call(agent, { ...whole, version: 'v2' }), 'set version to three numbers, e.g. "2.0.0"'],
    ['a limit', () => call(agent, { ...whole, limits: { turns: 0 } }), 'set limits.turns to more than 0'],
    ['a high limit', () => call(agent, { ...whole, limits: { seconds: 900 } }), 'set limits.seconds to at most 840'],
    [
      'a part of a number',
      () => call(agent, { ...whole, limits: { turns: 1.5 } }),
      'set limits.turns to a whole number',
    ],
    ['an empty text', () => call(agent, { ...whole, model: { id: '' } }), 'give model.id at least one character'],
    ['a text for an object', () => call(agent, { ...whole, model: 'm' }), 'set model to an object { … }'],
    ['a field left out', () => call(agent, { ...whole, goal: undefined }), 'add goal: a text'],
    ['a choice', () => call(agent, { ...whole, kind: 'suport' }), 'set kind to "support"'],
    ['a plural', () => call(agent, { ...whole, tool: [] }), 'write tools instead of tool'],
    ['a schema’s name', () => call(agent, { ...whole, inputs: 1 }), 'write input instead of inputs'],
    [
      'two letters swapped',
      () => call(agent, { ...whole, limits: { trun: 1 } }),
      /^remove trun; the known fields are turns/,
    ],
    ['a slip in a limit', () => call(agent, { ...whole, limits: { truns: 1 } }), 'write turns instead of truns'],
    ['an unknown field', () => call(agent, { ...whole, backstory: 'x' }), /^remove backstory; .*role, goal, .*output$/],
    [
      'a misspelt field that is needed',
      () => call(agent, { ...whole, instructions: undefined, instruction: 'x' }),
      'write instructions instead of instruction',
    ],
    ['no tool', () => call(agent, { ...whole, tools: [1] }), 'give tools: [ defineTool({ … }) ]'],
    ['no agents', () => call(team, { name: 't', agents: [], workflows: [] }), 'give agents at least one entry'],
    ['an empty sequence', () => call(sequence), 'give it its nodes: sequence(step(…), step(…))'],
    ['a branch’s name', () => call(parallel, 'x', { 'A b': one }), /^replace "A b": a name starts with/],
    ['too many items', () => call(forEach, 'x', [], () => one, { max: 9_000 }), /^set max to 1 to 2000; for more/],
    ['no bound', () => call(repeat, 'x', () => one, { until: yes }), /^give max, .* \{ max: 5 \}$/],
    ['an option', () => call(step, 'x', planner, { inputs: {} }), 'write input instead of inputs'],
    ['a negative pause', () => call(wait, 'x', { seconds: -1 }), /^set seconds to a whole number from 0/],
  ])('about %s is said in words to follow', (_, define, next) => {
    const error = refused(define)

    expect(error.next).toMatch(next)
    expect(error.message).not.toContain('of that form')
  })
})
