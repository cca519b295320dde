/** Who works for a lead: agents and workflows alike, and the groups that many of them are split into. */
import type * as z from 'zod'
import { type Member as Card, MOST_MEMBERS } from '../schema/supervision.ts'
import type { Agent } from './agent.ts'
import { grantedKeys, type StateKeys } from './state.ts'
import type { Workflow } from './workflow.ts'
import { walk } from './workflow-nodes.ts'

export type Member = Agent<z.ZodType, z.ZodType> | Workflow<z.ZodType, z.ZodType>

const GOAL_CHARACTERS = 600

export function isAgentMember(member: Member): member is Agent<z.ZodType, z.ZodType> {
  return member.kind === 'agent'
}

export function doName(name: string, member: Member): string {
  return `${name}-do-${member.name}`
}

/** A member as its lead sees it. A workflow has the tools of all its agents. */
export function memberCard(member: Member): Card {
  const { name } = member
  if (isAgentMember(member)) {
    const { role, goal } = member
    return { name, role, goal: goal.slice(0, GOAL_CHARACTERS), tools: toolsOf([member]) }
  }
  const goal = (member.description || `Does what workflow ${name} does`).slice(0, GOAL_CHARACTERS)
  return { name, role: 'Team', goal, tools: toolsOf(agentsOf(member)) }
}

function toolsOf(agents: readonly Agent[]): string[] {
  return [...new Set(agents.flatMap(({ tools }) => tools.map((tool) => tool.name)))]
}

/** Every agent of a workflow and of those within it. */
function agentsOf({ root }: Workflow): Agent[] {
  return [...walk(root)].flatMap((node) =>
    node.kind === 'step' ? [node.agent] : node.kind === 'workflow' ? agentsOf(node.workflow) : [],
  )
}

/** As few groups as hold all, of sizes that differ by one at most, in the order declared. */
export function groupsOf<M>(members: readonly M[], most = MOST_MEMBERS): readonly (readonly M[])[] {
  const groups = Math.ceil(members.length / most)
  return Array.from({ length: groups }, (_, index) =>
    members.slice(Math.ceil((index * members.length) / groups), Math.ceil(((index + 1) * members.length) / groups)),
  )
}

/** The keys of shared state that a workflow of these must declare. */
export function stateOf(members: readonly Member[]): { readonly state?: StateKeys } {
  const keys = members.map((member) => (isAgentMember(member) ? grantedKeys(member.state) : member.state))
  const state: StateKeys = Object.assign({}, ...keys)
  return Object.keys(state).length > 0 ? { state } : {}
}
