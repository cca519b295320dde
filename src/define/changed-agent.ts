/** An agent as a forked run tries it: what its team declares, but for what an operator has set. */
import * as z from 'zod'
import { InvalidRequest } from '../errors.ts'
import type { AgentChange } from '../schema/run.ts'
import { type Agent, AgentLimits } from './agent.ts'
import { contentHash } from './definition.ts'

/** With a hash of its own, so that every row says which one acted. @throws InvalidRequest for a limit that no agent has. */
export function changedAgent(agent: Agent, change: AgentChange): Agent {
  const { model: id, temperature, maxTokens, instructions = agent.instructions, limits = {} } = change
  const { fallbacks, degradeTo, ...model } = agent.model
  const others = id === undefined ? { fallbacks, ...(degradeTo !== undefined && { degradeTo }) } : { fallbacks: [] }
  return {
    ...agent,
    instructions,
    model: {
      ...model,
      ...others,
      ...(id !== undefined && { id }),
      ...(temperature !== undefined && { temperature }),
      ...(maxTokens !== undefined && { maxTokens }),
    },
    limits: limitsOf(agent, limits),
    sha256: contentHash({ agent: agent.sha256, change }),
  }
}

function limitsOf({ name, limits }: Agent, changed: Readonly<Record<string, number>>): AgentLimits {
  const parsed = AgentLimits.safeParse({ ...limits, ...changed })
  if (parsed.success) return parsed.data
  throw new InvalidRequest({
    message: `The limits of agent ${name} cannot be set so:\n${z.prettifyError(parsed.error)}`,
    next: `Set one of: ${Object.keys(AgentLimits.shape).join(', ')}`,
  })
}
