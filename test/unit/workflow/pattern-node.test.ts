import { expect, it } from 'vitest'
import * as z from 'zod'
import { defineAgent } from '../../../src/define/agent.ts'
import { underContract } from '../../../src/define/contract.ts'
import { contractStep, pattern, rule } from '../../../src/define/pattern-node.ts'
import { from, sequence, step } from '../../../src/define/patterns.ts'
import { defineTeam } from '../../../src/define/team.ts'
import { defineWorkflow } from '../../../src/define/workflow.ts'
import type { AgentName } from '../../../src/schema/ids.ts'
import { bounds } from '../../../src/workflow/bounds.ts'
import { compile } from '../../../src/workflow/compile.ts'
import { graphOf } from '../../../src/workflow/graph.ts'
import { validate } from '../../../src/workflow/validate.ts'

const Word = z.object({ word: z.string() })

function agent(name: string) {
  const model = { id: 'a-model' }
  const who = { role: 'Clerk', goal: 'To sort words.', instructions: 'Sort.' }
  return defineAgent({ name, version: '1.0.0', ...who, model, input: Word, output: Word })
}

const [ann, bob] = [agent('ann'), agent('bob')]

const steps = () => {
  const first = step('first', ann)
  const decide = rule('group-decide', 'pick', { input: { from: first }, output: Word, otherwise: { word: 'none' } })
  const group = pattern('group', 'resolve', sequence(first, decide), ['two words'])
  const offered = contractStep<z.output<typeof Word>>(
    'offered',
    bob,
    { kind: 'handoff', to: ['ann' as AgentName] },
    {
      input: { task: { word: from(group).word }, message: null, from: null, trail: [] },
    },
  )
  return sequence(group, offered)
}
const Ended = z.union([Word, z.object({ handoff: z.object({ to: z.string() }) })])
const sorting = defineWorkflow({ name: 'sorting', version: '1.0.0', input: Word, output: Ended, steps })
const team = defineTeam({ name: 'clerks', agents: [ann, bob], workflows: [sorting] })

it('runs a group as its body does: no state of its own, its output the body’s', () => {
  expect(validate(team)).toEqual([])
  const states = compile(team).get('sorting')?.definition.States ?? {}
  expect(Object.keys(states)).not.toContain('group')
  expect(JSON.stringify(states['group-decide'])).toContain('"out_group"')
  expect(JSON.stringify(states['offered'])).toContain('$out_group.word')
})

it('asks the control function for a decision, with a default where there is none', () => {
  const states = compile(team).get('sorting')?.definition.States ?? {}
  const task = states['group-decide'] as unknown as { Arguments: { Payload: unknown; FunctionName: string } }
  expect(task.Arguments.FunctionName).toContain('$run.lock.control.functionName')
  expect(task.Arguments.Payload).toMatchObject({ task: 'decide', workflow: 'sorting', node: 'group-decide' })
  expect(JSON.stringify(states['group-decide: outcome'])).toContain('none')
})

it('counts a rule in transitions and time, not in model calls', () => {
  const [counted] = bounds(team)
  expect(counted).toMatchObject({ steps: 2 })
  expect(counted?.perStep.map(({ step: name }) => name)).toEqual(['first', 'offered'])
})

it('draws a group as a box with its name and who takes part', () => {
  const { clusters, nodes } = graphOf(sorting)
  expect(clusters).toEqual([{ id: 'group …', kind: 'pattern' }])
  expect(nodes.find(({ id }) => id === 'group')).toMatchObject({ details: ['resolve', 'two words'] })
  expect(nodes.find(({ id }) => id === 'group-decide')).toMatchObject({ kind: 'rule', within: 'group …' })
})

it('gives a contract to the agent with the same name and rights and another output', () => {
  const made = underContract(bob, { kind: 'handoff', to: ['ann' as AgentName] })
  expect(made).toBe(underContract(bob, { kind: 'handoff', to: ['ann' as AgentName] }))
  expect(made).toMatchObject({ name: 'bob', sha256: bob.sha256, tools: bob.tools, limits: bob.limits })
  const handoff = { to: 'ann', message: 'Yours.', reason: 'You know it.' }
  expect(made.output.safeParse({ handoff }).success).toBe(true)
  expect(made.output.safeParse({ handoff: { ...handoff, to: 'eve' } }).success).toBe(false)
  expect(made.output.safeParse({ word: 'a' }).success).toBe(true)
  expect(made.output.safeParse({ output: { word: 'a' } }).success).toBe(false)
})
