import { mkdtempSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { App, Stack } from 'aws-cdk-lib'
import { EventField, Schedule } from 'aws-cdk-lib/aws-events'
import { defineAgent, defineTeam, defineTool, defineWorkflow, InvalidDefinition, InvalidRequest, step } from 'baton'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { AgentTeam, parseStage } from '../../infra/index.ts'
import { stateMachineOutput } from '../../infra/team-outputs.ts'
import { buildStack, ofType, type Properties, readResources, TEAMS } from './stacks.ts'

const LONG = { timeout: 180_000 }
const Text = z.object({ text: z.string() })

function teamAsking(action: string, kind: 'worker' | 'support', limitUsd?: number) {
  const tool = defineTool({
    name: 'ask',
    description: 'Asks.',
    grants: [{ actions: [action], resources: ['*'] }],
    input: Text,
    output: Text,
    run: async (input) => input,
  })
  const base = { version: '1.0.0', role: 'Clerk', goal: 'Work.', instructions: 'Work.', input: Text, output: Text }
  const agent = defineAgent({ ...base, name: 'clerk', kind, model: { id: 'amazon.nova-micro-v1:0' }, tools: [tool] })
  const work = defineWorkflow({
    name: 'work',
    version: '1.0.0',
    input: Text,
    output: Text,
    ...(limitUsd === undefined ? {} : { limits: { costUsd: limitUsd } }),
    steps: ({ run }) => step('one', agent, { input: run.input }),
  })
  return defineTeam({ name: 'asking', agents: [agent], workflows: [work] })
}

function construct(team: ReturnType<typeof teamAsking>, teamFile: string = TEAMS.research.teamFile): () => AgentTeam {
  return () => new AgentTeam(new Stack(new App(), 'Stack'), 'Team', { team, teamFile })
}

describe('AgentTeam refuses', LONG, () => {
  it.each(['iam:CreateRole', 'states:SendTaskSuccess', 'states:StartExecution', 'kms:Sign'])(
    'a tool that asks for %s',
    (action) => {
      expect(construct(teamAsking(action, 'worker'))).toThrow(InvalidDefinition)
      expect(construct(teamAsking(action, 'worker'))).toThrow(`agents.clerk.tools.ask.grants.0: ${action}`)
    },
  )

  it('a support agent whose tool reaches beyond telemetry', () => {
    expect(construct(teamAsking('s3:GetObject', 'support'))).toThrow('reads telemetry only')
  })

  it('a team over its own limits', () => {
    expect(construct(teamAsking('logs:StartQuery', 'support', 0.01))).toThrow(/costUsd/)
  })

  it('a team file that is not there, or cannot be bundled, saying where and why', () => {
    const folder = mkdtempSync(join(resolve('node_modules'), '.baton-test-'))
    const file = join(folder, 'team.ts')
    writeFileSync(file, "import 'no-such-package'\nexport default 1")
    const team = teamAsking('logs:StartQuery', 'support')

    expect(construct(team, 'no/such/team.ts')).toThrow(InvalidRequest)
    expect(construct(team, file)).toThrow(/team\.ts:1: Could not resolve "no-such-package"/)
    expect(construct(team, file)).toThrow(InvalidDefinition)
  })

  it('folders that are not there, and names that are none', () => {
    const build = (folders: Readonly<Record<string, string>>) => () => buildStack('research', 'dev', { folders })

    expect(build({ documents: 'no/such/folder' })).toThrow('there is no folder')
    expect(build({ '../up': 'docs' })).toThrow('cannot be the name of a folder')
  })

  it('a second team in the same stack, as its outputs would have the same names', () => {
    const { stack } = buildStack('research', 'dev')

    expect(() => new AgentTeam(stack, 'Second', { ...TEAMS.everything })).toThrow('holds a team already')
  })

  it('a stage that it does not know', () => {
    expect(() => parseStage('staging')).toThrow(InvalidRequest)
  })
})

describe('runs that start by themselves', LONG, () => {
  it('are started by what EventBridge sends, under the id of the event', () => {
    const { stack, team } = buildStack('research', 'dev')
    const input = { question: 'What is new?' }

    team.schedule('Daily', { schedule: Schedule.expression('rate(1 day)'), workflow: 'research', input })
    team.onEvent('Asked', {
      eventPattern: { source: ['shop'] },
      workflow: 'research',
      input: { question: EventField.fromPath('$.detail.question') },
    })
    const rules = ofType(readResources(stack), 'AWS::Events::Rule')
    const daily = rules.find(({ Properties }) => Properties['ScheduleExpression'] === 'rate(1 day)')
    const [target] = (daily?.Properties['Targets'] ?? []) as readonly Properties[]

    expect(rules.length).toBe(3)
    expect(target).toMatchObject({
      InputTransformer: {
        InputPathsMap: { id: '$.id' },
        InputTemplate: '{"workflow":"research","input":{"question":"What is new?"},"idempotencyKey":<id>}',
      },
      DeadLetterConfig: expect.anything(),
      RetryPolicy: expect.anything(),
    })
  })

  it('are of a workflow that the team has', () => {
    const { team } = buildStack('research', 'dev')

    expect(() =>
      team.schedule('Daily', { schedule: Schedule.expression('rate(1 day)'), workflow: 'no-such', input: {} }),
    ).toThrow('workflow "no-such", which team research does not have')
  })
})

describe('what a deployment tells', LONG, () => {
  it('has the names that the CLI reads', () => {
    const { app, stack } = buildStack('everything', 'dev')
    const { Outputs } = app.synth().getStackByName(stack.stackName).template as { readonly Outputs: object }

    expect(Object.keys(Outputs).sort()).toEqual([
      'ApiUrl',
      'ArtifactsBucket',
      'DashboardUrl',
      'JournalTable',
      'RecordsTable',
      'Region',
      'SealKey',
      'SealsBucket',
      'StateMachineCareful',
      'StateMachineChildWork',
      'StateMachineWide',
      'Team',
    ])
    expect(stateMachineOutput('a_long-name2')).toBe('StateMachineALongName2')
  })

  it('names the worst case of each workflow when it is synthesized', () => {
    const { team } = buildStack('research', 'dev')
    const told = team.node.metadata.filter(({ type }) => type === 'aws:cdk:info').map(({ data }) => String(data))

    expect(told).toEqual([
      expect.stringMatching(/^Workflow research, at worst: 46 steps, .* USD, \d+ s, \d+ state/),
      expect.stringMatching(/^Workflow investigate, at worst: 2 steps, .* USD, \d+ s, \d+ state/),
    ])
  })
})
