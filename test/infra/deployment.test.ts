import { describe, expect, it } from 'vitest'
import type { Stage } from '../../infra/index.ts'
import { compile } from '../../src/workflow/compile.ts'
import { everythingSeconds } from './seconds.ts'
import { ofType, type Properties, resourcesOf, TEAMS } from './stacks.ts'

const STAGES: readonly Stage[] = ['dev', 'prod']
const LONG = { timeout: 180_000 }

describe('functions', LONG, () => {
  it.each(STAGES)('run Node 24 on ARM, traced, each with a log of its own that ends (%s)', (stage) => {
    const functions = ofType(resourcesOf('everything', stage), 'AWS::Lambda::Function')
    const logs = functions.map(({ Properties }) => JSON.stringify(Properties['LoggingConfig']))

    expect(functions.length).toBe(9)
    for (const { Properties } of functions) {
      expect(Properties).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        TracingConfig: { Mode: 'Active' },
      })
    }
    expect(new Set(logs).size).toBe(functions.length)
    for (const log of ofType(resourcesOf('everything', stage), 'AWS::Logs::LogGroup')) {
      expect(log.Properties['RetentionInDays']).toBe(stage === 'prod' ? 365 : 7)
      expect(log.DeletionPolicy).toBe(stage === 'prod' ? 'Retain' : 'Delete')
    }
  })

  it('keep the versions that runs began with', () => {
    const versions = ofType(resourcesOf('everything', 'dev'), 'AWS::Lambda::Version')

    expect(versions.map(({ path }) => path.replace(/\/CurrentVersion.*/, ''))).toEqual([
      'Stack/Team/Agents/Tool-sendMail/Function/Function',
      'Stack/Team/Agents/Agent-clerk/Function/Function',
      'Stack/Team/Agents/Agent-watcher/Function/Function',
      'Stack/Team/Control/Function/Function',
    ])
    for (const { DeletionPolicy, UpdateReplacePolicy } of versions) {
      expect([DeletionPolicy, UpdateReplacePolicy]).toEqual(['Retain', 'Retain'])
    }
  })

  it('are not repeated behind the state machine’s back', () => {
    const configured = ofType(resourcesOf('everything', 'dev'), 'AWS::Lambda::EventInvokeConfig')
    const retries = configured.map(({ path, Properties }) => [path.split('/')[3], Properties['MaximumRetryAttempts']])

    // All that is invoked asynchronously: by EventBridge, and by CloudFormation.
    expect(retries).toEqual([
      ['Start', 2],
      ['RunEnded', 2],
      ['Release', 0],
    ])
    for (const { Properties, path } of configured) {
      if (!path.includes('/Release/')) expect(Properties['DestinationConfig']).toHaveProperty('OnFailure.Destination')
    }
  })

  it('take as many of the 500 resources of a stack as the docs say', () => {
    const all = Object.values(resourcesOf('everything', 'dev'))
    const count = (path: RegExp) => all.filter((resource) => path.test(resource.path)).length

    expect(count(/\/Agent-clerk\//)).toBe(6)
    expect(count(/\/Tool-sendMail\//)).toBe(5)
    // Those with a distributed Map have a policy more.
    const each = ['child-work', 'wide', 'careful'].map((name) => count(new RegExp(`/Workflow-${name}/`)))
    expect(each).toEqual([3, 4, 4])
    const around = all.length - count(/\/(Agent|Tool|Workflow)-/)
    expect(around).toBeGreaterThan(140)
    expect(around).toBeLessThanOrEqual(170)
  })
})

describe('times nest', LONG, () => {
  it('model and tools < function < state < workflow, for every step', () => {
    const steps = everythingSeconds(resourcesOf('everything', 'dev'), TEAMS.everything.team)

    expect(steps.map(({ agent }) => agent).sort()).toEqual(['clerk', 'clerk', 'watcher'])
    for (const { agent, limit, lambda, state, workflow } of steps) {
      expect(limit, agent).toBeLessThan(lambda)
      expect(lambda, agent).toBeLessThan(state)
      expect(lambda, agent).toBeLessThanOrEqual(900)
      expect(state, agent).toBeLessThan(workflow)
    }
  })

  it('the API’s function < its integration; the release < its resource', () => {
    const resources = resourcesOf('everything', 'dev')
    const seconds = (path: RegExp) =>
      Number(ofType(resources, 'AWS::Lambda::Function').find((one) => path.test(one.path))?.Properties['Timeout'])
    const integrations = ofType(resources, 'AWS::ApiGateway::Method').map(({ Properties }) =>
      Number((Properties['Integration'] as Properties)['TimeoutInMillis']),
    )
    const [release] = ofType(resources, 'Custom::BatonRelease')

    expect(Math.max(...integrations)).toBeLessThanOrEqual(29_000)
    expect(seconds(/Functions\/Api/) * 1_000).toBeLessThan(Math.min(...integrations))
    expect(seconds(/Functions\/Release/)).toBeLessThan(Number(release?.Properties['ServiceTimeout']))
    expect(seconds(/Tool-sendMail/)).toBeGreaterThan(20)
  })
})

describe('state machines', LONG, () => {
  it.each(STAGES)('are Standard, traced, and log everything but content (%s)', (stage) => {
    const machines = ofType(resourcesOf('everything', stage), 'AWS::StepFunctions::StateMachine')

    expect(machines.length).toBe(4)
    for (const { Properties } of machines) {
      expect(Properties).toMatchObject({
        StateMachineType: 'STANDARD',
        TracingConfiguration: { Enabled: true },
        LoggingConfiguration: { Level: 'ALL', IncludeExecutionData: false },
      })
    }
  })

  it('take the definition as it was compiled', () => {
    const machines = ofType(resourcesOf('research', 'dev'), 'AWS::StepFunctions::StateMachine')
    const texts = machines.map(({ Properties }) => Properties['DefinitionString'])

    expect(texts).toContainEqual(JSON.stringify(compile(TEAMS.research.team).get('research')?.definition))
  })

  it('are released with the versions of their agents, once all is there', () => {
    const [release] = ofType(resourcesOf('everything', 'dev'), 'Custom::BatonRelease')

    expect(release?.Properties).toMatchObject({
      team: 'everything',
      agents: { clerk: { Ref: expect.stringContaining('CurrentVersion') }, watcher: expect.anything() },
      control: { Ref: expect.stringContaining('ControlFunction') },
      workflows: { wide: expect.anything(), 'child-work': expect.anything() },
      definitions: { wide: expect.stringMatching(/^[0-9a-f]{64}$/) },
    })
    const waits = (release as { readonly DependsOn?: readonly string[] } | undefined)?.DependsOn ?? []
    expect(waits.filter((id) => /Machine|Items|RunEnded/.test(id)).length).toBeGreaterThanOrEqual(4)
  })
})
