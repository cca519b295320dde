/** `defineTool`: what a tool takes, gives, does to the world and needs. Declares; running it is src/tools' business. */
import * as z from 'zod'
import { InvalidDefinition } from '../errors.ts'
import { ApprovalPolicy } from '../schema/approval.ts'
import { ToolName } from '../schema/ids.ts'
import type { Json, JsonObject } from '../schema/json.ts'
import { type DataSource, EffectKind } from '../schema/tool-call.ts'
import { contentHash, freeze, parseDefinition, requireFields } from './definition.ts'
import {
  checkPolicy,
  DeclaredPolicy,
  hashedRules,
  type PolicyRule,
  type Takes,
  type ToolPolicy,
} from './tool-policy.ts'

/** A right that the tool needs, as data: read by `infra` for IAM and by the local gate. */
export const Grant = z.strictObject({
  /** IAM actions, e.g. `s3:GetObject`. */
  actions: z.array(z.string().regex(/^[a-z0-9-]+:[A-Z][A-Za-z]+$/, 'an exact IAM action, e.g. s3:GetObject')).min(1),
  /** ARNs, as exact as can be. */
  resources: z.array(z.string().min(1)).min(1),
})
export type Grant = z.infer<typeof Grant>

/** As AWS's clients take them. They expire: ask for no more than the call at hand. */
export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
}

/** What a running tool may see and use. */
export interface ToolContext<Settings = JsonObject> {
  readonly runId: string
  readonly stepId: string
  readonly agent: string
  /** The same for every repetition of this call: use it as the idempotency key of the other side. */
  readonly callId: string
  /** What the operator set for the run, parsed by the tool's `settings` schema. No model can change it. */
  readonly settings: Settings
  /**
   * What the workflow gave the step, parsed by the agent's schema. No model can change it: take from here what was tested or
   * approved before, rather than from what the model passes on. null in `undo`.
   */
  readonly stepInput: Json
  /** Aborts when the tool's time is up or the run is cancelled. */
  readonly signal: AbortSignal
  readonly now: () => Date
  /**
   * 1 for whoever is first to make this call, higher for each that takes it over: for a `fenced` tool, whose other side
   * refuses a lower one than it has seen.
   */
  readonly fence: number
  /** The value of a secret that the tool names in `secrets`. Never put it into an output, an error or a log. */
  readonly secret: (name: string) => Promise<string>
  /**
   * For a `table` tool: the writes and the call's result become durable together, once.
   * @throws TableWriteRefused where a condition of a write does not hold: nothing is written then.
   */
  readonly commit: <T>(writes: readonly TableWrite[], output: T) => Promise<T>
  /**
   * Of the role that holds the tool's `grants`, for this step of this run: `new S3Client({ credentials })`. Absent where AWS's
   * own chain finds what counts: on a laptop the user's, in the function of an isolated tool that function's.
   */
  readonly credentials?: AwsCredentials | undefined
  /** Says what data the call has read: it goes into the record. */
  readonly reads: (source: DataSource) => void
}

/** A conditional change of an item in Baton's own records, in the tool's own partition of them. */
export type TableWrite =
  | {
      readonly put: string
      readonly value: JsonObject
      readonly if: 'absent' | 'exists' | { readonly version: number }
    }
  | { readonly remove: string; readonly if: 'exists' | { readonly version: number } }

/** What the other side says of a call that may have been made. */
export type Reconciled =
  | { readonly happened: 'yes'; readonly output: unknown }
  | { readonly happened: 'no' }
  | { readonly happened: 'unknown' }

/** When a person must allow a call: for its arguments, or where untrusted content has been read before it. */
export type ToolApproval<Input = unknown> = z.input<typeof ApprovalPolicy> & {
  /** @default 'always' */
  readonly when?: 'always' | 'tainted' | ((input: Input) => boolean)
}

/** Calls to one integration, over all agents and processes. */
export const RateLimit = z.strictObject({
  /** Tools with the same name share it. @default the tool's name */
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,63}$/)
    .optional(),
  calls: z.int().positive().max(100_000),
  perSeconds: z.number().positive().max(86_400),
})
export type RateLimit = z.infer<typeof RateLimit>

interface ToolSpecification<Input extends z.ZodType, Output extends z.ZodType, Settings extends z.ZodType>
  extends ToolPolicy<z.output<Input>> {
  readonly name: string
  /** For the model: what it does, when to use it, what it gives. */
  readonly description: string
  readonly input: Input
  readonly output: Output
  /** What the operator must set for the run. @default none */
  readonly settings?: Settings
  /** @default 'opaque' */
  readonly effect?: EffectKind
  readonly grants?: readonly Grant[]
  /** @default 30 */
  readonly timeoutSeconds?: number
  /**
   * Deployed, it runs in a function and under a role of its own, out of the reach of its agents' code and rights. On a
   * laptop it runs in process. @default false
   */
  readonly isolated?: boolean
  /** @default none: it runs as soon as an agent calls it */
  readonly approval?: ToolApproval<z.output<Input>>
  readonly rateLimit?: z.input<typeof RateLimit>
  /** Names of the secrets that it uses: it gets no others. */
  readonly secrets?: readonly string[]
  /** Whether what it gives was written by strangers: web pages, mails, uploads. @default false */
  readonly untrusted?: boolean
  readonly run: (input: z.output<Input>, context: ToolContext<z.output<Settings>>) => Promise<z.input<Output>>
  /**
   * Asked where nobody knows whether a call was made. Required of a `lookup` tool; without it, an `opaque` call whose
   * fate is unknown is told as that, and never made again.
   */
  readonly reconcile?: (input: z.output<Input>, context: ToolContext<z.output<Settings>>) => Promise<Reconciled>
  /** Takes a call back, for `compensate`. Must be safe to repeat: `callId` is the same each time. */
  readonly undo?: (
    call: { readonly input: z.output<Input>; readonly output: z.output<Output> },
    context: ToolContext<z.output<Settings>>,
  ) => Promise<void>
}

