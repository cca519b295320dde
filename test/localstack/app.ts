/**
 * The CDK app of the teams that are deployed for tests (`-c team=FILE`): the construct, and for the patterns team a run that
 * starts by an event.
 */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { App, Stack } from 'aws-cdk-lib'
import { EventField } from 'aws-cdk-lib/aws-events'
import type { Team } from 'baton'
import { AgentTeam } from 'baton/infra'

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
if (team.workflows.some(({ name }) => name === 'brief')) {
  agents.onEvent('WhenAsked', {
    workflow: 'brief',
    input: { target: EventField.fromPath('$.detail.target') },
    eventPattern: { source: ['baton.test'] },
  })
}
