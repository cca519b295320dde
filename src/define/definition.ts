/** What all `define…` functions share: parsing with paths and remedies, freezing, hashing. */
import canonicalize from 'canonicalize'
import * as z from 'zod'
import { InvalidDefinition, type Issue } from '../errors.ts'
import { sha256 } from '../schema/sha256.ts'

interface Parts {
  /** Must be zod schemas that have a JSON Schema, where given. */
  readonly schemas?: Readonly<Record<string, unknown>>
  /** Must be functions. */
  readonly functions?: Readonly<Record<string, unknown>>
}

/** @throws InvalidDefinition with every fault, not only the first. */
export function parseDefinition<S extends z.ZodType>(
  label: string,
  schema: S,
  value: unknown,
  parts: Parts,
): z.output<S> {
  const parsed = schema.safeParse(value)
  const issues = [
    ...(parsed.success ? [] : parsed.error.issues.map(issueOf)),
    ...Object.entries(parts.schemas ?? {}).flatMap(([path, part]) => schemaIssues(path, part)),
    ...Object.entries(parts.functions ?? {}).flatMap(([path, part]) => functionIssues(path, part)),
  ]
  if (!parsed.success || issues.length > 0) throw new InvalidDefinition(label, issues)
  return parsed.data
}

/** SHA-256 over the canonical JSON (RFC 8785) of a value, hexadecimal. Functions and undefined fields do not count. */
export function contentHash(value: unknown): string {
  return sha256(canonicalize(JSON.parse(JSON.stringify(value))) ?? '')
}

/** Freezes what was declared, all the way down, but not schemas or functions of others. */
export function freeze<T extends object>(value: T): Readonly<T> {
  for (const part of Object.values(value)) if (isPlain(part)) freeze(part)
  return Object.freeze(value)
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || Array.isArray(value)
}

function issueOf(issue: z.core.$ZodIssue): Issue {
  const path = issue.path.map(String).join('.') || '(root)'
  if (issue.code === 'unrecognized_keys') {
    return { path, message: `unknown field ${issue.keys.join(', ')}`, remedy: 'remove it or correct its spelling' }
  }
  return { path, message: issue.message, remedy: `set ${path} to a value of that form` }
}

function schemaIssues(path: string, part: unknown): Issue[] {
  if (part === undefined) return path === 'settings' ? [] : [missingSchema(path)]
  if (!(part instanceof z.ZodType)) return [missingSchema(path)]
  try {
    z.toJSONSchema(part, { io: 'input' })
    return []
  } catch (error) {
    return [
      {
        path,
        message: `the schema cannot be written as JSON Schema: ${(error as Error).message}`,
        remedy: 'use plain JSON types; a model and a wire cannot carry dates, transforms or functions',
      },
    ]
  }
}

function missingSchema(path: string): Issue {
  return { path, message: 'a zod schema is expected', remedy: `give ${path} a schema, e.g. z.object({ … })` }
}

function functionIssues(path: string, part: unknown): Issue[] {
  if (typeof part === 'function') return []
  return [{ path, message: 'a function is expected', remedy: `give ${path} a function` }]
}
