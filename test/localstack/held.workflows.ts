/** Workflows that people, budgets and crashes hold up. */
import { approve, compensate, defineWorkflow, forEach, person, sequence, step, workflow } from 'baton'
import * as z from 'zod'
import { booker, clerk, effector } from './effects.agents.ts'
import { fragile, worker } from './patterns.agents.ts'

const common = { version: '1.0.0', output: z.unknown() }
const One = z.object({ word: z.string() })

/** Does something of each kind. */
export const effects = defineWorkflow({
  ...common,
  name: 'effects',
  input: One,
  steps: ({ run }) => step('act', effector, { input: { item: run.input.word } }),
})

/** An agent whose tool an editor must allow. */
export const publish = defineWorkflow({
  ...common,
  name: 'publish',
  input: One,
  steps: ({ run }) => step('post', clerk, { input: { item: run.input.word } }),
})

/** An editor must allow what comes next. */
export const signOff = defineWorkflow({
  ...common,
  name: 'sign-off',
  input: One,
  steps: ({ run }) =>
    sequence(
      approve('allow', { role: 'editor', expires: 600, input: run.input.word }),
      step('after', worker, { input: { item: run.input.word } }),
    ),
})

/** The same, two machines below. */
export const deep = defineWorkflow({
  ...common,
  name: 'deep',
  input: One,
  steps: ({ run }) => {
    const child = workflow('child', signOff, { input: run.input })
    return sequence(child, step('last', worker, { input: { item: run.input.word } }))
  },
})

/** Nobody is quick enough. */
export const hasty = defineWorkflow({
  ...common,
  name: 'hasty',
  input: One,
  steps: ({ run }) => approve('allow', { expires: 20, input: run.input.word, otherwise: 'nobody said anything' }),
})

/** An editor does the work. */
export const review = defineWorkflow({
  ...common,
  name: 'review',
  input: One,
  steps: ({ run }) =>
    person('review', { role: 'editor', expires: 600, input: run.input.word, output: z.object({ mark: z.int() }) }),
})

/** Books, and fails: what was booked is given back. */
export const booking = defineWorkflow({
  ...common,
  name: 'booking',
  input: One,
  steps: ({ run }) => {
    const booked = step('book', booker, { input: { item: run.input.word } })
    return compensate('safely', sequence(booked, step('fragile', fragile, { input: { item: run.input.word } })))
  },
})

/** More branches than it may have turns. */
export const frugal = defineWorkflow({
  ...common,
  name: 'frugal',
  input: z.object({ items: z.array(z.string()).max(20) }),
  budget: { turns: 8 },
  steps: ({ run }) =>
    forEach('each', run.input.items, (item) => step('work', worker, { input: { item } }), { max: 20, concurrency: 20 }),
})

/** Of no other test's: a brake is on it for a while. */
export const stoppable = defineWorkflow({
  ...common,
  name: 'stoppable',
  input: One,
  steps: ({ run }) => step('work', worker, { input: { item: run.input.word } }),
})

export const HELD = [effects, publish, signOff, deep, hasty, review, booking, frugal, stoppable]
