/** Agents of the patterns team. What their models answer is in support/patterns-model.ts. */
import { defineAgent, defineTool, ModelUnavailable } from 'baton'
import * as z from 'zod'

const common = { version: '1.0.0', goal: 'Shows a pattern.', instructions: 'Do it.', model: { id: 'any.model-v1:0' } }

export const Scored = z.object({ text: z.string(), score: z.number() })

/** `count` words. */
export const splitter = defineAgent({
  ...common,
  name: 'splitter',
  role: 'Splitter',
  input: z.object({ word: z.string(), count: z.number() }),
  output: z.object({ items: z.array(z.string()), urgent: z.boolean() }),
})

/** The item in capitals, and how long it is. */
export const worker = defineAgent({
  ...common,
  name: 'worker',
  role: 'Worker',
  input: z.looseObject({ item: z.string() }),
  output: Scored,
})

/** The sum of the scores of what it is given. */
export const joiner = defineAgent({
  ...common,
  name: 'joiner',
  role: 'Joiner',
  input: z.looseObject({}),
  output: z.object({ report: z.string(), score: z.number() }),
})

/** One more. */
export const counter = defineAgent({
  ...common,
  name: 'counter',
  role: 'Counter',
  input: z.looseObject({ count: z.number() }),
  output: z.object({ count: z.number() }),
  limits: { seconds: 30 },
})

const seen = new Set<string>()

/** Its check fails by the name of an error that is retried, once in each step. */
export const flaky = defineAgent({
  ...common,
  name: 'flaky',
  role: 'Flaky worker',
  input: z.looseObject({ item: z.string() }),
  output: Scored,
  checks: [
    {
      name: 'second-time-lucky',
      description: 'Fails the first time.',
      run: async (_output, { runId, stepId }) => {
        const step = `${runId} ${stepId}`
        if (seen.has(step)) return { verdict: 'accept' }
        seen.add(step)
        throw new ModelUnavailable({ message: 'the check has no answer yet', next: 'Try again.' })
      },
    },
  ],
})

/** Its schema throws: the function fails by a name that is not retried. */
export const broken = defineAgent({
  ...common,
  name: 'broken',
  role: 'Broken worker',
  input: z.looseObject({ item: z.string() }),
  output: Scored.superRefine(() => {
    throw Object.assign(new Error('this schema is a bug'), { name: 'BrokenSchema' })
  }),
})

/** What its model answers is refused for as long as a test says so. */
export const fragile = defineAgent({
  ...common,
  name: 'fragile',
  role: 'Fragile worker',
  input: z.looseObject({ item: z.string() }),
  output: Scored,
})

const LARGE = { tokens: 20_000_000, contextTokens: 20_000_000, costUsd: 1_000, seconds: 600 }

/** As many bytes of text as it is asked for. */
export const producer = defineAgent({
  ...common,
  name: 'producer',
  role: 'Producer',
  input: z.looseObject({ bytes: z.number() }),
  output: z.object({ text: z.string() }),
  limits: LARGE,
})

/** How much text it was given, and its last characters. */
export const consumer = defineAgent({
  ...common,
  name: 'consumer',
  role: 'Consumer',
  input: z.looseObject({ text: z.string() }),
  output: z.object({ length: z.number(), end: z.string() }),
  limits: LARGE,
})

const measure = defineTool({
  name: 'measure',
  description: 'Says how long a text is.',
  input: z.strictObject({ text: z.string() }),
  output: z.strictObject({ length: z.number() }),
  effect: 'read',
  isolated: true,
  run: async ({ text }, { reads }) => {
    reads({ uri: 'ruler:', sha256: '0'.repeat(64) })
    return { length: text.length }
  },
})

/** Asks its tool, which runs in a function of its own. */
export const surveyor = defineAgent({
  ...common,
  name: 'surveyor',
  role: 'Surveyor',
  tools: [measure],
  input: z.looseObject({ item: z.string() }),
  output: Scored,
})
