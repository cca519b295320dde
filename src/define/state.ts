/**
 * `stateKey`: a key of the state that the agents of a workflow share, by its form and by how writes to it come together.
 * Declares; src/state keeps what is written. A workflow's `state` says which keys there are, an agent's `state` which of
 * them it reads and writes.
 */
import * as z from 'zod'
import { InvalidDefinition, type Issue } from '../errors.ts'
import type { Json, JsonObject } from '../schema/json.ts'
import { Labels } from '../schema/label.ts'
import { DEFAULT_VERSIONS, MOST_VERSIONS, StateKeyName, StateReducer, type StateRules } from '../schema/state.ts'
import { contentHash, freeze, isKind, parseDefinition, requireFields } from './definition.ts'

/** A key as everything after the declaration sees it. Frozen. */
export interface StateKey<Value = unknown, Delta = unknown, Reducer extends StateReducer = StateReducer> {
  readonly kind: 'state-key'
  readonly rules: StateRules & { readonly reducer: Reducer }
  /** For models: what it holds. */
  readonly description: string
  readonly value: z.ZodType<Value>
  /** What one write gives. */
  readonly delta: z.ZodType<Delta>
  readonly valueSchema: JsonObject
  readonly deltaSchema: JsonObject
  /** What it holds, whoever wrote it. */
  readonly gives?: readonly string[] | undefined
  readonly sha256: string
}

export type StateKeys = Readonly<Record<string, StateKey>>

/** What an agent may do with the keys of its workflow. */
export interface StateGrants {
  readonly reads?: StateKeys | undefined
  readonly writes?: StateKeys | undefined
}

interface Parts<Reducer extends StateReducer, Initial> {
  /** `replace`, `append` (lists), `union` (lists), `merge` (objects), `max` (numbers or texts). */
  readonly reducer: Reducer
  /** The value before any write. @default an empty list or object; null for `replace` and `max` */
  readonly initial?: Initial
  readonly description?: string
  /** Writes that it takes in one run. @default 500 */
  readonly maxVersions?: number
  /** What reading it brings along, whoever wrote it: `['private']`. @default what its writers had read */
  readonly gives?: readonly string[]
}

type Merged<Schema> =
  Schema extends z.ZodObject<infer Shape, infer Config>
    ? z.output<z.ZodObject<{ [Key in keyof Shape]: z.ZodOptional<Shape[Key]> }, Config>>
    : never

/** What can be read, and what one write gives. */
type KeyOf<Schema extends z.ZodType, Reducer extends StateReducer, Initial> = Reducer extends 'append' | 'union'
  ? StateKey<z.output<Schema>, z.output<Schema>, Reducer>
  : Reducer extends 'merge'
    ? StateKey<undefined extends Initial ? Merged<Schema> : z.output<Schema>, Merged<Schema>, Reducer>
    : StateKey<undefined extends Initial ? z.output<Schema> | null : z.output<Schema>, z.output<Schema>, Reducer>

const Declaration = z.strictObject({
  reducer: StateReducer,
  description: z.string().max(1_000).default(''),
  maxVersions: z.int().positive().max(MOST_VERSIONS).default(DEFAULT_VERSIONS),
  gives: Labels.optional(),
})

/** @throws InvalidDefinition naming each fault, its path and its remedy. */
export function stateKey<
  Schema extends z.ZodType,
  const Reducer extends StateReducer,
  Initial extends z.output<Schema> | undefined = undefined,
>(schema: Schema, parts: Parts<Reducer, Initial>): KeyOf<Schema, Reducer, Initial>
export function stateKey(schema: z.ZodType, parts: Parts<StateReducer, unknown>): StateKey<unknown, unknown> {
  const label = 'state key'
  requireFields(label, parts, "stateKey(z.array(Finding), { reducer: 'append' })")
  const { initial, ...rest } = parts
  const { description, gives, ...rules } = parseDefinition(label, Declaration, rest, {
    schemas: { schema },
    others: ['initial'],
  })
  const problem = misfit(schema, rules.reducer) ?? initialIssue(schema, initial)
  if (problem !== undefined) throw new InvalidDefinition(label, [problem])
  const hasInitial = initial !== undefined
  const delta = rules.reducer === 'merge' ? (schema as z.ZodObject).partial() : schema
  const value = hasInitial ? schema : readSchemaOf(delta, rules.reducer)
  const valueSchema = z.toJSONSchema(value, { io: 'input' }) as JsonObject
  const deltaSchema = z.toJSONSchema(delta, { io: 'input' }) as JsonObject
  const held = { ...rules, ...(hasInitial && { initial: schema.parse(initial) as Json }) }
  return freeze({
    kind: 'state-key',
    rules: held,
    description,
    value,
    delta,
    valueSchema,
    deltaSchema,
    ...(gives && { gives }),
    sha256: contentHash({ ...held, description, valueSchema, deltaSchema, ...(gives && { gives }) }),
  })
}

