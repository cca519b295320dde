import { defineAgent, defineMessage, defineTeam, defineTool, defineWorkflow, stateKey, step } from 'baton'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { explainAgent } from '../../../src/permissions/explain-statements.ts'
import { reviewGrants, reviewUse } from '../../../src/permissions/review.ts'
import { office } from '../engine/support/gated-team.ts'

const Text = z.strictObject({ text: z.string() })
const base = { version: '1.0.0', role: 'Clerk', goal: 'Work.', instructions: 'Work.', input: Text, output: Text }
const model = { id: 'a.model-v1:0' }

function teamWith(actions: string[], resources: string[], more: Partial<Parameters<typeof defineAgent>[0]> = {}) {
  const tool = defineTool({
    ...{ name: 'reach', description: 'Reaches.', input: Text, output: Text, grants: [{ actions, resources }] },
    run: async (input) => input,
  })
  const clerk = defineAgent({ ...base, name: 'clerk', model, tools: [tool], ...more })
  const steps = defineWorkflow({
    ...{ name: 'work', version: '1.0.0', input: Text, output: Text },
    steps: ({ run }) => step('work', clerk, { input: run.input }),
  })
  return defineTeam({ name: 'shop', agents: [clerk], workflows: [steps] })
}

describe('reviewGrants', () => {
  it.each([
    ['s3:GetObject', 'arn:aws:s3:::bucket/*', []],
    ['s3:GetObject', 'arn:aws:s3:::bucket-*/x', ['wildcard.resource']],
    ['s3:GetObject', '*', ['wildcard.resource']],
    ['dynamodb:Query', 'arn:aws:dynamodb:eu-west-1:1:table/orders/index/*', []],
    ['dynamodb:Query', 'arn:aws:dynamodb:eu-west-1:1:table/*', ['wildcard.resource']],
    ['dynamodb:Query', 'arn:aws:dynamodb:*:1:table/orders', ['wildcard.resource']],
    ['sqs:SendMessage', 'arn:aws:sqs:eu-west-1:*:orders', ['wildcard.resource']],
    ['lambda:InvokeFunction', 'arn:aws:lambda:eu-west-1:1:function:*', ['wildcard.resource']],
    ['cloudwatch:GetMetricData', '*', []],
  ])('%s on %s: %j', (action, resource, rules) => {
    expect(reviewGrants(teamWith([action], [resource])).map(({ rule }) => rule)).toEqual(rules)
  })

  it('names who has a step nowhere, writes to nobody there, and shares what nobody else does', () => {
    const note = defineMessage({ name: 'note', description: 'A remark.', body: Text })
    const told = stateKey(z.string(), { reducer: 'replace' })
    const writer = defineAgent({
      ...{ ...base, name: 'writer', model, sends: { reader: [note] }, state: { writes: { told } } },
    })
    const reader = defineAgent({ ...base, name: 'reader', model, receives: { writer: [note] } })
    const idle = defineAgent({ ...base, name: 'idle', model })
    const workflow = (name: string, agent: typeof writer, state = {}) =>
      defineWorkflow({
        ...{ name, version: '1.0.0', input: Text, output: Text, ...state },
        steps: ({ run }) => step('work', agent, { input: run.input }),
      })
    const workflows = [workflow('one', writer, { state: { told } }), workflow('two', reader)]
    const team = defineTeam({ name: 'shop', agents: [writer, reader, idle], workflows })

    expect(reviewGrants(team).map(({ agent, rule }) => [agent, rule])).toEqual([
      ['writer', 'unused.message'],
      ['writer', 'unused.state'],
      ['idle', 'unused.agent'],
    ])
  })
})

describe('reviewUse', () => {
  const team = teamWith(['s3:GetObject'], ['arn:aws:s3:::bucket/*'], { model: { id: 'a', fallbacks: ['b'] } })
  const used = (tools: string[], models: string[]) => ({
    ...{ runs: 2, agents: new Map([['clerk', { tools: new Set(tools), models: new Set(models) }]]) },
  })

  it('names what no recorded run used, but for fallbacks', () => {
    expect(reviewUse(team, used(['reach'], ['a']))).toEqual([])
    expect(reviewUse(team, used([], ['b'])).map(({ what }) => what)).toEqual([
      'its tool reach was called in none of 2 recorded runs',
      'its model a answered in none of 2 recorded runs',
    ])
    expect(reviewUse(team, { runs: 1, agents: new Map() })).toMatchObject([
      { what: 'it did no step in 1 recorded run' },
    ])
  })
})

describe('explainAgent', () => {
  it('gives every statement words and the declaration that it follows from', () => {
    const [clerk] = office.agents
    if (clerk === undefined) throw new Error('the team has an agent')
    const { may, workflows, never } = explainAgent(clerk, office)
    const because = Object.fromEntries(may.map((one) => [one.sid, one.because]))

    expect(workflows).toEqual(['desk'])
    expect(may.some(({ does }) => does === 'does what the statement says')).toBe(false)
    expect(because).toMatchObject({
      InvokeOwnModels: 'model: a.large-v1:0, us.b.small-v1:0',
      InvokeBehindProfile1: 'model: a.large-v1:0, us.b.small-v1:0',
      InvokeOwnTools: 'isolated: mail',
      ReadOwnSecrets: 'look: desk',
      RemoveFromOwnTables: 'effect table of keep',
      SendMessages: 'sends: reviewer',
      ReadState: 'state.reads: plan',
      WriteState: 'state.writes: notes',
      WriteOwnRecords: 'every step of an agent needs it; the rate limits of look',
    })
    expect(never).toContain('states:SendTask*')
    expect(explainAgent(teamWith(['s3:GetObject'], ['arn:x']).agents[0] ?? clerk, office).may).toContainEqual(
      expect.objectContaining({ because: 'the grants of tool reach', actions: ['s3:GetObject'], resources: ['arn:x'] }),
    )
  })
})
