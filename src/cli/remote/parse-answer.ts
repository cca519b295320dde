/** Answers by their schema, also where a newer deployment says more than this version knows. */
import type * as z from 'zod'
import { EndpointUnknown } from './remote-errors.ts'

/** Each round drops every unknown field that was found, one level of nesting at worst. */
const ROUNDS = 20

/** Fields that the schema does not know are dropped; what it knows must be as it says. */
export function parseKnown<T extends z.ZodType>(schema: T, body: unknown): z.ZodSafeParseResult<z.output<T>> {
  const copy = structuredClone(body)
  for (let round = 1; ; round++) {
    const parsed = schema.safeParse(copy)
    if (parsed.success) return parsed
    const unknown = parsed.error.issues.filter((issue) => issue.code === 'unrecognized_keys')
    if (unknown.length === 0 || round === ROUNDS) return parsed
    for (const { path, keys } of unknown) drop(copy, path, keys)
  }
}

/** @param url Of the API, for the error. @throws EndpointUnknown naming the first place that is not as the schema says. */
export function parseAnswer<T extends z.ZodType>(schema: T, body: unknown, url: string): z.output<T> {
  const parsed = parseKnown(schema, body)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new EndpointUnknown({
    message: `${url} answers otherwise than this version of Baton understands: ${issue?.path.join('.') || 'the whole'}: ${issue?.message}`,
    next: 'Use the version of Baton that the team was deployed with; `baton doctor --endpoint URL` checks that it is one.',
    cause: parsed.error,
  })
}

function drop(body: unknown, path: readonly PropertyKey[], keys: readonly string[]): void {
  const holder = path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown>)[key], body)
  for (const key of keys) delete (holder as Record<string, unknown>)[key]
}
