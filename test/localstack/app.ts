/** The CDK app of the patterns team: the construct with what a deployment for tests needs beside it. */
import { join } from 'node:path'
import { App, Stack } from 'aws-cdk-lib'
import { EventField } from 'aws-cdk-lib/aws-events'
import { AgentTeam } from 'baton/infra'
import team from './patterns.team.ts'

const app = new App()
const bedrockEndpoint: string = app.node.tryGetContext('bedrockEndpoint') ?? ''
const suffix: string = app.node.tryGetContext('suffix') ?? ''
const stack = new Stack(app, `baton-patterns-test${suffix}`)
const patterns = new AgentTeam(stack, 'Team', {
  team,
  teamFile: join(import.meta.dirname, 'patterns.team.ts'),
  bedrockEndpoint,
  cancelGraceSeconds: 3,
})
patterns.onEvent('WhenAsked', {
  workflow: 'brief',
  input: { target: EventField.fromPath('$.detail.target') },
  eventPattern: { source: ['baton.test'] },
})
