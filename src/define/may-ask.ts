/** Whether an agent may ever have to wait for a person, for what and how long: it says so in its declaration. */
import { ApprovalPolicy } from '../schema/approval.ts'
import type { Agent } from './agent.ts'

export interface AgentAsk {
  /** `tool <name>`, or `agent` for all that the agent itself asks. */
  readonly what: string
  readonly policy: ApprovalPolicy
}

/** A tool with an approval, or that asks about data it does not take; autonomy `approve`, questions, or a limit at which it asks. */
export function mayAsk(agent: Agent): boolean {
  return asksOf(agent).length > 0
}

/** The longest that one request of it may wait, seconds; 0 where it never asks. */
export function askSeconds(agent: Agent): number {
  return Math.max(0, ...asksOf(agent).map(({ policy }) => policy.expiresSeconds))
}

export function asksOf(agent: Agent): readonly AgentAsk[] {
  const own = asksByItself(agent) ? [{ what: 'agent', policy: agent.oversight ?? DEFAULT }] : []
  const tools = agent.tools.flatMap(({ name, approval, takes }) => {
    const policy = approval ?? (takes?.otherwise === 'ask' ? (agent.oversight ?? DEFAULT) : undefined)
    return policy === undefined ? [] : [{ what: `tool ${name}`, policy }]
  })
  return [...own, ...tools]
}

const DEFAULT = ApprovalPolicy.parse({})

function asksByItself({ asks, autonomy, onLimit }: Agent): boolean {
  const autonomies = typeof autonomy === 'string' ? [autonomy] : Object.values(autonomy ?? {})
  return asks === true || autonomies.includes('approve') || Object.values(onLimit ?? {}).includes('ask')
}
