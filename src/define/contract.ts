/**
 * An agent as a pattern wants it for one step: another form of output, and a word on what that is for. Name, version,
 * model, tools, limits and rights stay the agent's own.
 */
import * as z from 'zod'
import { assertNever } from '../errors.ts'
import type { JsonObject } from '../schema/json.ts'
import type { StepContract } from '../schema/step-contract.ts'
import type { Agent, OutputCheck } from './agent.ts'
import { bidTerms } from './contract-bid.ts'
import { handoffTerms } from './contract-handoff.ts'
import { freeze } from './definition.ts'
import type { StepNode } from './workflow-node.ts'

/** What a contract changes. */
export interface Terms {
  readonly output: z.ZodType
  /** A paragraph at the end of the instructions. */
  readonly instructions: string
  /** The agent's own output within one under contract, which its checks are for; undefined where it holds none. */
  readonly own: (output: unknown) => { readonly output: unknown } | undefined
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

export function outputSchemaOf({ agent, contract }: Pick<StepNode, 'agent' | 'contract'>): JsonObject {
  return contract === undefined ? agent.outputSchema : underContract(agent, contract).outputSchema
}

function termsOf(agent: Agent, contract: StepContract): Terms {
  switch (contract.kind) {
    case 'handoff':
      return handoffTerms(agent, contract)
    case 'bid':
      return bidTerms(contract)
    default:
      return assertNever(contract)
  }
}

function make(agent: Agent, { output, instructions, own }: Terms): Agent {
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
  })
}
