/** `defineTeam`: agents and workflows that belong together. Declares; compiling it is left to whoever needs machines. */
import * as z from 'zod'
import { InvalidDefinition } from '../errors.ts'
import { RoleName } from '../schema/approval.ts'
import { TeamBudget } from '../schema/budget.ts'
import { TeamName } from '../schema/ids.ts'
import type { Agent } from './agent.ts'
import { contentHash, freeze, isKind, parseDefinition, requireFields } from './definition.ts'
import { withGenerated } from './generated-workflow.ts'
import { roleIssues } from './team-roles.ts'
import { teamIssues } from './team-validate.ts'
import type { Tool } from './tool.ts'
import type { Workflow } from './workflow.ts'

interface TeamSpecification {
  readonly name: string
  readonly description?: string
  readonly agents: readonly Agent[]
  readonly workflows: readonly Workflow[]
  /** What the operator may set for a run: at least what the tools of the agents need. @default anything */
  readonly settings?: z.ZodType
  /** What all its runs may cost. Each sets its own budget aside at its start, or what it may cost at worst. @default none */
  readonly budget?: TeamBudget
  /**
   * Who holds which role, by the principals that the host tells apart: ARNs in an account, where `*` may stand for the end
   * (`arn:aws:sts::123456789012:assumed-role/Editors/*`), and `local:<user>` on a laptop. @default none
   */
  readonly roles?: Readonly<Record<string, readonly string[]>>
}

/** A team as everything after the declaration sees it. Frozen. */
export interface Team {
  readonly kind: 'team'
  readonly name: TeamName
  readonly description: string
  readonly agents: readonly Agent[]
  readonly workflows: readonly Workflow[]
  /** Every tool of every agent, once. */
  readonly tools: readonly Tool[]
  readonly settings: z.ZodType
  readonly budget?: TeamBudget | undefined
  readonly roles?: Readonly<Record<string, readonly string[]>> | undefined
  readonly sha256: string
}

const Principal = z.string().refine((text) => /^(?:arn:|local:)[^*]+\*?$/.test(text), {
  error: 'a principal begins with arn: or local:, and has a * at its end at most',
  params: { remedy: "give ARNs, or 'local:anna' for people at a laptop" },
})

const Declaration = z.strictObject({
  name: TeamName,
  description: z.string().max(2_000).default(''),
  agents: z
    .array(
      z.custom<Agent>((value) => isKind(value, 'agent'), {
        error: 'an agent made by defineAgent is expected',
        params: { remedy: 'give agents: [ defineAgent({ … }) ]' },
      }),
    )
    .min(1)
    .max(200),
  workflows: z
    .array(
      z.custom<Workflow>((value) => isKind(value, 'workflow-definition'), {
        error: 'a workflow made by defineWorkflow is expected',
        params: { remedy: 'give workflows: [ defineWorkflow({ … }) ]' },
      }),
    )
    .max(100),
  budget: TeamBudget.optional(),
  roles: z.record(RoleName, z.array(Principal).min(1).max(100)).optional(),
})

/** @throws InvalidDefinition naming each fault, its path and its remedy. */
export function defineTeam(specification: TeamSpecification): Team {
  requireFields('team', specification, 'defineTeam({ name, agents: [ … ], workflows: [ … ] })')
  const { settings, ...rest } = specification
  const label = `team ${JSON.stringify(rest.name)}`
  const given = parseDefinition(label, Declaration, rest, { schemas: { settings } })
  const declared = { ...given, workflows: withGenerated(given.workflows) }
  const issues = [
    ...teamIssues(declared.agents, declared.workflows, settings),
    ...roleIssues(declared.agents, declared.workflows, Object.keys(declared.roles ?? {})),
  ]
  if (issues.length > 0) throw new InvalidDefinition(label, issues)
  const tools = [...new Set(declared.agents.flatMap((agent) => agent.tools))]
  const sha256 = contentHash({
    ...declared,
    agents: declared.agents.map((agent) => agent.sha256),
    workflows: declared.workflows.map((workflow) => workflow.sha256),
  })
  return freeze({ kind: 'team', ...declared, tools, settings: settings ?? z.looseObject({}), sha256 })
}
