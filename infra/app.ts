/** The CDK app of a clone: `npx cdk deploy -c team=FILE -c stage=dev|prod`. A user's own app looks the same. */
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { App, Stack, Tags } from 'aws-cdk-lib'
import type { Team } from 'baton'
import { AgentTeam, parseStage } from 'baton/infra'

const app = new App()
const context = (name: string): string | undefined => app.node.tryGetContext(name)
const teamFile = resolve(context('team') ?? 'examples/research/team.ts')
const stage = parseStage(context('stage') ?? 'dev')
const model = context('model')
const bedrockEndpoint = context('bedrockEndpoint')
const documents = context('documents')
const keepsAccountLogRole = String(context('accountLogRole')) === 'false'

const { default: team }: { readonly default: Team } = await import(pathToFileURL(teamFile).href)
const stack = new Stack(app, `baton-${team.name.replaceAll('_', '-')}-${stage}`, {
  description: `Baton: the team ${team.name} (${stage})`,
  terminationProtection: stage === 'prod',
})
new AgentTeam(stack, 'Team', {
  team,
  teamFile,
  stage,
  ...(model === undefined ? {} : { model }),
  ...(bedrockEndpoint === undefined ? {} : { bedrockEndpoint }),
  ...(keepsAccountLogRole ? { accountLogRole: false } : {}),
  ...(documents === undefined ? {} : { folders: { documents } }),
})
Tags.of(stack).add('baton:team', team.name)
Tags.of(stack).add('baton:stage', stage)
