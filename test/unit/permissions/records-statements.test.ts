import { defineAgent, defineMemory, defineMessage, defineTool, stateKey } from 'baton'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { agentStatements, toolStatements } from '../../../src/permissions/agent-statements.ts'
import type { AgentResources } from '../../../src/permissions/resources.ts'
import { secretStatements } from '../../../src/permissions/secret-statements.ts'

const Text = z.object({ text: z.string() })
const RESOURCES: AgentResources = {
  recordsTableArn: 'arn:records',
  journalTableArn: 'arn:journal',
  artifactsBucketArn: 'arn:bucket',
  place: { partition: 'aws', region: 'eu-west-1', account: '111122223333', team: 'shop' },
  bedrockRegion: 'eu-central-1',
  toolFunctionArns: {},
}
const RUN = '$'.concat('{aws:PrincipalTag/runId}')
const STEP = '$'.concat('{aws:PrincipalTag/stepId}')

function tool(name: string, more: Partial<Parameters<typeof defineTool>[0]> = {}) {
  return defineTool({ name, description: 'x', input: Text, output: Text, run: async (input) => input, ...more })
}

function agentWith(tools: readonly ReturnType<typeof tool>[] = []) {
  return defineAgent({
    ...{ name: 'clerk', version: '1.0.0', role: 'Clerk', goal: 'Work.', instructions: 'Work.' },
    model: { id: 'a.large-v1:0', fallbacks: ['b.large-v1:0', 'a.small-v1:0'], degradeTo: 'a.small-v1:0' },
    onLimit: { costUsd: 'degrade' },
    tools,
    input: Text,
    output: Text,
  })
}

function statement(sid: string, tools: readonly ReturnType<typeof tool>[] = [], resources = RESOURCES) {
  return agentStatements(agentWith(tools), resources).find(({ Sid }) => Sid === sid)
}

const keysOf = (of: ReturnType<typeof statement>) =>
  of?.Condition?.['ForAllValues:StringEquals']?.['dynamodb:LeadingKeys']

describe('the state that an agent shares', () => {
  it('is the keys it was granted, of its own run, in the workflows it works in', () => {
    const notes = stateKey(z.array(z.string()), { reducer: 'append' })
    const plan = stateKey(z.string(), { reducer: 'replace' })
    const sharing = defineAgent({
      ...{ name: 'clerk', version: '1.0.0', role: 'Clerk', goal: 'Work.', instructions: 'Work.' },
      ...{ model: { id: 'm' }, input: Text, output: Text, state: { reads: { notes, plan }, writes: { notes } } },
    })
    const given = agentStatements(sharing, { ...RESOURCES, workflows: ['research', 'review'] })
    const of = (sid: string) => given.find(({ Sid }) => Sid === sid)

    expect(of('ReadState')?.Action).toEqual(['dynamodb:GetItem', 'dynamodb:Query'])
    expect(keysOf(of('ReadState'))).toEqual(
      ['notes', 'plan'].flatMap((key) => ['research', 'review'].map((name) => `RUN#${RUN}#STATE#${name}.${key}`)),
    )
    expect(of('WriteState')?.Action).toEqual(['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'])
    expect(keysOf(of('WriteState'))).toEqual([`RUN#${RUN}#STATE#research.notes`, `RUN#${RUN}#STATE#review.notes`])
    expect(statement('ReadState')).toBeUndefined()
  })
})

describe('the memory that an agent searches and adds to', () => {
  const customers = defineMemory({ name: 'customers', description: 'What customers prefer.' })
  const prices = defineMemory({ name: 'prices', description: 'What was paid.' })
  const base = { version: '1.0.0', role: 'Clerk', goal: 'Work.', instructions: 'Work.', model: { id: 'm' } }
  const of = (memory: NonNullable<Parameters<typeof defineAgent>[0]['memory']>) => {
    const given = agentStatements(defineAgent({ ...base, name: 'clerk', input: Text, output: Text, memory }), RESOURCES)
    return (sid: string) => given.find(({ Sid }) => Sid === sid)
  }

  it('is the partitions of the spaces it was granted, by exact keys, and nothing is removed there', () => {
    const both = of({ reads: [customers, prices], writes: [prices] })
    expect(both('ReadMemory')?.Action).toEqual(['dynamodb:GetItem', 'dynamodb:Query'])
    expect(keysOf(both('ReadMemory'))).toEqual(['MEMORY#shop#customers', 'MEMORY#shop#prices'])
    expect(both('WriteMemory')?.Action).toEqual(['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'])
    expect(keysOf(both('WriteMemory'))).toEqual(['MEMORY#shop#prices'])
    for (const sid of ['ReadMemory', 'WriteMemory']) {
      expect(both(sid)?.Condition?.Null).toEqual({
        'dynamodb:LeadingKeys': 'false',
        'aws:PrincipalTag/runId': 'false',
        'aws:PrincipalTag/stepId': 'false',
      })
    }
  })

  it('is not there for who has one right of the two, or none', () => {
    expect(of({ reads: [customers] })('WriteMemory')).toBeUndefined()
    expect(of({ writes: [customers] })('ReadMemory')).toBeUndefined()
    expect(statement('ReadMemory') ?? statement('WriteMemory')).toBeUndefined()
  })
})