/** A tool as everything after the declaration sees it. Frozen; `sha256` covers what a model and a policy see of it. */
export interface Tool {
  readonly kind: 'tool'
  readonly name: ToolName
  readonly description: string
  readonly input: z.ZodType
  readonly output: z.ZodType
  readonly settings: z.ZodType
  readonly effect: EffectKind
  readonly grants: readonly Grant[]
  readonly timeoutSeconds: number
  readonly isolated: boolean
  readonly approval?: ApprovalPolicy & { readonly when: 'always' | 'tainted' | ((input: unknown) => boolean) }
  readonly rateLimit?: RateLimit & { readonly name: string }
  readonly secrets: readonly string[]
  readonly untrusted: boolean
  readonly gives?: readonly string[] | undefined
  readonly takes?: Takes | undefined
  readonly outward?: boolean | undefined
  readonly policy?: readonly PolicyRule[] | undefined
  readonly inputSchema: JsonObject
  readonly sha256: string
  readonly run: (input: unknown, context: ToolContext<unknown>) => Promise<unknown>
  readonly reconcile?: (input: unknown, context: ToolContext<unknown>) => Promise<Reconciled>
  readonly undo?: (
    call: { readonly input: unknown; readonly output: unknown },
    context: ToolContext<unknown>,
  ) => Promise<void>
}

/** Of a tool that does not say: it is cut short where its agent has less. */
export const DEFAULT_TIMEOUT_SECONDS = 30

const When = z.union([
  z.enum(['always', 'tainted']),
  z.custom<(input: unknown) => boolean>((v) => typeof v === 'function'),
])

const Declaration = z.strictObject({
  name: ToolName,
  description: z.string().min(1).max(4_000),
  effect: EffectKind.default('opaque'),
  grants: z.array(Grant).default([]),
  timeoutSeconds: z.number().positive().max(840).default(DEFAULT_TIMEOUT_SECONDS),
  isolated: z.boolean().default(false),
  approval: ApprovalPolicy.extend({ when: When.default('always') }).optional(),
  rateLimit: RateLimit.optional(),
  secrets: z
    .array(z.string().regex(/^[A-Za-z][A-Za-z0-9/_.-]{0,127}$/))
    .max(16)
    .default([]),
  untrusted: z.boolean().default(false),
  ...DeclaredPolicy,
})

/** @throws InvalidDefinition naming each fault, its path and its remedy. */
export function defineTool<
  Input extends z.ZodType,
  Output extends z.ZodType,
  Settings extends z.ZodType = z.ZodType<Record<never, never>>,
>(specification: ToolSpecification<Input, Output, Settings>): Tool {
  requireFields('tool', specification, 'defineTool({ name, description, input, output, run })')
  const { input, output, settings, run, reconcile, undo, ...rest } = specification
  const label = `tool ${JSON.stringify(rest.name)}`
  const hooks = { ...(reconcile && { reconcile }), ...(undo && { undo }) }
  const declared = parseDefinition(label, Declaration, rest, {
    schemas: { input, output, settings },
    functions: { run, ...hooks },
  })
  if (declared.effect === 'lookup' && reconcile === undefined) {
    const message = 'a lookup tool can be asked whether a call was made, by reconcile'
    const remedy = "give it reconcile: async (input, context) => …, or declare another effect, e.g. 'opaque'"
    throw new InvalidDefinition(label, [{ path: 'reconcile', message, remedy }])
  }
  if (declared.effect === 'table' && declared.isolated) {
    const message = "a table tool commits to the team's records, which no function of its own may write"
    const remedy = "leave isolated out, or declare another effect, e.g. 'keyed'"
    throw new InvalidDefinition(label, [{ path: 'isolated', message, remedy }])
  }
  checkPolicy(label, declared)
  const settingsSchema: z.ZodType = settings ?? z.looseObject({})
  const inputSchema = z.toJSONSchema(input, { io: 'input' }) as { [key: string]: Json }
  const { approval, rateLimit, ...kept } = declared
  const named = { ...kept, ...(rateLimit && { rateLimit: { ...rateLimit, name: rateLimit.name ?? kept.name } }) }
  const outputSchema = z.toJSONSchema(output, { io: 'input' })
  const sha256 = contentHash({ ...hashed(declared, hooks), inputSchema, outputSchema })
  return freeze({
    kind: 'tool',
    ...named,
    ...(approval && { approval }),
    input,
    output,
    settings: settingsSchema,
    inputSchema,
    sha256,
    // The loop parses input and settings by the schemas above before it calls.
    run: run as Tool['run'],
    ...(hooks as Pick<Tool, 'reconcile' | 'undo'>),
  })
}

/** What a policy sees of it. Named only where it is so: a tool keeps the hash that runs know it by. */
function hashed(
  { isolated, approval, secrets, untrusted, policy, ...content }: z.output<typeof Declaration>,
  hooks: object,
): object {
  return {
    ...content,
    ...(isolated && { isolated }),
    ...(approval && {
      approval: { ...approval, when: typeof approval.when === 'string' ? approval.when : 'predicate' },
    }),
    ...(secrets.length > 0 && { secrets }),
    ...(untrusted && { untrusted }),
    ...(policy && { policy: hashedRules(policy) }),
    ...(Object.keys(hooks).length > 0 && { hooks: Object.keys(hooks) }),
  }
}
