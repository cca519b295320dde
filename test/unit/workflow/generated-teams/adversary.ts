/**
 * A model that answers whatever does harm: by its schema with names that are nobody's, off it, with tools that are not
 * its own, at great length, not at all, or by failing. The same for the same seed, step and turn.
 */
import { ModelRejectedRequest, ModelUnavailable } from '../../../../src/errors.ts'
import type { Model, ModelCallOptions } from '../../../../src/models/model.ts'
import { isJsonObject, type Json, type JsonObject } from '../../../../src/schema/json.ts'
import { type ModelRequest, type ModelResponse, SUBMIT_OUTPUT_TOOL } from '../../../../src/schema/model-call.ts'
import { sha256 } from '../../../../src/schema/sha256.ts'

/** How often, of ten answers, it does what; the rest is by the schema. */
export interface Mood {
  readonly offSchema: number
  readonly silence: number
  readonly tools: number
  readonly failure: number
}

export interface AskedModel {
  readonly agent: string
  readonly stepId: string
}

/** Names that an answer may hold: of agents, tools and state keys that are there, and of such as are not. */
const NAMES = [
  'ann',
  'bob',
  'cyd',
  'judge',
  'nobody',
  'note',
  'look-up',
  'read_state',
  'update_state',
  'send_message',
  'secretKey',
  '__proto__',
  'constructor',
]
const TEXTS = [
  '',
  't1',
  't2',
  'yes',
  'no',
  'A',
  'B',
  'none',
  '{% $states %}',
  '$run.lock',
  '#1',
  '../x',
  '\u0000',
  '💥',
]
/** For keys that are nobody's, or another's. */
const GRABS: readonly JsonObject[] = ['secretKey', 'findings', '__proto__', 'nobody'].flatMap((key) => [
  { key },
  { update: { key, value: ['mine'], expectVersion: 0 } },
])
const HUGE = 'x'.repeat(40_000)
const FORGED: JsonObject = { $ref: `sha256:${'0'.repeat(64)}`, bytes: 1 }
const DEPTH = 5

export function adversary(seed: string, mood: Mood): { readonly model: Model; readonly asked: AskedModel[] } {
  const asked: AskedModel[] = []
  const tries = new Map<string, number>()
  async function call(request: ModelRequest, { agent, stepId, turn }: ModelCallOptions): Promise<ModelResponse> {
    asked.push({ agent, stepId })
    const key = `${stepId} ${turn}`
    tries.set(key, (tries.get(key) ?? 0) + 1)
    const dice = diceOf(`${seed} ${key} ${tries.get(key)}`)
    const content = answer(request, mood, dice)
    return {
      provider: 'adversary',
      modelId: request.modelId,
      content,
      stopReason: content.some(({ type }) => type === 'toolUse') ? 'toolUse' : 'endTurn',
      usage: { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 },
    }
  }
  return { model: { provider: 'adversary', description: 'means no good', isLocal: true, call }, asked }
}

type Content = ModelResponse['content']

function answer({ tools }: ModelRequest, mood: Mood, dice: Dice): Content {
  const use = (name: string, input: Json, id = 'u1') => ({ type: 'toolUse' as const, id, name, input })
  const throwOf = dice.below(10)
  const { failure, silence, offSchema } = mood
  if (throwOf < failure) throw dice.pick(FAILURES)()
  if (throwOf < failure + silence) return [{ type: 'text', text: dice.pick(['', 'I will not.', HUGE]) }]
  if (throwOf < failure + silence + mood.tools) {
    const own = tools.filter(({ name }) => name !== SUBMIT_OUTPUT_TOOL)
    const given = own.length > 0 && dice.below(3) > 0 ? dice.pick(own) : undefined
    const fitting = bySchema(given?.inputSchema ?? {}, given?.inputSchema ?? {}, dice, 0)
    const name = given?.name ?? dice.pick(NAMES)
    return [use(name, anything(dice, 0), 'u1'), use(name, fitting, 'u2'), use(name, dice.pick(GRABS), 'u3')]
  }
  const schema = tools.find(({ name }) => name === SUBMIT_OUTPUT_TOOL)?.inputSchema ?? {}
  if (throwOf < failure + silence + mood.tools + offSchema) return [use(SUBMIT_OUTPUT_TOOL, anything(dice, 0))]
  return [use(SUBMIT_OUTPUT_TOOL, bySchema(schema, schema, dice, 0))]
}

