/** What all `define…` functions share: parsing with paths and remedies, freezing, hashing. */
import canonicalize from 'canonicalize'
import * as z from 'zod'
import { InvalidDefinition, type Issue } from '../errors.ts'
import { sha256 } from '../schema/sha256.ts'
import { remedyOf } from './remedy.ts'

interface Parts {
  /** Must be zod schemas that have a JSON Schema, where given. */
  readonly schemas?: Readonly<Record<string, unknown>>
  /** Must be functions. */
  readonly functions?: Readonly<Record<string, unknown>>
  /** Fields that may be given and are checked by whoever asks. */
  readonly others?: readonly string[]
  /** Path → what to do about a fault there, where that can be said better than in general. */
  readonly remedies?: Readonly<Record<string, string>>
}

/** @throws InvalidDefinition with every fault, not only the first. */
export function parseDefinition<S extends z.ZodType>(
  label: string,
  schema: S,
  value: unknown,
  parts: Parts,
): z.output<S> {
  const parsed = schema.safeParse(value)
  const more = [...Object.keys({ ...parts.schemas, ...parts.functions }), ...(parts.others ?? [])]
  const issueOf = (issue: z.core.$ZodIssue): Issue => {
    const path = issue.path.map(String).join('.') || '(root)'
    const unknown = issue.code === 'unrecognized_keys'
    const message = unknown ? `unknown field ${issue.keys.join(', ')}` : issue.message
    const remedy = unknown ? undefined : parts.remedies?.[path]
    return { path, message, remedy: remedy ?? remedyOf(issue, schema, value, more) }
  }
  const issues = [
    ...(parsed.success ? [] : misspeltFirst(parsed.error.issues).map(issueOf)),
    ...Object.entries(parts.schemas ?? {}).flatMap(([path, part]) => schemaIssues(path, part)),
    ...Object.entries(parts.functions ?? {}).flatMap(([path, part]) => functionIssues(path, part)),
  ]
  if (!parsed.success || issues.length > 0) throw new InvalidDefinition(label, issues)
  return parsed.data
}

/** A field that seems to be missing is often there under another name: that is what to read first. */
function misspeltFirst(issues: readonly z.core.$ZodIssue[]): readonly z.core.$ZodIssue[] {
  const isUnknown = (issue: z.core.$ZodIssue) => issue.code === 'unrecognized_keys'
  return [...issues.filter(isUnknown), ...issues.filter((issue) => !isUnknown(issue))]
}

/** @throws InvalidDefinition for what is no object of fields, before anything reads one. */
export function requireFields(what: string, value: unknown, example: string): void {
  const isFields = typeof value === 'object' && value !== null && !Array.isArray(value)
  requirePart(what, '(root)', isFields, value, 'an object of fields', `write ${example}`)
}

/** @throws InvalidDefinition saying what was given and what was expected. */
export function requirePart(
  label: string,
  path: string,
  holds: boolean,
  given: unknown,
  expected: string,
  remedy: string,
): void {
  if (holds) return
  throw new InvalidDefinition(label, [{ path, message: `${expected} is expected, not ${kindOf(given)}`, remedy }])
}

function kindOf(given: unknown): string {
  if (given === undefined || given === null) return String(given)
  if (Array.isArray(given)) return 'a list'
  return typeof given === 'object' ? 'another object' : `a ${typeof given}`
}

/** Whether something was made by the `define…` function of that kind. */
export function isKind(
  value: unknown,
  kind: 'agent' | 'tool' | 'guardrail' | 'message' | 'state-key' | 'memory-space' | 'workflow-definition',
): boolean {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === kind
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
