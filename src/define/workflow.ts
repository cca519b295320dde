/** `defineWorkflow`: name, version, schemas, limits and the tree of nodes. Declares; src/workflow compiles it. */
import * as z from 'zod'
import { InvalidDefinition } from '../errors.ts'
import { BudgetLimits } from '../schema/budget.ts'
import { Version, WorkflowName } from '../schema/ids.ts'
import type { Json, JsonObject } from '../schema/json.ts'
import { Labels } from '../schema/label.ts'
import { contentHash, freeze, parseDefinition, requireFields } from './definition.ts'
import { type Ref, reference } from './expressions.ts'
import { isNode, type Node } from './patterns.ts'
import { DeclaredKeys, hashedKeys, type StateKeys } from './state.ts'
import type { WorkflowNode } from './workflow-node.ts'

/** Step Functions' own limit. */
const MAX_SECONDS = 31_536_000

export const WorkflowLimits = z.strictObject({
  /** Wall-clock seconds of one execution, waits included. @default a week beyond its longest child workflow */
  seconds: z.int().positive().max(MAX_SECONDS).optional(),
  /** Where given, a definition whose worst case is above it is refused. */
  costUsd: z.number().positive().optional(),
  /** Calls that are answered: the turns of all steps. Failed tries, and a fallback in their place, do not count. */
  modelCalls: z.int().positive().optional(),
  tokens: z.int().positive().optional(),
})
export type WorkflowLimits = z.infer<typeof WorkflowLimits>

interface WorkflowSpecification<Input extends z.ZodType, Output extends z.ZodType, Settings extends z.ZodType> {
  readonly name: string
  readonly version: string
  readonly description?: string
  readonly input: Input
  readonly output: Output
  /** What of the operator's settings the expressions read. The tools' own needs come with the tools. */
  readonly settings?: Settings
  readonly limits?: z.input<typeof WorkflowLimits>
  /**
   * What one run of it may use, held while it runs; within another workflow, that one's budget holds too.
   * @default none
   */
  readonly budget?: BudgetLimits
  /** What its agents share: `{ findings: stateKey(z.array(Finding), { reducer: 'append' }) }`. @default nothing */
  readonly state?: StateKeys
  /** What every input of it carries: `['private']`. @default none */
  readonly inputLabels?: readonly string[]
  /** An input to start with where none is given, and what the documentation shows. */
  readonly example?: z.input<Input>
  /** The output as people read it, e.g. Markdown. @default JSON */
  readonly render?: (output: z.output<Output>) => string
  readonly steps: (context: {
    readonly run: { readonly input: Ref<z.output<Input>>; readonly settings: Ref<z.output<Settings>> }
  }) => Node<unknown>
}

/**
 * A workflow as everything after the declaration sees it. Frozen; `sha256` covers nodes, schemas, limits and agents.
 */
export interface Workflow<Input extends z.ZodType = z.ZodType, Output extends z.ZodType = z.ZodType> {
  readonly kind: 'workflow-definition'
  readonly name: WorkflowName
  readonly version: string
  readonly description: string
  readonly input: Input
  readonly output: Output
  readonly inputSchema: JsonObject
  readonly outputSchema: JsonObject
  /** Absent: the expressions' reads of settings are not checked. */
  readonly settings?: z.ZodType
  readonly limits: WorkflowLimits
  readonly budget?: BudgetLimits | undefined
  readonly state?: StateKeys | undefined
  readonly inputLabels?: readonly string[] | undefined
  readonly example?: Json
  readonly render?: (output: Json) => string
  readonly root: WorkflowNode
  readonly sha256: string
}

const Declaration = z.strictObject({
  name: WorkflowName,
  version: Version,
  description: z.string().max(2_000).default(''),
  limits: WorkflowLimits.prefault({}),
  budget: BudgetLimits.optional(),
  state: DeclaredKeys.optional(),
  inputLabels: Labels.optional(),
})

/** @throws InvalidDefinition naming each fault, its path and its remedy. */
export function defineWorkflow<
  Input extends z.ZodType,
  Output extends z.ZodType,
  Settings extends z.ZodType = z.ZodType<Record<never, never>>,
>(specification: WorkflowSpecification<Input, Output, Settings>): Workflow<Input, Output> {
  requireFields('workflow', specification, 'defineWorkflow({ name, version, input, output, steps })')
  const { input, output, settings, example, render, steps, ...rest } = specification
  const label = `workflow ${JSON.stringify(rest.name)}`
  const declared = parseDefinition(label, Declaration, rest, {
    schemas: { input, output, settings },
    functions: { steps, ...(render === undefined ? {} : { render }) },
    others: ['example', 'render'],
  })
  const root: WorkflowNode = steps({
    run: { input: reference({ of: 'input' }), settings: reference({ of: 'settings' }) },
  })
  if (!isNode(root)) throw new InvalidDefinition(label, [NO_ROOT])
  const inputSchema = z.toJSONSchema(input, { io: 'input' }) as { [key: string]: Json }
  const outputSchema = z.toJSONSchema(output, { io: 'input' }) as { [key: string]: Json }
  const sha256 = contentHash({
    ...declared,
    ...(declared.state && { state: hashedKeys(declared.state) }),
    inputSchema,
    outputSchema,
    root: hashable(root),
  })
  return freeze({
    kind: 'workflow-definition',
    ...declared,
    input,
    output,
    inputSchema,
    outputSchema,
    ...(settings ? { settings } : {}),
    ...(example === undefined ? {} : { example: example as Json }),
    ...(render ? { render: render as (output: Json) => string } : {}),
    root,
    sha256,
  })
}

const NO_ROOT = {
  path: 'steps',
  message: 'the steps function gave no node',
  remedy: 'return a node, e.g. sequence(step(…), step(…))',
}

/** The node's data with agents and child workflows by their own hash. A schema counts as the JSON Schema beside it. */
function hashable(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(hashable)
  const { kind, sha256 } = value as { readonly kind?: unknown; readonly sha256?: unknown }
  if ((kind === 'agent' || kind === 'workflow-definition') && typeof sha256 === 'string') return sha256
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, part]) => (part instanceof z.ZodType ? [] : [[key, hashable(part)]])),
  )
}
