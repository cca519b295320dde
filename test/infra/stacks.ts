/** Stacks of the tests: each team and stage is synthesized once a file. */

import type { IPolicyValidationPlugin } from 'aws-cdk-lib'
import { App, Stack, Validations } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import dataPipeline from '../../examples/data-pipeline/team.ts'
import research from '../../examples/research/team.ts'
import softwareDelivery from '../../examples/software-delivery/team.ts'
import { AgentTeam, type AgentTeamProps, acknowledgeExceptions, type Stage } from '../../infra/index.ts'
import everything from './teams/everything.team.ts'

export const TEAMS = {
  research: { team: research, teamFile: 'examples/research/team.ts' },
  dataPipeline: { team: dataPipeline, teamFile: 'examples/data-pipeline/team.ts' },
  softwareDelivery: { team: softwareDelivery, teamFile: 'examples/software-delivery/team.ts' },
  everything: { team: everything, teamFile: 'test/infra/teams/everything.team.ts' },
} as const

export interface Resource {
  readonly id: string
  readonly path: string
  readonly Type: string
  // The shape of each type's properties is CloudFormation's.
  readonly Properties: Properties
  readonly DeletionPolicy?: string
  readonly UpdateReplacePolicy?: string
}
export type Properties = { readonly [key: string]: Value }
export type Value = string | number | boolean | Properties | readonly Value[] | undefined

export const NOW = new Date('2026-11-22T00:00:00Z')

export function buildStack(
  name: keyof typeof TEAMS,
  stage: Stage,
  more: Partial<AgentTeamProps> = {},
): { readonly app: App; readonly stack: Stack; readonly team: AgentTeam } {
  const app = new App({ context: { 'aws:cdk:enable-path-metadata': true }, analyticsReporting: false })
  const stack = new Stack(app, 'Stack')
  const team = new AgentTeam(stack, 'Team', { ...TEAMS[name], stage, now: NOW, ...more })
  return { app, stack, team }
}

const TEMPLATES = new Map<string, Readonly<Record<string, Resource>>>()

/** By logical id. */
export function resourcesOf(name: keyof typeof TEAMS, stage: Stage): Readonly<Record<string, Resource>> {
  const known = TEMPLATES.get(`${name} ${stage}`)
  if (known !== undefined) return known
  const resources = readResources(buildStack(name, stage).stack)
  TEMPLATES.set(`${name} ${stage}`, resources)
  return resources
}

export function readResources(stack: Stack): Readonly<Record<string, Resource>> {
  const { Resources } = Template.fromStack(stack).toJSON() as { readonly Resources: Record<string, Raw> }
  return Object.fromEntries(
    Object.entries(Resources).map(([id, { Metadata, Properties = {}, ...resource }]) => {
      return [id, { ...resource, Properties, id, path: Metadata?.['aws:cdk:path'] ?? '' }]
    }),
  )
}

interface Raw extends Omit<Resource, 'id' | 'path' | 'Properties'> {
  readonly Properties?: Properties
  readonly Metadata?: { readonly 'aws:cdk:path'?: string }
}

export function ofType(resources: Readonly<Record<string, Resource>>, type: string): readonly Resource[] {
  return Object.values(resources).filter(({ Type }) => Type === type)
}

/** Synthesizes under a plugin. @returns what synthesis threw, if it did. */
export function synthesizeUnder(
  { app, stack }: { readonly app: App; readonly stack: Stack },
  plugin: (app: App) => IPolicyValidationPlugin,
): unknown {
  acknowledgeExceptions(stack)
  Validations.of(app).addPlugins(plugin(app))
  try {
    app.synth()
    return undefined
  } catch (error) {
    return error
  }
}