describe('what an agent may change in place', () => {
  it('is its own step’s claims, the run’s budget and its own models’ breakers, in one condition', () => {
    const own = statement('WriteOwnRecords')

    expect(keysOf(own)).toEqual([
      `RUN#${RUN}#STEP#${STEP}`,
      `RUN#${RUN}#BUDGET`,
      'MODEL#a.large-v1:0@eu-central-1',
      'MODEL#b.large-v1:0@eu-central-1',
      'MODEL#a.small-v1:0@eu-central-1',
    ])
    expect(own?.Condition?.Null).toEqual({
      'dynamodb:LeadingKeys': 'false',
      'aws:PrincipalTag/runId': 'false',
      'aws:PrincipalTag/stepId': 'false',
    })
    expect(own?.Action).not.toContain('dynamodb:DeleteItem')
    expect(statement('RemoveFromOwnTables')).toBeUndefined()
  })

  it('knows models of other providers by the region of the stack', () => {
    const keys = keysOf(statement('WriteOwnRecords', [], { ...RESOURCES, bedrockRegion: undefined }))

    expect(keys).toContain('MODEL#a.large-v1:0@eu-west-1')
  })

  it('holds the rate limits of its tools, each once, and the tables of those that keep one', () => {
    const rateLimit = { name: 'crm', calls: 10, perSeconds: 1 }
    const tools = [tool('one', { rateLimit }), tool('two', { rateLimit }), tool('note', { effect: 'table' })]

    expect([keysOf(statement('WriteOwnRecords', tools))].flat().slice(-2)).toEqual(['RATE#crm', 'TOOL#note'])
    expect(keysOf(statement('RemoveFromOwnTables', tools))).toEqual(['TOOL#note'])
    expect(statement('RemoveFromOwnTables', tools)?.Action).toEqual(['dynamodb:DeleteItem'])
  })

  it('is the journal of its own step, and of what takes its effects back where a tool can', () => {
    const journal = (undo?: () => Promise<void>) =>
      keysOf(statement('AppendToOwnJournal', [tool('note', undo === undefined ? {} : { undo })]))

    expect(journal()).toEqual([`RUN#${RUN}#${STEP}`])
    expect(journal(async () => undefined)).toEqual([`RUN#${RUN}#${STEP}`, `RUN#${RUN}#${STEP}:undo`])
  })

  it('never is the brake, which it reads', () => {
    const brake = statement('ReadBrake')

    expect([keysOf(brake), brake?.Action]).toEqual([['BRAKE'], ['dynamodb:GetItem', 'dynamodb:Query']])
    expect(keysOf(statement('WriteOwnRecords'))).not.toContain('BRAKE')
  })

  it('never is an approval, a token or another’s budget', () => {
    const keys = agentStatements(agentWith(), RESOURCES).flatMap((one) => keysOf(one) ?? [])

    expect(keys.filter((key) => /APPROVAL|TOKEN|^BUDGET|^REG/.test(key))).toEqual([])
  })
})

describe('secrets', () => {
  const crm = tool('crm', { secrets: ['crm/token', 'crm/key'] })
  const arn = (name: string) => `arn:aws:secretsmanager:eu-west-1:111122223333:secret:baton/shop/${name}-??????`

  it('are read by the name that the tool declares, and by no other', () => {
    expect(secretStatements([crm, tool('same', { secrets: ['crm/key'] })], RESOURCES.place)).toEqual([
      {
        Sid: 'ReadOwnSecrets',
        Effect: 'Allow',
        Action: ['secretsmanager:GetSecretValue'],
        Resource: [arn('crm/token'), arn('crm/key')],
      },
    ])
  })

  it('are those of tools in the agent’s own function: an isolated one reads its own', () => {
    const isolated = tool('mail', { secrets: ['mail'], isolated: true })

    expect(statement('ReadOwnSecrets', [crm, isolated])?.Resource).toEqual([arn('crm/token'), arn('crm/key')])
    expect(statement('ReadOwnSecrets', [isolated])).toBeUndefined()
    expect(toolStatements([isolated])).toEqual([])
  })
})

describe('what an agent may do with messages', () => {
  const note = defineMessage({ name: 'note', description: 'Says something.', body: Text })
  const base = { version: '1.0.0', role: 'Clerk', goal: 'Work.', instructions: 'Work.', model: { id: 'a.large-v1:0' } }
  const of = (edges: Pick<Parameters<typeof defineAgent>[0], 'sends' | 'receives'>) => {
    const agent = defineAgent({ ...base, name: 'clerk', input: Text, output: Text, ...edges })
    const all = agentStatements(agent, RESOURCES)
    return (sid: string) => all.find(({ Sid }) => Sid === sid)
  }

  it('is to put and count in its own part of the boxes that it may send to, and there alone', () => {
    const statements = of({ sends: { boss: [note], judge: [note] } })
    expect(keysOf(statements('SendMessages'))).toEqual([`RUN#${RUN}#BOX#boss#clerk`, `RUN#${RUN}#BOX#judge#clerk`])
    expect(statements('SendMessages')?.Condition?.Null).toMatchObject({ 'dynamodb:LeadingKeys': 'false' })
    expect(statements('SendMessages')?.Action).not.toContain('dynamodb:Query')
    expect(statements('ReadMessages')).toBeUndefined()
  })

  it('is to read and mark in its own box, and put nothing there', () => {
    const statements = of({ receives: { boss: [note] } })
    expect(keysOf(statements('ReadMessages'))).toEqual([`RUN#${RUN}#BOX#clerk#boss`])
    expect(statements('ReadMessages')?.Action).toEqual(['dynamodb:Query', 'dynamodb:UpdateItem'])
    expect(statements('SendMessages')).toBeUndefined()
  })
})

it('a server that answers with one model is known by that one’s breaker', () => {
  const keys = keysOf(statement('WriteOwnRecords', [], { ...RESOURCES, fixedModelId: 'qwen3:8b' }))

  expect(keys).toContain('MODEL#qwen3:8b@eu-central-1')
  expect(keys).not.toContain('MODEL#a.large-v1:0@eu-central-1')
})
