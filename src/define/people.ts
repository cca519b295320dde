/** Patterns in which a person takes part: one who allows what comes next, and one who does a step's work. */
import * as z from 'zod'
import { ApprovalPolicy } from '../schema/approval.ts'
import type { Json, JsonObject } from '../schema/json.ts'
import { parseDefinition, requireFields } from './definition.ts'
import type { Value } from './expressions.ts'
import { checkName, lowered, type Node, node } from './patterns.ts'

/** In seconds, as all times of a declaration. */
export function minutes(count: number): number {
  return count * 60
}

export function hours(count: number): number {
  return count * 3_600
}

export function days(count: number): number {
  return count * 86_400
}

type Policy = z.input<typeof ApprovalPolicy>

interface PersonOptions {
  /** What is shown to whoever decides. @default the previous output */
  readonly input?: Value<unknown>
  /** @default anybody who may use the API, but never whoever started the run */
  readonly role?: Policy['role']
  /** Seconds until the request ends: `hours(8)`. @default 3 days */
  readonly expires?: number
  /** Other roles that may decide, too, from so many seconds after the request on: `{ afterSeconds: hours(4), role: 'chief' }`. */
  readonly escalate?: Policy['escalate']
  /** Whether whoever started the run may decide. @default false */
  readonly requesterMayApprove?: boolean
}

interface ApproveOptions<Otherwise> extends PersonOptions {
  /** Different people who must approve. @default 1 */
  readonly quorum?: number
  /** What stands when nobody decided in time. @default 'deny' */
  readonly onExpiry?: 'deny' | 'approve'
  readonly otherwise?: Otherwise
}

/** What an approval gives: who approved, and what they said. */
export interface Approved {
  readonly approved: true
  readonly by: string[]
  readonly comment?: string
}

const Common = ApprovalPolicy.pick({ role: true, escalate: true, requesterMayApprove: true }).extend({
  expires: ApprovalPolicy.shape.expiresSeconds,
  input: z.unknown().optional(),
  otherwise: z.unknown().optional(),
})
const ApproveOptions = Common.extend(ApprovalPolicy.pick({ quorum: true, onExpiry: true }).shape)

const EXPIRES = 'set expires to whole seconds, from 1 to a year: minutes(30), hours(8) or days(3)'

/**
 * The run waits, at no cost, until enough people approve. Where one denies, or nobody decides in time, the run fails with
 * `Stopped.denied`, or `otherwise` stands for the output.
 */
export function approve<const Otherwise extends Json = never>(
  name: string,
  options: ApproveOptions<Otherwise> = {},
): Node<Approved | Otherwise> {
  checkName('approve', name)
  const label = `approve "${name}"`
  requireFields(label, options, `approve('${name}', { role: 'editor', expires: days(3) })`)
  const parsed = parseDefinition(label, ApproveOptions, options, { remedies: { expires: EXPIRES } })
  const { input, otherwise, expires, ...policy } = parsed
  return node({
    kind: 'approve',
    name,
    policy: { ...policy, expiresSeconds: expires },
    ...lowered({ input, otherwise }),
  })
}

/**
 * A person does the work of a step; their answer, which fits `output`, is its output. Where nobody answers in time, or
 * somebody declines, the run fails with `Stopped.denied`, or `otherwise` stands for the output.
 */
export function person<Output extends z.ZodType, const Otherwise extends Json = never>(
  name: string,
  options: PersonOptions & { readonly output: Output; readonly otherwise?: Otherwise },
): Node<z.output<Output> | Otherwise> {
  checkName('person', name)
  const label = `person "${name}"`
  requireFields(label, options, `person('${name}', { role: 'editor', output: z.object({ … }), expires: days(3) })`)
  const { output, ...rest } = options
  const parts = { schemas: { output }, remedies: { expires: EXPIRES } }
  const { input, otherwise, expires, ...policy } = parseDefinition(label, Common, rest, parts)
  return node({
    kind: 'person',
    name,
    policy: { ...policy, quorum: 1, onExpiry: 'deny', expiresSeconds: expires },
    output,
    outputSchema: z.toJSONSchema(output, { io: 'input' }) as JsonObject,
    ...lowered({ input, otherwise }),
  })
}
