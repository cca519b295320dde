/** Teams of nested patterns, as data that fast-check makes and as nodes. */
import fc from 'fast-check'
import * as z from 'zod'
import { type Agent, defineAgent } from '../../../../src/define/agent.ts'
import { blackboard } from '../../../../src/define/blackboard.ts'
import { converse, speaker } from '../../../../src/define/converse.ts'
import { eq, failure, jsonata } from '../../../../src/define/expressions.ts'
import { handoffs } from '../../../../src/define/handoffs.ts'
import {
  choose,
  compensate,
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
} from '../../../../src/define/patterns.ts'
import { resolve } from '../../../../src/define/resolve.ts'
import { by } from '../../../../src/define/resolve-by.ts'
import { stateKey } from '../../../../src/define/state.ts'
import { supervise } from '../../../../src/define/supervise.ts'
import { defineTeam, type Team } from '../../../../src/define/team.ts'
import { defineTool } from '../../../../src/define/tool.ts'
import { defineWorkflow, type Workflow } from '../../../../src/define/workflow.ts'
import { JudgeInput, JudgeVerdict } from '../../../../src/schema/resolve.ts'
import { SupervisorInput, SupervisorPlan } from '../../../../src/schema/supervision.ts'

/** Who called which tool, or reached for which key. */
export interface ToolCall {
  readonly tool: string
  readonly agent: string
}

/** Emptied by whoever reads it; tools are declared once, as hashing them for each team takes long. */
export const toolCalls: ToolCall[] = []

function spy(name: string, effect: 'read' | 'keyed') {
  return defineTool({
    name,
    description: 'Leaves a line.',
    effect,
    input: z.object({ line: z.string() }),
    output: z.object({ noted: z.boolean() }),
    async run(_input, { agent }) {
      toolCalls.push({ tool: name, agent })
      return { noted: true }
    },
  })
}

const limits = { turns: 3, toolCalls: 3, repairs: 1, seconds: 840 }
const common = { version: '1.0.0', goal: 'Works.', instructions: 'Work.', model: { id: 'any' }, limits }
export const Word = z.object({
  verdict: z.enum(['yes', 'no']),
  confidence: z.number().min(0).max(1),
  text: z.string(),
  more: z.unknown().optional(),
})
export const Task = z.object({ id: z.string(), text: z.string() })
/** Whoever gives ann a task may have her note something. */
const handsOn = { delegates: ['note'] }
const worker = { ...common, role: 'Worker', input: z.unknown(), output: Word }
/** Shared by all workflows; nobody writes to `secretKey`, and only cyd reads it. */
const findings = stateKey(z.array(z.string()), { reducer: 'append' })
const secretKey = stateKey(z.string(), { reducer: 'replace', initial: 'hidden' })
export const state = { findings, secretKey }
export const ann = defineAgent({
  ...worker,
  name: 'ann',
  tools: [spy('note', 'keyed')],
  state: { reads: { findings }, writes: { findings } },
})
export const bob = defineAgent({
  ...worker,
  name: 'bob',
  tools: [spy('look-up', 'read')],
  ...handsOn,
  state: { reads: { findings } },
})
export const cyd = defineAgent({ ...worker, ...handsOn, name: 'cyd', state: { reads: { secretKey } } })
export const planner = defineAgent({
  ...common,
  ...handsOn,
  name: 'planner',
  role: 'Planner',
  input: z.unknown(),
  output: z.object({ tasks: z.array(Task), title: z.unknown().optional() }),
})
export const judge = defineAgent({ ...common, name: 'judge', role: 'Judge', input: JudgeInput, output: JudgeVerdict })
export const PEERS = [ann, bob, cyd] as const
/** Plans, and has no end. */
export const lead = defineAgent({
  ...common,
  ...handsOn,
  name: 'lead',
  role: 'Lead',
  input: SupervisorInput,
  output: SupervisorPlan,
})
/** Declared, but in no workflow. */
const idle = defineAgent({ ...worker, name: 'idle' })

const CONTEXTS = ['message', 'task', 'all'] as const
const POLICIES = ['turn', 'rule', 'moderator'] as const
const WAYS = ['vote', 'confidence', 'authority', 'veto', 'judge', 'supervisor'] as const

export type Tree =
  | { readonly kind: 'step'; readonly who: number; readonly hasOtherwise: boolean }
  | { readonly kind: 'supervise'; readonly rounds: number; readonly isReported: boolean }
  | { readonly kind: 'wait' }
  | { readonly kind: 'sequence' | 'parallel'; readonly children: readonly Tree[] }
  | { readonly kind: 'forEach' | 'repeat' | 'compensate' | 'workflow'; readonly body: Tree }
  | { readonly kind: 'choose'; readonly body: Tree; readonly otherwise: Tree | undefined }
  | { readonly kind: 'resolve'; readonly way: (typeof WAYS)[number]; readonly hasOtherwise: boolean }
  | { readonly kind: 'blackboard'; readonly capacity: number; readonly rounds: number; readonly spread: boolean }
  | {
      readonly kind: 'handoffs'
      readonly context: (typeof CONTEXTS)[number]
      readonly max: number
      readonly bent: boolean
    }
  | { readonly kind: 'converse'; readonly policy: (typeof POLICIES)[number]; readonly max: number }

