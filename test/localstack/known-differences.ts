/**
 * Where histories of the two hosts differ and need not be equal: what it is, and why. Everything else has to be equal.
 * Applied to both sides, so that nothing hides behind a difference of one of them.
 */
import { isJsonObject, type Json, type JsonObject } from '../../src/schema/json.ts'

interface DroppedField {
  readonly fields: readonly string[]
  /** Which objects, within details whose JSON texts are parsed. */
  readonly of: (value: JsonObject) => boolean
  readonly reason: string
}

export const DROPPED_FIELDS: readonly DroppedField[] = [
  {
    fields: ['ExecutedVersion', 'SdkHttpMetadata', 'SdkResponseMetadata'],
    of: (value) => 'Payload' in value && 'StatusCode' in value,
    reason:
      'What Lambda says of its own request: ids, headers, the version behind the name. The engine makes no request.',
  },
  {
    fields: ['trace'],
    of: (value) => 'errorType' in value && 'errorMessage' in value,
    reason: 'The stack of a function that failed: Lambda adds it, the engine keeps the error without it.',
  },
  {
    fields: ['StateMachineVersionArn'],
    of: (value) => 'ExecutionArn' in value && 'StateMachineArn' in value,
    reason: 'A child is started by the ARN of a version; the engine has no versions of machines.',
  },
  {
    fields: ['location'],
    of: (value) => value['error'] === 'States.QueryEvaluationError',
    reason: 'Which field an expression stands in: AWS and the engine say so, LocalStack does not.',
  },
]

export const DROPPED_EVENTS: readonly { readonly types: RegExp; readonly reason: string }[] = [
  {
    types: /StateAborted$/,
    reason: 'States that end because a state around them failed: AWS and the engine record it, LocalStack does not.',
  },
]

/** Within texts. */
const DROPPED_TEXTS: readonly { readonly text: RegExp; readonly reason: string }[] = [
  { text: / specified for the field '[^']*'/g, reason: 'See location, above.' },
]

/** What is not compared at all. */
export const NOT_COMPARED: readonly { readonly what: string; readonly reason: string }[] = [
  {
    what: 'the histories of a distributed Map’s items',
    reason: 'LocalStack runs the items and keeps no execution of them; their results and journals are compared.',
  },
  {
    what: 'the error of MapRunFailed',
    reason:
      'LocalStack gives the error of the item that failed, AWS and the engine States.ExceedToleratedFailureThreshold; ' +
      'the compiled machines catch either.',
  },
]

export function isDroppedEvent(type: string): boolean {
  return DROPPED_EVENTS.some(({ types }) => types.test(type))
}

export function withoutDifferences(value: Json): Json {
  if (typeof value === 'string') return DROPPED_TEXTS.reduce((rest, { text }) => rest.replaceAll(text, ''), value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => withoutDifferences(item as Json))
  if (!isJsonObject(value)) return value
  const dropped = DROPPED_FIELDS.filter(({ of }) => of(value)).flatMap(({ fields }) => fields)
  const kept = Object.entries(value).filter(([key]) => !dropped.includes(key))
  return Object.fromEntries(kept.map(([key, field]) => [key, withoutDifferences(field)]))
}
