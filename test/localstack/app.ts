/**
 * The CDK app of the teams that are deployed for tests (`-c team=FILE`): the construct, and for the patterns team a run that
 * starts by an event.
 */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { App, Stack } from 'aws-cdk-lib'
import { EventField } from 'aws-cdk-lib/aws-events'
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import type { Team } from 'baton'
import { AgentTeam } from 'baton/infra'
import { DIE_ON_HEADER } from './support/faulty-dynamodb.ts'

const app = new App()
const teamFile = join(import.meta.dirname, String(app.node.tryGetContext('team')))
const { default: team }: { readonly default: Team } = await import(pathToFileURL(teamFile).href)
const stack = new Stack(app, `baton-${team.name}-test`)
const agents = new AgentTeam(stack, 'Team', {
  team,
  teamFile,
  bedrockEndpoint: String(app.node.tryGetContext('bedrockEndpoint')),
  cancelGraceSeconds: 3,
})
// Its requests to DynamoDB go through one that loses replies, and may tell its process to die.
const faulty: string | undefined = app.node.tryGetContext('faultyDynamodb')
const effector = agents.agents.agents.get('effector')?.lambda.function
if (faulty !== undefined && effector !== undefined) {
  effector.addEnvironment('AWS_ENDPOINT_URL_DYNAMODB', faulty)
  effector.addEnvironment('NODE_OPTIONS', `--enable-source-maps ${DIE_ON_HEADER}`)
}
// They hold themselves to what was deployed for them, as this AWS does not.
const policies: string | undefined = app.node.tryGetContext('policies')
if (policies !== undefined) {
  for (const one of agents.node.findAll()) {
    if (!(one instanceof LambdaFunction) || one.role === undefined || !one.node.scope?.node.tryFindChild('Exec'))
      continue
    one.addEnvironment('BATON_POLICIES', `${policies}/?role=${one.role.roleArn}`)
  }
}
if (team.workflows.some(({ name }) => name === 'brief')) {
  agents.onEvent('WhenAsked', {
    workflow: 'brief',
    input: { target: EventField.fromPath('$.detail.target') },
    eventPattern: { source: ['baton.test'] },
  })
}
