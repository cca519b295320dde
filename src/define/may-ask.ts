/** Whether an agent may ever have to wait for a person, and for how long: it says so in its declaration. */
import { ApprovalPolicy } from '../schema/approval.ts'
import type { Agent } from './agent.ts'

/** A tool with an approval, autonomy `approve`, questions, or a limit at which it asks. */
export function mayAsk(agent: Agent): boolean {
  return asksByItself(agent) || agent.tools.some(({ approval }) => approval !== undefined)
}

/** The longest that one request of it may wait, seconds; 0 where it never asks. */
export function askSeconds(agent: Agent): number {
  const own = asksByItself(agent) ? [agent.oversight?.expiresSeconds ?? DEFAULT_SECONDS] : []
  return Math.max(0, ...own, ...agent.tools.map(({ approval }) => approval?.expiresSeconds ?? 0))
}

const DEFAULT_SECONDS = ApprovalPolicy.parse({}).expiresSeconds

function asksByItself({ asks, autonomy, onLimit }: Agent): boolean {
  const autonomies = typeof autonomy === 'string' ? [autonomy] : Object.values(autonomy ?? {})
  return asks === true || autonomies.includes('approve') || Object.values(onLimit ?? {}).includes('ask')
}
