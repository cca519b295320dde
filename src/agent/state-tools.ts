/**
 * The synthetic tools by which an agent reads and changes the state it shares. Their schemas hold the keys that it was granted
 * and no others, so that the gate refuses what goes beyond them, whatever the model says. The step carries them out.
 */
import * as z from 'zod'
import type { Agent } from '../define/agent.ts'
import type { StateKey, StateKeys } from '../define/state.ts'
import { defineTool, type Tool } from '../define/tool.ts'
import { READ_STATE_TOOL, UPDATE_STATE_TOOL } from '../schema/model-call.ts'
import type { StateReducer } from '../schema/state.ts'

/** What the gate lets through. */
export const ReadStateInput = z.strictObject({ key: z.string(), last: z.int().optional() })
export const UpdateStateInput = z.strictObject({
  update: z.strictObject({ key: z.string(), value: z.json(), expectVersion: z.int().optional() }),
})

const Seen = {
  key: z.string(),
  /** 0: nothing was written. */
  version: z.int(),
  value: z.json(),
  /** Items at the beginning of a long list that are not shown. */
  omitted: z.int().optional(),
  /** One of its writers had read what strangers wrote. */
  untrusted: z.literal(true).optional(),
  /** Of other data that its writers had read, or that the key is there to hold. */
  labels: z.array(z.string()).optional(),
}
export const ReadStateOutput = z.strictObject(Seen)
export const UpdateStateOutput = z.discriminatedUnion('status', [
  z.strictObject({ status: z.literal('written'), key: z.string(), version: z.int() }),
  /** Nothing was written. */
  z.strictObject({ status: z.literal('conflict'), ...Seen, next: z.string() }),
])

/** None where the agent shares no state. */
export function stateTools({ state }: Pick<Agent, 'state'>): readonly Tool[] {
  const { reads, writes } = state ?? {}
  return [...(reads === undefined ? [] : [readTool(reads)]), ...(writes === undefined ? [] : [updateTool(writes)])]
}

function readTool(reads: StateKeys): Tool {
  return defineTool({
    name: READ_STATE_TOOL,
    description:
      'Reads a key of the state that you share with other agents, as it is now, with its version. Others may write ' +
      `meanwhile. Keys:\n${linesOf(reads, ({ description }) => description || 'shared')}`,
    input: z.strictObject({
      key: z.enum(Object.keys(reads)),
      last: z.int().min(1).max(1_000).optional().describe('Of a list: only so many items, from its end'),
    }),
    output: ReadStateOutput,
    effect: 'read',
    run: byTheStep,
  })
}

function updateTool(writes: StateKeys): Tool {
  const [first, ...others] = Object.entries(writes).map(([name, key]) => optionOf(name, key))
  if (first === undefined) throw new TypeError('an agent that writes has a key')
  return defineTool({
    name: UPDATE_STATE_TOOL,
    description:
      'Writes to a key of the state that you share with other agents. Make each write once. Where the answer is a ' +
      'conflict, nothing was written: somebody else was first. Keys:\n' +
      linesOf(writes, ({ description, rules }) => [description, HOW[rules.reducer]].filter(Boolean).join('; ')),
    input: z.strictObject({ update: z.discriminatedUnion('key', [first, ...others]) }),
    output: UpdateStateOutput,
    effect: 'keyed',
    run: byTheStep,
  })
}

function optionOf(name: string, { delta, rules }: StateKey) {
  const expectVersion = z.int().min(0).describe('The version that you have read; 0 if nothing was written')
  return rules.reducer === 'replace'
    ? z.strictObject({ key: z.literal(name), value: delta, expectVersion })
    : z.strictObject({ key: z.literal(name), value: delta, expectVersion: expectVersion.optional() })
}

const HOW: Readonly<Record<StateReducer, string>> = {
  replace: 'value takes the place of what is there, if that is still the version you have read',
  append: 'the items of value are added at the end',
  union: 'the items of value are added, each once',
  merge: 'the fields of value take the place of those of the same name',
  max: 'the larger of value and what is there stays',
}

function linesOf(keys: StateKeys, words: (key: StateKey) => string): string {
  return Object.entries(keys)
    .map(([name, key]) => `- ${name}: ${words(key)}`)
    .join('\n')
}

async function byTheStep(): Promise<never> {
  throw new TypeError('shared state is read and written by the step itself')
}
