/** What a right output of each step is, as somebody who knows gives it. Pure. */
import * as z from 'zod'
import { InvalidRequest } from '../../errors.ts'
import { isJson } from '../../schema/is-json.ts'
import { isJsonObject, type Json } from '../../schema/json.ts'
import { canonicalJson } from '../canonical.ts'

/** @returns why an output is wrong; undefined: it is right. */
export type Check = (output: Json) => string | undefined
/** By the name of a step, `name/*` for all steps within, or a whole step id. */
export type Checks = ReadonlyMap<string, Check>

const REASON_CHARACTERS = 300

/**
 * @param given An object: each field is `{ "equals": … }`, `{ "contains": … }`, a JSON Schema, or, of a module, a function that gives
 *   true, false, or why not.
 * @throws InvalidRequest naming the field that is none of these.
 */
export function readChecks(given: unknown): Checks {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new InvalidRequest({ message: 'the checks are no object', next: EXAMPLE })
  }
  const entries = Object.entries(given)
  if (entries.length === 0) throw new InvalidRequest({ message: 'there are no checks', next: EXAMPLE })
  return new Map(entries.map(([name, what]) => [name, readCheck(name, what)]))
}

const EXAMPLE = 'Give for example {"sort": {"equals": {"desk": "billing"}}, "reply": {"type": "object", …}}.'

function readCheck(name: string, what: unknown): Check {
  if (typeof what === 'function') return (output) => said((what as (output: Json) => unknown)(output))
  if (isJsonObject(what) && isJson(what)) {
    const { equals, contains } = what
    const isOnly = Object.keys(what).length === 1
    if (isOnly && equals !== undefined)
      return (output) => (isSame(output, equals) ? undefined : `it is not ${shown(equals)}`)
    if (isOnly && contains !== undefined) {
      return (output) => (holds(output, contains) ? undefined : `it does not contain ${shown(contains)}`)
    }
    return schemaCheck(name, what)
  }
  throw new InvalidRequest({ message: `the check of ${JSON.stringify(name)} is no object`, next: EXAMPLE })
}

function said(verdict: unknown): string | undefined {
  if (verdict === true || verdict === undefined) return undefined
  return typeof verdict === 'string' ? verdict.slice(0, REASON_CHARACTERS) : 'its check says no'
}

function schemaCheck(name: string, what: object): Check {
  let schema: z.ZodType
  try {
    schema = z.fromJSONSchema(what as Parameters<typeof z.fromJSONSchema>[0])
  } catch (error) {
    throw new InvalidRequest({
      message: `the check of ${JSON.stringify(name)} is no JSON Schema that can be used: ${(error as Error).message}`,
      next: EXAMPLE,
      cause: error,
    })
  }
  return (output) => {
    const parsed = schema.safeParse(output)
    return parsed.success
      ? undefined
      : z.prettifyError(parsed.error).replaceAll(/\s+/g, ' ').slice(0, REASON_CHARACTERS)
  }
}

/** Of a text a part of it, of an object some fields, of a list some items. */
function holds(output: Json, wanted: Json): boolean {
  if (typeof output === 'string' && typeof wanted === 'string') return output.includes(wanted)
  if (Array.isArray(output)) {
    const items = Array.isArray(wanted) ? wanted : [wanted]
    return items.every((item) => output.some((one) => holds(one, item)))
  }
  if (isJsonObject(output) && isJsonObject(wanted)) {
    return Object.entries(wanted).every(
      ([key, value]) => Object.hasOwn(output, key) && holds(output[key] ?? null, value),
    )
  }
  return isSame(output, wanted)
}

function isSame(one: Json, other: Json): boolean {
  return canonicalJson(one) === canonicalJson(other)
}

function shown(value: Json): string {
  const json = JSON.stringify(value)
  return json.length <= REASON_CHARACTERS ? json : `${json.slice(0, REASON_CHARACTERS).toWellFormed()} …`
}

/** The closest: a whole id, then the step's own name, then what it lies within, the innermost first. */
export function checkFor(checks: Checks, stepId: string): Check | undefined {
  const names = stepId.split('/').map((part) => part.replace(/[:=]\d+$/, ''))
  const own = names.at(-1) ?? stepId
  const around = names
    .slice(0, -1)
    .toReversed()
    .map((name) => `${name}/*`)
  const key = [stepId, own, ...around].find((one) => checks.has(one))
  return key === undefined ? undefined : checks.get(key)
}