const who = fc.nat(PEERS.length - 1)
const leaf: fc.Arbitrary<Tree> = fc.oneof(
  fc.record({ kind: fc.constant('step' as const), who, hasOtherwise: fc.boolean() }),
  fc.record({
    kind: fc.constant('supervise' as const),
    rounds: fc.integer({ min: 1, max: 2 }),
    isReported: fc.boolean(),
  }),
  fc.constant({ kind: 'wait' as const }),
  fc.record({ kind: fc.constant('resolve' as const), way: fc.constantFrom(...WAYS), hasOtherwise: fc.boolean() }),
  fc.record({
    kind: fc.constant('blackboard' as const),
    capacity: fc.integer({ min: 1, max: 3 }),
    rounds: fc.integer({ min: 1, max: 3 }),
    spread: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('handoffs' as const),
    context: fc.constantFrom(...CONTEXTS),
    max: fc.integer({ min: 1, max: 4 }),
    bent: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('converse' as const),
    policy: fc.constantFrom(...POLICIES),
    max: fc.integer({ min: 1, max: 5 }),
  }),
)

export const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    leaf,
    fc.record({
      kind: fc.constantFrom('sequence' as const, 'parallel' as const),
      children: fc.array(tie('tree'), { minLength: 1, maxLength: 2 }),
    }),
    fc.record({
      kind: fc.constantFrom('forEach' as const, 'repeat' as const, 'compensate' as const, 'workflow' as const),
      body: tie('tree'),
    }),
    fc.record({
      kind: fc.constant('choose' as const),
      body: tie('tree'),
      otherwise: fc.option(tie('tree'), { nil: undefined }),
    }),
  ),
}))

const ITEMS = 3
/** Nobody passes anything on to cyd, who keeps it. */
export const EDGES = { ann: ['bob'], bob: ['ann'] }

/** One team: the tree as its first workflow, and whatever child workflows that has. */
export function teamOf(root: Tree): Team {
  const children: Workflow[] = []
  let count = 0

  function define(name: string, tree: Tree): Workflow {
    const steps = () => build(tree)
    return defineWorkflow({ name, version: '1.0.0', input: z.unknown(), output: z.unknown(), state, steps })
  }

  function build(tree: Tree): Node<unknown> {
    count += 1
    const name = `${tree.kind}${count}`
    const peer = (index: number): Agent => PEERS[index] as Agent
    switch (tree.kind) {
      case 'step':
        return tree.hasOtherwise
          ? step(name, peer(tree.who), { otherwise: { gap: failure.reason } as never })
          : step(name, peer(tree.who))
      case 'supervise': {
        const { rounds, isReported } = tree
        const given = { lead, members: PEERS, input: name, rounds, tasks: 4, concurrency: 2 }
        return isReported ? supervise(name, { ...given, report: cyd }) : supervise(name, given)
      }
      case 'wait':
        return wait(name, { seconds: 1 })
      case 'sequence':
        return sequence(...tree.children.map(build))
      case 'parallel':
        return parallel(name, Object.fromEntries(tree.children.map((child, index) => [`b${index}`, build(child)])))
      case 'forEach': {
        const plan = step(`${name}-plan`, planner)
        return sequence(
          plan,
          forEach(name, from(plan).tasks, () => build(tree.body), { max: ITEMS }),
        )
      }
      case 'repeat':
        return repeat(name, () => build(tree.body), { max: 2, until: (_, iteration) => eq(iteration, 5) })
      case 'compensate':
        return compensate(name, build(tree.body))
      case 'workflow': {
        const child = define(`child${count}`, tree.body)
        children.push(child)
        return workflow(name, child, { otherwise: { gap: 'the child failed' } })
      }
      case 'choose': {
        const asked = step(`${name}-ask`, cyd)
        const otherwise = tree.otherwise === undefined ? {} : { otherwise: build(tree.otherwise) }
        return sequence(asked, choose(name, [when(eq(from(asked).verdict, 'yes'), build(tree.body))], otherwise))
      }
      case 'resolve': {
        const otherwise = tree.hasOtherwise ? { otherwise: { gap: 'undecided' } } : {}
        return resolve(name, PEERS, { by: wayOf(tree.way), on: 'verdict', confidence: 'confidence', ...otherwise })
      }
      case 'blackboard': {
        const plan = step(`${name}-plan`, planner)
        const { rounds, capacity, spread } = tree
        const award = spread ? 'spread' : 'confidence'
        const lease = limits.seconds
        return sequence(
          plan,
          blackboard(name, { peers: PEERS, tasks: from(plan).tasks, max: ITEMS, rounds, capacity, award, lease }),
        )
      }
      case 'handoffs': {
        const { context, max, bent } = tree
        const input = { task: name }
        return handoffs(name, { agents: PEERS, input, context, max, repeats: 1, ...(bent && { edges: EDGES }) })
      }
      case 'converse': {
        const { max, policy } = tree
        return converse(name, { agents: PEERS, topic: name, max, window: 2, speaker: policyOf(policy) })
      }
    }
  }

  const main = define('main', root)
  return defineTeam({ name: 'team', agents: [...PEERS, planner, judge, lead, idle], workflows: [main, ...children] })
}

function policyOf(policy: (typeof POLICIES)[number]) {
  switch (policy) {
    case 'turn':
      return speaker.roundRobin()
    case 'rule':
      // Whatever was said last is meant as a name.
      return speaker.rule(({ last }) => jsonata('$last.message', { last }))
    case 'moderator':
      return speaker.moderator(planner)
  }
}

function wayOf(way: (typeof WAYS)[number]) {
  switch (way) {
    case 'vote':
      return by.vote()
    case 'confidence':
      return by.confidence()
    case 'authority':
      return by.authority(['bob', 'ann'])
    case 'veto':
      return by.veto({ who: ['cyd'], value: 'no' })
    case 'judge':
      return by.judge(judge)
    case 'supervisor':
      return by.supervisor(cyd)
  }
}