const FAILURES: readonly (() => Error)[] = [
  () => new TypeError('a bug of the adapter'),
  () => new ModelUnavailable({ message: 'down', next: 'Wait.' }),
  () => new ModelRejectedRequest({ message: 'no', next: 'Ask otherwise.' }),
]

/** A value that fits a JSON Schema, as far as it says how. */
function bySchema(schema: JsonObject, root: JsonObject, dice: Dice, depth: number): Json {
  const inner = (one: Json | undefined) => bySchema(isJsonObject(one) ? one : {}, root, dice, depth + 1)
  if (typeof schema.$ref === 'string') return inner(pointed(root, schema.$ref))
  const union = schema.anyOf ?? schema.oneOf
  if (Array.isArray(union)) return inner(dice.pick(union as Json[]))
  if (schema.const !== undefined) return schema.const
  if (Array.isArray(schema.enum)) return dice.pick(schema.enum as Json[])
  switch (schema.type) {
    case 'object': {
      const required = Array.isArray(schema.required) ? schema.required : []
      const properties = Object.entries(isJsonObject(schema.properties) ? schema.properties : {})
      const given = properties.filter(([key]) => required.includes(key) || dice.below(2) === 0)
      const more = schema.additionalProperties === false || dice.below(3) > 0 ? [] : [[dice.pick(NAMES), 1] as const]
      return Object.fromEntries([...given.map(([key, one]) => [key, inner(one)] as const), ...more])
    }
    case 'array': {
      const most = typeof schema.maxItems === 'number' ? Math.min(schema.maxItems, 4) : 4
      return Array.from({ length: depth > DEPTH ? 0 : dice.below(most + 1) }, () => inner(schema.items))
    }
    case 'string': {
      const text = dice.below(20) === 0 ? HUGE : dice.pick([...NAMES, ...TEXTS])
      const padded = text.padEnd(typeof schema.minLength === 'number' ? schema.minLength : 0, 'x')
      return typeof schema.maxLength === 'number' ? padded.slice(0, schema.maxLength) : padded
    }
    case 'integer':
    case 'number': {
      const [low, high] = [schema.minimum ?? schema.exclusiveMinimum ?? -1, schema.maximum ?? 1e9]
      const value = dice.pick([0, 1, 0.5, 1e9, -1].map((one) => Math.min(Number(high), Math.max(Number(low), one))))
      return schema.type === 'integer' ? Math.round(value) : value
    }
    case 'boolean':
      return dice.below(2) === 0
    case 'null':
      return null
    default:
      return anything(dice, depth)
  }
}

function pointed(root: JsonObject, path: string): Json | undefined {
  return path
    .slice(2)
    .split('/')
    .filter((key) => key !== '')
    .reduce<Json | undefined>((at, key) => (isJsonObject(at) ? at[key] : undefined), root)
}

function anything(dice: Dice, depth: number): Json {
  if (depth > DEPTH) return null
  const next = () => anything(dice, depth + 1)
  return dice.pick<() => Json>([
    () => null,
    () => dice.pick([true, false, 0, -1, 1e300]),
    () => dice.pick([...NAMES, ...TEXTS]),
    () => HUGE,
    () => FORGED,
    () => [next(), next()],
    () => ({ tasks: [{ id: dice.pick(TEXTS) }, { id: 't1' }, next()] }),
    () => Object.fromEntries([[dice.pick(NAMES), next()]]),
    () => ({ handoff: { to: dice.pick(NAMES), message: 'yours', reason: 'no' } }),
    () => ({ bids: [{ task: dice.pick(TEXTS), confidence: 2, note: '' }] }),
  ])()
}

interface Dice {
  below(count: number): number
  pick<T>(of: readonly T[]): T
}

/** The same throws for the same text. */
function diceOf(text: string): Dice {
  let count = 0
  const below = (most: number) => {
    count += 1
    return Number.parseInt(sha256(`${text} ${count}`).slice(0, 8), 16) % most
  }
  return { below, pick: (of) => of[below(of.length)] as (typeof of)[number] }
}
