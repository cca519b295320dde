/** Roles of people: whether those that policies ask for are declared, and who holds one. */
import type { Issue } from '../errors.ts'
import type { ApprovalPolicy } from '../schema/approval.ts'
import type { Agent } from './agent.ts'
import type { Workflow } from './workflow.ts'
import { walk } from './workflow-nodes.ts'

interface Asking {
  readonly path: string
  readonly policy: Pick<ApprovalPolicy, 'role' | 'escalate'>
}

/** An approval that nobody may give would wait for its expiry. */
export function roleIssues(
  agents: readonly Agent[],
  workflows: readonly Workflow[],
  declared: readonly string[],
): readonly Issue[] {
  return [...agents.flatMap(askingOfAgent), ...workflows.flatMap(askingOfWorkflow)].flatMap(({ path, policy }) =>
    rolesOf(policy)
      .filter((role) => !declared.includes(role))
      .map((role) => ({
        path,
        message: `it asks for the role ${role}, which the team does not have`,
        remedy: `say who holds it: defineTeam({ roles: { ${role}: ['local:anna', 'arn:aws:sts::…:assumed-role/…/*'] } })`,
      })),
  )
}

/** @param principals Of the role, as declared. */
export function holdsRole(principal: string, principals: readonly string[]): boolean {
  return principals.some((one) => (one.endsWith('*') ? principal.startsWith(one.slice(0, -1)) : principal === one))
}

function rolesOf({ role, escalate }: Asking['policy']): readonly string[] {
  return [...new Set([...(role === undefined ? [] : [role]), ...escalate.map((step) => step.role)])]
}

function askingOfAgent({ name, oversight, tools }: Agent): Asking[] {
  const own = oversight === undefined ? [] : [{ path: `agents.${name}.oversight`, policy: oversight }]
  const ofTools = tools.flatMap((tool) =>
    tool.approval === undefined ? [] : [{ path: `agents.${name}.tools.${tool.name}.approval`, policy: tool.approval }],
  )
  return [...own, ...ofTools]
}

function askingOfWorkflow({ name, root }: Workflow): Asking[] {
  return [...walk(root)].flatMap((node) =>
    node.kind === 'approve' || node.kind === 'person'
      ? [{ path: `workflows.${name}.steps.${node.name}`, policy: node.policy }]
      : [],
  )
}
