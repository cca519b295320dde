/** `readState` and `writeState`: shared state as nodes of a workflow, carried out by rules of src/coordination. */
import * as z from 'zod'
import { InvalidDefinition } from '../errors.ts'
import type { Json, JsonObject } from '../schema/json.ts'
import { requireFields, requirePart } from './definition.ts'
import type { Resolved, Value } from './expressions.ts'
import { rule } from './pattern-node.ts'
import { checkName, type Node } from './patterns.ts'
import { DeclaredKeys, type StateKey, type StateKeys } from './state.ts'

type ValuesOf<Keys extends StateKeys> = { [Name in keyof Keys]: z.output<Keys[Name]['value']> }
type VersionsOf<Keys extends StateKeys> = { [Name in keyof Keys]: number }

/** Keys as they were when the node was reached; a resumed run sees the same. Version 0: nothing was written. */
export interface ReadKeys<Keys extends StateKeys> {
  values: ValuesOf<Keys>
  versions: VersionsOf<Keys>
}

/** The versions that it made. */
export interface WrittenKeys<Keys extends StateKeys> {
  versions: VersionsOf<Keys>
}

/** @throws InvalidDefinition */
export function readState<const Keys extends StateKeys>(name: string, keys: Keys): Node<ReadKeys<Keys>> {
  checked('readState', name, keys, `readState('${name}', { findings })`)
  const all = Object.entries(keys)
  const output = z.strictObject({
    values: z.strictObject(Object.fromEntries(all.map(([key, { value }]) => [key, value]))),
    versions: versionsOf(keys),
  })
  return rule(name, 'state.read', { options: optionsOf(keys), state: keys, input: {}, output }) as Node<never> as Node<
    ReadKeys<Keys>
  >
}

type Replaced<Keys extends StateKeys> = {
  [Name in keyof Keys as Keys[Name]['rules']['reducer'] extends 'replace' ? Name : never]: Value<number>
}

type WriteParts<Keys extends StateKeys, Otherwise> = {
  /** What stands for the output where another was first, or a key takes no more. @default the run fails */
  readonly otherwise?: Otherwise
} & (Record<never, never> extends Replaced<Keys>
  ? { readonly expect?: Partial<VersionsOf<Keys>> | { readonly [Name in keyof Keys]?: Value<number> } }
  : { readonly expect: Replaced<Keys> & { readonly [Name in keyof Keys]?: Value<number> } })

/**
 * Writes to all the keys together, or to none. @param values One write for each key. @param parts.expect The version that was
 * read, by key: needed where a key is replaced. @throws InvalidDefinition
 */
export function writeState<const Keys extends StateKeys, const Otherwise = never>(
  name: string,
  keys: Keys,
  values: { readonly [Name in keyof Keys]: Value<z.output<Keys[Name]['delta']>> },
  ...more: Record<never, never> extends Replaced<Keys>
    ? [parts?: WriteParts<Keys, Otherwise>]
    : [parts: WriteParts<Keys, Otherwise>]
): Node<WrittenKeys<Keys> | Resolved<Otherwise>>
export function writeState(
  name: string,
  keys: StateKeys,
  values: Readonly<Record<string, unknown>>,
  parts: { readonly expect?: Readonly<Record<string, unknown>>; readonly otherwise?: unknown } = {},
): Node<unknown> {
  const label = checked('writeState', name, keys, `writeState('${name}', { findings }, { findings: from(step) })`)
  requireFields(label, values, `writeState('${name}', { findings }, { findings: from(step) })`)
  const { expect = {}, otherwise } = parts
  const all = Object.entries(keys)
  for (const [key, { rules }] of all) {
    const remedy = `give { ${key}: … }, what is to be written`
    requirePart(label, `values.${key}`, values[key] !== undefined, values[key], 'a value', remedy)
    if (rules.reducer !== 'replace') continue
    const read = `give { expect: { ${key}: from(read).versions.${key} } }, or 0 where nothing was written yet`
    requirePart(label, `expect.${key}`, expect[key] !== undefined, expect[key], 'the version that it replaces', read)
  }
  for (const [field, given] of Object.entries({ values, expect })) {
    const unknown = Object.keys(given).filter((key) => !Object.hasOwn(keys, key))
    requirePart(label, field, unknown.length === 0, unknown, `only ${Object.keys(keys).join(', ')}`, 'correct the key')
  }
  const accepts = z.strictObject({
    values: z.strictObject(Object.fromEntries(all.map(([key, { delta }]) => [key, delta]))),
    expect: z.strictObject(Object.fromEntries(Object.keys(expect).map((key) => [key, VERSION]))),
  })
  return rule(name, 'state.write', {
    options: optionsOf(keys),
    state: keys,
    input: { values, expect },
    accepts,
    output: z.strictObject({ versions: versionsOf(keys) }),
    ...(otherwise !== undefined && { otherwise }),
  })
}

const VERSION = z.int().min(0)

function checked(kind: string, name: string, keys: unknown, example: string): string {
  checkName(kind, name)
  const label = `${kind} "${name}"`
  requireFields(label, keys, example)
  const parsed = DeclaredKeys.safeParse(keys)
  if (parsed.success) return label
  const issues = parsed.error.issues.map(({ path, message }) => ({
    ...{ path: ['keys', ...path].join('.'), message, remedy: `give keys made by stateKey: ${example}` },
  }))
  throw new InvalidDefinition(label, issues)
}

function versionsOf(keys: StateKeys) {
  return z.strictObject(Object.fromEntries(Object.keys(keys).map((key) => [key, VERSION])))
}

/** Of src/coordination. */
function optionsOf(keys: Readonly<Record<string, StateKey>>): JsonObject {
  return { keys: Object.fromEntries(Object.entries(keys).map(([key, { rules }]) => [key, rules as unknown as Json])) }
}
