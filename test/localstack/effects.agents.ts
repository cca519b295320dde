/** Agents whose tools do something: one tool of each kind, on the other side that support/effects.ts stands for. */
import { defineAgent, defineTool, type ToolContext } from 'baton'
import * as z from 'zod'

/** Of the other side, where a run has one. */
const Settings = z.looseObject({ effectsUrl: z.string().default('') })
const Text = z.strictObject({ text: z.string() })
const Done = z.strictObject({ done: z.string() })

type Context = ToolContext<z.output<typeof Settings>>

async function act(kind: string, text: string, { settings, runId, callId, fence, signal }: Context) {
  const body = JSON.stringify({ runId, key: callId, fence, text })
  const { status } = await fetch(`${settings.effectsUrl}/${kind}`, { method: 'POST', body, signal })
  if (status !== 200) throw Object.assign(new Error(`${kind} was refused: ${status}`), { name: 'EffectRefused' })
  return { done: text }
}

const base = { input: Text, output: Done, settings: Settings }

export const keyed = defineTool({
  ...base,
  name: 'keyed',
  description: 'Does it once for each key.',
  effect: 'keyed',
  run: ({ text }, context) => act('keyed', text, context),
})

export const fenced = defineTool({
  ...base,
  name: 'fenced',
  description: 'Does it for whoever came last.',
  effect: 'fenced',
  run: ({ text }, context) => act('fenced', text, context),
})

export const opaque = defineTool({
  ...base,
  name: 'opaque',
  description: 'Does it, whoever asks.',
  effect: 'opaque',
  run: ({ text }, context) => act('opaque', text, context),
})

export const table = defineTool({
  name: 'table',
  description: 'Keeps it in the records.',
  input: Text,
  output: Done,
  effect: 'table',
  run: ({ text }, { commit, callId }) => commit([{ put: callId, value: { text }, if: 'absent' }], { done: text }),
})

/**
 * In the order in which the model asks for them. Without one that is asked before it acts: after a crash it waits for longer than two
 * clocks can differ, which is 20 minutes.
 */
export const EFFECT_TOOLS = [keyed, fenced, opaque, table]

const agent = {
  ...{ version: '1.0.0', goal: 'Does things.', instructions: 'Do it.', model: { id: 'any.model-v1:0' } },
  input: z.looseObject({ item: z.string() }),
  output: z.object({ text: z.string(), score: z.number() }),
}

/** A tool that nobody uses without an editor's word. */
const post = defineTool({
  ...base,
  name: 'post',
  description: 'Publishes a text.',
  effect: 'keyed',
  approval: { role: 'editor', expiresSeconds: 600 },
  run: ({ text }, context) => act('keyed', text, context),
})

/** Publishes its item, and tells what came of it. */
export const clerk = defineAgent({ ...agent, name: 'clerk', role: 'Clerk', tools: [post] })

const book = defineTool({
  ...base,
  name: 'book',
  description: 'Books something.',
  effect: 'keyed',
  run: ({ text }, context) => act('keyed', text, context),
  async undo({ input }, context) {
    await act('undone', input.text, context)
  },
})

/** Books its item. */
export const booker = defineAgent({ ...agent, name: 'booker', role: 'Booker', tools: [book] })

/** Calls each of its tools once, in one turn. Short-lived, so that a claim of a dead process soon ends. */
export const effector = defineAgent({
  ...agent,
  name: 'effector',
  role: 'Effector',
  tools: EFFECT_TOOLS,
  limits: { seconds: 60 },
})
