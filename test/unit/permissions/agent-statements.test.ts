import { defineAgent, defineTool } from 'baton'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { agentStatements } from '../../../src/permissions/agent-statements.ts'
import type { AgentResources } from '../../../src/permissions/resources.ts'

const Text = z.object({ text: z.string() })
const RESOURCES: AgentResources = {
  recordsTableArn: 'arn:records',
  journalTableArn: 'arn:journal',
  artifactsBucketArn: 'arn:bucket',
  place: { partition: 'aws', region: 'eu-west-1', account: '111122223333', team: 'shop' },
  bedrockRegion: 'eu-west-1',
  toolFunctionArns: { mail: 'arn:mail' },
}

function agentWith(id: string, more: Partial<Parameters<typeof defineAgent>[0]> = {}) {
  const base = { version: '1.0.0', role: 'Clerk', goal: 'Work.', instructions: 'Work.', input: Text, output: Text }
  return defineAgent({ ...base, name: 'clerk', model: { id }, ...more })
}

function tool(name: string, isolated: boolean) {
  const grants = [{ actions: ['ses:SendEmail'], resources: ['arn:identity'] }]
  return defineTool({
    name,
    description: 'x',
    isolated,
    grants,
    input: Text,
    output: Text,
    run: async (input) => input,
  })
}

const RUN = '$'.concat('{aws:PrincipalTag/runId}')
const STEP = '$'.concat('{aws:PrincipalTag/stepId}')
const TAGGED = { 'aws:PrincipalTag/runId': 'false', 'aws:PrincipalTag/stepId': 'false' }

describe('agentStatements', () => {
  it('holds an agent to its run’s head and its step’s journal, by exact keys and with a guard against none', () => {
    const [head, journal, artifacts] = agentStatements(agentWith('amazon.nova-lite-v1:0'), RESOURCES)

    expect(head).toEqual({
      Sid: 'ReadRunHead',
      Effect: 'Allow',
      Action: ['dynamodb:GetItem'],
      Resource: ['arn:records'],
      Condition: {
        'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [`RUN#${RUN}`] },
        Null: { 'dynamodb:LeadingKeys': 'false', ...TAGGED },
      },
    })
    expect(journal).toMatchObject({
      Action: ['dynamodb:PutItem', 'dynamodb:Query'],
      Resource: ['arn:journal'],
      Condition: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [`RUN#${RUN}#${STEP}`] } },
    })
    expect(artifacts).toMatchObject({ Resource: [`arn:bucket/runs/${RUN}/*`] })
  })

  it('invokes an isolated tool, whose grants it does not hold, and holds those of its other tools', () => {
    const statements = agentStatements(agentWith('x.y', { tools: [tool('mail', true)] }), RESOURCES)
    const inProcess = agentStatements(agentWith('x.y', { tools: [tool('mail', false)] }), RESOURCES)
    const actions = (all: typeof statements) => all.flatMap(({ Action }) => Action)

    expect(statements.find(({ Sid }) => Sid === 'InvokeOwnTools')?.Resource).toEqual(['arn:mail:*'])
    expect(actions(statements)).not.toContain('ses:SendEmail')
    expect(actions(inProcess)).toContain('ses:SendEmail')
    expect(actions(inProcess)).not.toContain('lambda:InvokeFunction')
  })

  it('uses the key, where there is one, through DynamoDB and S3 alone', () => {
    const statements = agentStatements(agentWith('x.y'), { ...RESOURCES, keyArn: 'arn:key' })

    expect(statements.find(({ Sid }) => Sid === 'UseKey')).toMatchObject({
      Resource: ['arn:key'],
      Condition: {
        StringEquals: { 'kms:ViaService': ['dynamodb.eu-west-1.amazonaws.com', 's3.eu-west-1.amazonaws.com'] },
      },
    })
  })
})

describe('Bedrock', () => {
  const asking = (id: string) =>
    agentStatements(agentWith(id), RESOURCES).filter(({ Action }) => Action.includes('bedrock:InvokeModel'))

  it('asks a model of the region by its exact ARN', () => {
    expect(asking('amazon.nova-lite-v1:0')).toEqual([
      expect.objectContaining({ Resource: ['arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0'] }),
    ])
  })

  it.each(['us', 'eu', 'apac', 'jp', 'au', 'global'])(
    'asks the profile %s., and the model behind it by that alone',
    (prefix) => {
      const profile = `arn:aws:bedrock:eu-west-1:111122223333:inference-profile/${prefix}.anthropic.claude-x-v1:0`

      expect(asking(`${prefix}.anthropic.claude-x-v1:0`)).toEqual([
        expect.objectContaining({ Resource: [profile] }),
        expect.objectContaining({
          Resource: ['arn:aws:bedrock:*::foundation-model/anthropic.claude-x-v1:0'],
          Condition: { StringEquals: { 'bedrock:InferenceProfileArn': profile } },
        }),
      ])
    },
  )

  it('takes an ARN of one’s own as it is, and what a profile stands for by that profile alone', () => {
    const own = 'arn:aws:bedrock:eu-west-1:111122223333:application-inference-profile/abc'

    expect(asking(own)).toEqual([
      expect.objectContaining({ Resource: [own] }),
      expect.objectContaining({ Condition: { StringEquals: { 'bedrock:InferenceProfileArn': own } } }),
    ])
    expect(asking('arn:aws:bedrock:eu-west-1:111122223333:provisioned-model/abc').length).toBe(1)
  })

  it('takes a provider whose name begins like a region for what it is', () => {
    expect(asking('us.model').length).toBe(1)
  })
})
