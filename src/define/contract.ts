/**
 * An agent as a pattern wants it for one step: another form of output, and a word on what that is for. Name, version,
 * model and rights stay the agent's own; so do input, tools and limits, unless it is only to say something.
 */
import * as z from 'zod'
import { assertNever } from '../errors.ts'
import type { JsonObject } from '../schema/json.ts'
import type { StepContract } from '../schema/step-contract.ts'
import type { Agent, OutputCheck } from './agent.ts'
import { bidTerms } from './contract-bid.ts'
import { handoffTerms } from './contract-handoff.ts'
import { moderateTerms, speakTerms } from './contract-speak.ts'
import { freeze } from './definition.ts'
import type { StepNode } from './workflow-node.ts'

/** What a contract changes. */
export interface Terms {
  readonly output: z.ZodType
  /** A paragraph at the end of the instructions. */
  readonly instructions: string
  /** The agent's own output within one under contract, which its checks are for; undefined where it holds none. */
  readonly own: (output: unknown) => { readonly output: unknown } | undefined
  /** What it is given in place of its own input. */
  readonly input?: z.ZodType
  /** It only says something: without tools, without asking anybody, in so many turns at most. */
  readonly saysOnly?: { readonly turns: number }
}

const KNOWN = new WeakMap<Agent, Map<string, Agent>>()

/** The same object for the same agent and contract. */
export function underContract(agent: Agent, contract: StepContract): Agent {
  const key = JSON.stringify(contract)
  const known = KNOWN.get(agent) ?? new Map<string, Agent>()
  KNOWN.set(agent, known)
  const made = known.get(key) ?? make(agent, termsOf(agent, contract))
  known.set(key, made)
  return made
}

/** The agent of a step, as the step wants it. */
export function agentOf({ agent, contract }: Pick<StepNode, 'agent' | 'contract'>): Agent {
  return contract === undefined ? agent : underContract(agent, contract)
}

export function outputSchemaOf(step: Pick<StepNode, 'agent' | 'contract'>): JsonObject {
  return agentOf(step).outputSchema
}

function termsOf(agent: Agent, contract: StepContract): Terms {
  switch (contract.kind) {
    case 'handoff':
      return handoffTerms(agent, contract)
    case 'bid':
      return bidTerms(contract)
    case 'speak':
      return speakTerms(agent)
    case 'moderate':
      return moderateTerms(agent, contract)
    default:
      return assertNever(contract)
  }
}

function make(agent: Agent, { input, output, instructions, own, saysOnly }: Terms): Agent {
  const checks = agent.checks.map(
    (check): OutputCheck => ({
      ...check,
      run: async (given, context) => {
        const inner = own(given)
        return inner === undefined ? { verdict: 'accept' } : check.run(inner.output, context)
      },
    }),
  )
  return freeze({
    ...agent,
    instructions: `${agent.instructions}\n\n${instructions}`,
    output,
    outputSchema: z.toJSONSchema(output, { io: 'input' }) as JsonObject,
    checks,
    ...(input && { input, inputSchema: z.toJSONSchema(input, { io: 'input' }) as JsonObject }),
    ...(saysOnly && silenced(agent, saysOnly.turns)),
  })
}

function silenced({ limits }: Agent, turns: number): Partial<Agent> {
  const said = { tools: [], asks: false, sends: undefined, receives: undefined, state: undefined }
  return { ...said, onLimit: undefined, limits: { ...limits, turns: Math.min(limits.turns, turns) } }
}