/** What can be read before anything was written, too. */
function readSchemaOf(delta: z.ZodType, reducer: StateReducer): z.ZodType {
  return reducer === 'replace' || reducer === 'max' ? delta.nullable() : delta
}

function misfit(schema: z.ZodType, reducer: StateReducer): Issue | undefined {
  const form = FORMS[reducer]
  if (form !== undefined && !form.fits(schema)) {
    const remedy = `give ${form.words}, or another reducer: ${StateReducer.options.join(', ')}`
    return { path: 'schema', message: `${reducer} is for ${form.words}`, remedy }
  }
  const isFolded = reducer === 'append' || reducer === 'union' || reducer === 'merge'
  if (!isFolded || (schema.def.checks ?? []).length === 0) return undefined
  const message = `a ${reducer} checks what is written, not what all writes come to`
  const remedy = 'leave .min(), .max() and .refine() of the whole away; maxVersions bounds the number of writes'
  return { path: 'schema', message, remedy }
}

interface Form {
  readonly words: string
  readonly fits: (schema: z.ZodType) => boolean
}

const LIST: Form = { words: 'a z.array(…)', fits: (schema) => schema instanceof z.ZodArray }
const FORMS: Readonly<Record<StateReducer, Form | undefined>> = {
  replace: undefined,
  append: LIST,
  union: LIST,
  merge: { words: 'a z.object(…)', fits: (schema) => schema instanceof z.ZodObject },
  max: {
    words: 'a number or a text',
    fits: (schema) =>
      schema instanceof z.ZodNumber || schema instanceof z.ZodString || schema instanceof z.ZodISODateTime,
  },
}

function initialIssue(schema: z.ZodType, initial: unknown): Issue | undefined {
  if (initial === undefined) return undefined
  const remedy = 'give a value of the schema, or leave it away'
  const parsed = schema.safeParse(initial)
  if (!parsed.success) {
    return { path: 'initial', message: `it does not fit the schema: ${z.prettifyError(parsed.error)}`, remedy }
  }
  if (JSON.stringify(initial).length <= INITIAL_CHARACTERS) return undefined
  return { path: 'initial', message: `it has more than ${INITIAL_CHARACTERS} characters as JSON`, remedy }
}

/** It is kept beside each key's head. */
const INITIAL_CHARACTERS = 4_096
/** Keys of one workflow, and so of one agent. */
export const MOST_KEYS = 32

/** Of a workflow's `state`, and of an agent's `reads` and `writes`. */
export const DeclaredKeys = z
  .record(
    StateKeyName,
    z.custom<StateKey>((value) => isKind(value, 'state-key'), {
      error: 'a key made by stateKey is expected',
      params: { remedy: "give { findings: stateKey(z.array(Finding), { reducer: 'append' }) }" },
    }),
  )
  .refine((keys) => Object.keys(keys).length > 0 && Object.keys(keys).length <= MOST_KEYS, {
    error: `one to ${MOST_KEYS} keys are expected`,
    params: { remedy: 'name the keys, or leave the field out' },
  })

/** Of an agent. */
export const DeclaredGrants = z
  .strictObject({ reads: DeclaredKeys.optional(), writes: DeclaredKeys.optional() })
  .refine(({ reads, writes }) => reads !== undefined || writes !== undefined, {
    error: 'neither reads nor writes are given',
    params: { remedy: 'give state: { reads: { findings }, writes: { findings } }, or leave it out' },
  })
  .refine(({ reads = {}, writes = {} }) => Object.keys(reads).every((key) => isSame(reads[key], writes[key])), {
    error: 'a key is another one in reads than in writes',
    params: { remedy: 'make the key once, const findings = stateKey(…), and give that one to both' },
  })

function isSame(read: StateKey | undefined, written: StateKey | undefined): boolean {
  return written === undefined || read?.sha256 === written.sha256
}

/** What the hash of an agent or a workflow says of them. */
export function hashedKeys(keys: StateKeys): Record<string, string> {
  return Object.fromEntries(Object.entries(keys).map(([name, { sha256 }]) => [name, sha256]))
}

export function hashedGrants({ reads, writes }: StateGrants): Readonly<Record<string, Record<string, string>>> {
  return { ...(reads && { reads: hashedKeys(reads) }), ...(writes && { writes: hashedKeys(writes) }) }
}

/** Every key that an agent may read or write. */
export function grantedKeys({ reads, writes }: StateGrants = {}): StateKeys {
  return { ...reads, ...writes }
}
