/** Workflows that between them use every pattern, nested, within and beyond what one execution holds. */
import * as z from 'zod'
import { defineAgent } from '../../src/define/agent.ts'
import { and, at, count, eq, exists, gt, jsonata, lt, not, or, text } from '../../src/define/expressions.ts'
import {
  choose,
  forEach,
  from,
  parallel,
  repeat,
  sequence,
  step,
  wait,
  when,
  workflow,
} from '../../src/define/patterns.ts'
import { defineTeam } from '../../src/define/team.ts'
import { defineWorkflow } from '../../src/define/workflow.ts'
import { booker, people } from './people.ts'

const common = { version: '1.0.0', goal: 'Shows a pattern.', instructions: 'Do it.', model: { id: 'any' } }
const Topic = z.object({ title: z.string(), weight: z.number() })
const Finding = z.object({ text: z.string(), score: z.number(), source: z.string().optional() })

const planner = defineAgent({
  ...common,
  name: 'planner',
  role: 'Planner',
  input: z.object({ question: z.string() }),
  output: z.object({ topics: z.array(Topic), urgent: z.boolean() }),
})
const researcher = defineAgent({
  ...common,
  name: 'fact-finder',
  role: 'Researcher',
  input: z.looseObject({ topic: z.string() }),
  output: Finding,
})
const writer = defineAgent({
  ...common,
  name: 'writer',
  role: 'Writer',
  input: z.looseObject({}),
  output: z.object({ report: z.string(), score: z.number() }),
})
const counter = defineAgent({
  ...common,
  name: 'counter',
  role: 'Counter',
  input: z.unknown(),
  output: z.object({ count: z.number() }),
})

const Question = z.object({ question: z.string(), languages: z.array(z.string()), notBefore: z.string() })
const nothing = { text: '{% none %}', score: 0 }

/** A child: steps, a repeat that reads its own result, texts and raw JSONata. */
const review = defineWorkflow({
  name: 'review',
  version: '1.0.0',
  input: z.object({ draft: z.string() }),
  output: z.object({ report: z.string(), score: z.number() }),
  steps: ({ run }) =>
    repeat(
      'refine',
      ({ previous, iteration }) =>
        step('rewrite', writer, { input: { draft: run.input.draft, previous, round: text('round ', iteration) } }),
      { max: 3, initial: null, until: (result, iteration) => or(gt(result.score, 0.8), gt(iteration, 2)) },
    ),
})

/** Every pattern within one execution. */
const everything = defineWorkflow({
  name: 'everything',
  version: '1.0.0',
  input: Question,
  output: z.unknown(),
  limits: { seconds: 30 * 86_400, costUsd: 400 },
  steps: ({ run }) => {
    const plan = step('plan', planner, { input: { question: run.input.question } })
    const { topics, urgent } = from(plan)
    const findings = forEach(
      'findings',
      topics,
      (topic, index) =>
        sequence(
          step('research', researcher, { input: { topic: topic.title, index }, otherwise: nothing }),
          step('check', researcher, { input: { topic: text('check ', topic.title, ' of ', run.input.question) } }),
        ),
      { concurrency: 4, max: 6 },
    )
    const both = parallel('both', {
      draft: step('draft', writer, { input: { findings, first: at(findings, 0), urgent } }),
      languages: forEach(
        'languages',
        run.input.languages,
        (language) => step('translate', counter, { input: language }),
        {
          max: 3,
        },
      ),
    })
    const decide = choose(
      'decide',
      [
        when(and(urgent, not(lt(from(both).draft.score, 0.5))), step('quick', writer, { input: { urgent: true } })),
        when(
          gt(count(topics), 3),
          sequence(wait('pause', { seconds: 2 }), step('long', writer, { input: { findings } })),
        ),
        when(exists(at(findings, 0)), wait('later', { until: run.input.notBefore })),
      ],
      { otherwise: step('short', writer, { input: { scores: jsonata('$sum($f.score)', { f: findings }) } }) },
    )
    const reviewed = workflow('reviewed', review, { input: { draft: from(both).draft.report } })
    return sequence(
      plan,
      findings,
      both,
      decide,
      reviewed,
      choose('done', [when(eq(from(reviewed).score, 1), step('last', writer, { input: { reviewed } }))]),
    )
  },
})

/** What one execution cannot hold: many items, many iterations. */
const large = defineWorkflow({
  name: 'large',
  version: '1.0.0',
  input: z.object({ items: z.array(z.string()), prefix: z.string() }),
  output: z.unknown(),
  steps: ({ run }) => {
    const wide = forEach(
      'wide',
      run.input.items,
      (item) => sequence(step('one', counter, { input: text(run.input.prefix, item) }), step('two', counter)),
      { max: 1_250, concurrency: 100 },
    )
    const loop = repeat('loop', ({ previous }) => step('turn', counter, { input: previous }), {
      max: 300,
      initial: { count: 0 },
      until: (result) => gt(result.count, 100_000),
    })
    return sequence(wide, loop, step('last', counter, { input: { total: count(wide), loop } }))
  },
})

export default defineTeam({
  name: 'patterns',
  agents: [planner, researcher, writer, counter, booker],
  workflows: [review, everything, large, people],
  roles: {
    planner: ['local:pia'],
    manager: ['local:max'],
    editor: ['local:ann', 'local:bob'],
    chief: ['local:cleo'],
  },
})
