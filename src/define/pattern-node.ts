/** What patterns are made of beside the nodes that users write: named groups, rules in code, steps under a contract. */
import * as z from 'zod'
import type { JsonObject } from '../schema/json.ts'
import type { StepContract } from '../schema/step-contract.ts'
import type { Agent } from './agent.ts'
import { lower } from './expressions.ts'
import { checkName, lowered, type Node, node, type OutputOf } from './patterns.ts'
import type { StateKeys } from './state.ts'
import type { PatternNode } from './workflow-node.ts'

/** A named group; its output is the body's. */
export function pattern<N extends Node<unknown>>(
  name: string,
  kind: PatternNode['pattern'],
  body: N,
  details: readonly string[] = [],
): Node<OutputOf<N>> {
  checkName(kind, name)
  return node({ kind: 'pattern', name, pattern: kind, body, details })
}

interface RuleParts<Output extends z.ZodType> {
  /** What was declared for the rule. */
  readonly options?: JsonObject
  readonly input: unknown
  /** What the input is parsed by, beside what the rule itself takes. @default anything */
  readonly accepts?: z.ZodType
  readonly output: Output
  /** Keys of the workflow's state that it reads or writes. */
  readonly state?: StateKeys
  /** What stands for the output where the rule decides nothing. Absent: the run fails. */
  readonly otherwise?: unknown
}

/** @param ruleName Of src/coordination/rules.ts. */
export function rule<Output extends z.ZodType>(
  name: string,
  ruleName: string,
  { options = {}, input, accepts, output, state, otherwise }: RuleParts<Output>,
): Node<z.output<Output>> {
  checkName('rule', name)
  return node({
    kind: 'rule',
    name,
    rule: ruleName,
    options,
    output,
    outputSchema: z.toJSONSchema(output, { io: 'input' }) as JsonObject,
    input: lower(input, 'input'),
    ...(accepts && { accepts }),
    ...(state && { state }),
    ...lowered({ otherwise }),
  })
}

/**
 * @param bytes Bytes of JSON that the value may have beside whole outputs within it.
 * @param holds Nodes whose whole output it holds, read by way of another's.
 */
export function compute<Output extends z.ZodType>(
  name: string,
  value: unknown,
  output: Output,
  bytes: number,
  holds: readonly string[] = [],
): Node<z.output<Output>> {
  checkName('compute', name)
  const outputSchema = z.toJSONSchema(output, { io: 'input' }) as JsonObject
  return node({
    kind: 'compute',
    name,
    value: lower(value, 'value'),
    outputSchema,
    bytes,
    ...(holds.length > 0 && { holds }),
  })
}

/** A step whose output comes in the contract's form, of type T. */
export function contractStep<T>(
  name: string,
  agent: Agent,
  contract: StepContract,
  parts: { readonly input?: unknown; readonly otherwise?: unknown } = {},
): Node<T> {
  checkName('step', name)
  const { input, otherwise } = parts
  return node({ kind: 'step', name, agent, contract, ...lowered({ input, otherwise }) })
}
