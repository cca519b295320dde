/** `defineTool`: what a tool takes, gives, does to the world and needs. Declares; running it is src/tools' business. */
import * as z from 'zod'
import { ToolName } from '../schema/ids.ts'
import type { Json, JsonObject } from '../schema/json.ts'
import { type DataSource, EffectKind } from '../schema/tool-call.ts'
import { contentHash, freeze, parseDefinition, requireFields } from './definition.ts'

/** A right that the tool needs, as data: read by `infra` for IAM and by the local gate. */
export const Grant = z.strictObject({
  /** IAM actions, e.g. `s3:GetObject`. */
  actions: z.array(z.string().regex(/^[a-z0-9-]+:[A-Z][A-Za-z]+$/, 'an exact IAM action, e.g. s3:GetObject')).min(1),
  /** ARNs, as exact as can be. */
  resources: z.array(z.string().min(1)).min(1),
})
export type Grant = z.infer<typeof Grant>

/** What a running tool may see and use. */
/** As AWS's clients take them. They expire: ask for no more than the call at hand. */
export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
}

export interface ToolContext<Settings = JsonObject> {
  readonly runId: string
  readonly stepId: string
  readonly agent: string
  /** The same for every repetition of this call: use it as the idempotency key of the other side. */
  readonly callId: string
  /** What the operator set for the run, parsed by the tool's `settings` schema. No model can change it. */
  readonly settings: Settings
  /** Aborts when the tool's time is up or the run is cancelled. */
  readonly signal: AbortSignal
  readonly now: () => Date
  /**
   * Of the role that holds the tool's `grants`, for this step of this run: `new S3Client({ credentials })`. Absent where AWS's
   * own chain finds what counts: on a laptop the user's, in the function of an isolated tool that function's.
   */
  readonly credentials?: AwsCredentials | undefined
  /** Says what data the call has read: it goes into the record. */
  readonly reads: (source: DataSource) => void
}

interface ToolSpecification<Input extends z.ZodType, Output extends z.ZodType, Settings extends z.ZodType> {
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
  readonly run: (input: z.output<Input>, context: ToolContext<z.output<Settings>>) => Promise<z.input<Output>>
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
  readonly inputSchema: JsonObject
  readonly sha256: string
  readonly run: (input: unknown, context: ToolContext<unknown>) => Promise<unknown>
}

const Declaration = z.strictObject({
  name: ToolName,
  description: z.string().min(1).max(4_000),
  effect: EffectKind.default('opaque'),
  grants: z.array(Grant).default([]),
  timeoutSeconds: z.number().positive().max(840).default(30),
  isolated: z.boolean().default(false),
})

/** @throws InvalidDefinition naming each fault, its path and its remedy. */
export function defineTool<
  Input extends z.ZodType,
  Output extends z.ZodType,
  Settings extends z.ZodType = z.ZodType<Record<never, never>>,
>(specification: ToolSpecification<Input, Output, Settings>): Tool {
  requireFields('tool', specification, 'defineTool({ name, description, input, output, run })')
  const { input, output, settings, run, ...rest } = specification
  const label = `tool ${JSON.stringify(rest.name)}`
  const declared = parseDefinition(label, Declaration, rest, {
    schemas: { input, output, settings },
    functions: { run },
  })
  const settingsSchema: z.ZodType = settings ?? z.looseObject({})
  const inputSchema = z.toJSONSchema(input, { io: 'input' }) as { [key: string]: Json }
  // Named only where it is so: a tool that is not isolated keeps the hash that runs know it by.
  const { isolated, ...content } = declared
  const outputSchema = z.toJSONSchema(output, { io: 'input' })
  const sha256 = contentHash({ ...content, ...(isolated && { isolated }), inputSchema, outputSchema })
  return freeze({
    kind: 'tool',
    ...declared,
    input,
    output,
    settings: settingsSchema,
    inputSchema,
    sha256,
    // The loop parses input and settings by the schemas above before it calls.
    run: run as Tool['run'],
  })
}
