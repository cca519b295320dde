/** A workflow for each pattern, small, so that its history can be held against the embedded engine's. */
import {
  at,
  choose,
  defineTeam,
  defineWorkflow,
  forEach,
  from,
  lt,
  not,
  parallel,
  repeat,
  sequence,
  step,
  text,
  wait,
  when,
  workflow,
} from 'baton'
import * as z from 'zod'
import { SHAPED, SHAPERS } from './adaptive.workflows.ts'
import { BIDDERS, BOARDS } from './board.workflows.ts'
import { booker, clerk, effector } from './effects.agents.ts'
import { HELD } from './held.workflows.ts'
import { hijacked, hijacks } from './hijacked.workflows.ts'
import { CORRESPONDENTS, LETTERS } from './letters.workflows.ts'
import { PANELISTS, PANELS } from './panel.workflows.ts'
import {
  broken,
  consumer,
  counter,
  flaky,
  fragile,
  joiner,
  producer,
  splitter,
  surveyor,
  worker,
} from './patterns.agents.ts'
import { PEER_WORKFLOWS, PEERS } from './peers.workflows.ts'
import { LEADS, LED } from './supervise.workflows.ts'

const common = { version: '1.0.0', output: z.unknown() }
const Words = z.object({ word: z.string(), count: z.number() })
const One = z.object({ word: z.string() })

/** sequence, choose, wait. */
export const chain = defineWorkflow({
  ...common,
  name: 'chain',
  input: Words,
  steps: ({ run }) => {
    const split = step('split', splitter, { input: run.input })
    const { items, urgent } = from(split)
    return sequence(
      split,
      choose('decide', [when(urgent, step('quick', worker, { input: { item: at(items, 0) } }))], {
        otherwise: sequence(wait('pause', { seconds: 1 }), step('slow', worker, { input: { item: at(items, 1) } })),
      }),
      step('join', joiner, { input: { items } }),
    )
  },
})

/** parallel, with a forEach in one branch. */
export const both = defineWorkflow({
  ...common,
  name: 'both',
  input: Words,
  steps: ({ run }) => {
    const branches = parallel('branches', {
      left: sequence(step('split', splitter, { input: run.input }), step('total', joiner)),
      right: forEach('each', [1, 2, 3], (n) => step('count', counter, { input: { count: n } }), { max: 3 }),
    })
    return sequence(branches, step('join', joiner, { input: from(branches) }))
  },
})

/** forEach within one execution. */
export const fan = defineWorkflow({
  ...common,
  name: 'fan',
  input: Words,
  steps: ({ run }) => {
    const split = step('split', splitter, { input: run.input })
    const scores = forEach('scores', from(split).items, (item) => step('score', worker, { input: { item } }), {
      max: 20,
      concurrency: 20,
    })
    return sequence(split, scores, step('join', joiner, { input: { items: scores } }))
  },
})

/** forEach wider than an execution may be. Nothing in it says so. */
export const wide = defineWorkflow({
  ...common,
  name: 'wide',
  input: Words,
  limits: { costUsd: 10_000 },
  steps: ({ run }) => {
    const split = step('split', splitter, { input: run.input })
    const scores = forEach('scores', from(split).items, (item) => step('score', worker, { input: { item } }), {
      max: 600,
      concurrency: 60,
    })
    return sequence(split, scores, step('join', joiner, { input: { items: scores } }))
  },
})

/** repeat, for longer than an execution may last. */
export const long = defineWorkflow({
  ...common,
  name: 'long',
  input: z.object({ target: z.number() }),
  limits: { costUsd: 10_000, seconds: 2_592_000 },
  steps: ({ run }) =>
    repeat('loop', ({ previous }) => step('turn', counter, { input: previous }), {
      max: 5_000,
      initial: { count: 0 },
      until: (result) => not(lt(result.count, run.input.target)),
    }),
})

/** repeat within one execution, by its counter, to its end. */
export const brief = defineWorkflow({
  ...common,
  name: 'brief',
  input: z.object({ target: z.number() }),
  steps: ({ run }) =>
    repeat(
      'loop',
      ({ previous, iteration }) => step('turn', counter, { input: { count: iteration, before: previous } }),
      { max: 4, initial: null, until: (result) => not(lt(result.count, run.input.target)) },
    ),
})

/** A child execution. */
export const family = defineWorkflow({
  ...common,
  name: 'family',
  input: Words,
  steps: ({ run }) => {
    const child = workflow('child', chain, { input: run.input })
    return sequence(child, step('join', joiner, { input: { child } }))
  },
})

/** Nothing catches it. */
export const failing = defineWorkflow({
  ...common,
  name: 'failing',
  input: One,
  steps: ({ run }) =>
    sequence(
      step('before', worker, { input: { item: run.input.word } }),
      step('broken', broken, { input: { item: run.input.word } }),
    ),
})

/** An error that is retried by name, one that is not and is caught, and one of a child that is caught. */
export const stumble = defineWorkflow({
  ...common,
  name: 'stumble',
  input: One,
  steps: ({ run }) => {
    const { word } = run.input
    const first = step('flaky', flaky, { input: { item: word } })
    const second = step('broken', broken, { input: { item: word }, otherwise: { text: text('no ', word), score: 0 } })
    const third = workflow('child', failing, { input: { word }, otherwise: 'the child failed' })
    return sequence(first, second, third, step('join', joiner, { input: { first, second, third } }))
  },
})

/** An output too large for a state machine. */
export const bulky = defineWorkflow({
  ...common,
  name: 'bulky',
  input: z.object({ bytes: z.number() }),
  limits: { costUsd: 10_000 },
  steps: ({ run }) => sequence(step('produce', producer, { input: run.input }), step('consume', consumer)),
})

/** A tool in a function of its own. */
export const measured = defineWorkflow({
  ...common,
  name: 'measured',
  input: One,
  steps: ({ run }) => step('survey', surveyor, { input: { item: run.input.word } }),
})

/** Waits until a point in time of the caller's choice. */
export const paused = defineWorkflow({
  ...common,
  name: 'paused',
  input: z.object({ word: z.string(), untilIso: z.string() }),
  steps: ({ run }) =>
    sequence(
      step('before', worker, { input: { item: run.input.word } }),
      wait('pause', { until: run.input.untilIso }),
      step('after', worker, { input: { item: run.input.word } }),
    ),
})

/** Fails for as long as its model refuses. */
export const resumable = defineWorkflow({
  ...common,
  name: 'resumable',
  input: One,
  steps: ({ run }) =>
    sequence(
      step('before', worker, { input: { item: run.input.word } }),
      step('fragile', fragile, { input: { item: run.input.word } }),
      step('after', worker, { input: { item: run.input.word } }),
    ),
})

export default defineTeam({
  name: 'patterns',
  agents: [
    splitter,
    worker,
    joiner,
    counter,
    flaky,
    broken,
    fragile,
    producer,
    consumer,
    surveyor,
    clerk,
    booker,
    effector,
    hijacked,
    ...PANELISTS,
    ...BIDDERS,
    ...LED,
    ...SHAPERS,
    ...PEERS,
    ...CORRESPONDENTS,
  ],
  workflows: [
    ...[chain, both, fan, wide, long, brief, family, stumble, failing],
    ...[bulky, measured, paused, resumable],
    ...HELD,
    ...PANELS,
    ...BOARDS,
    ...LEADS,
    ...SHAPED,
    ...PEER_WORKFLOWS,
    ...LETTERS,
    hijacks,
  ],
  roles: { editor: ['editor', 'second'].map((name) => `arn:aws:iam::000000000000:user/${name}`) },
})
