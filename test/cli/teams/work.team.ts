/** Small, fast workflows for fault tests of the CLI. The tool leaves a line in a file, so that tests can count its runs. */
import { appendFileSync } from 'node:fs'
import {
  defineAgent,
  defineTeam,
  defineTool,
  defineWorkflow,
  forEach,
  from,
  gt,
  parallel,
  repeat,
  sequence,
  step,
  wait,
  workflow,
} from 'baton'
import * as z from 'zod'

const Settings = z.object({ log: z.string().default('').describe('where tools leave a line') })
const Question = z.object({ question: z.string().trim().min(1, 'ask something').max(4_000, 'at most 4000 characters') })
const Report = z.object({ title: z.string(), lines: z.array(z.string()) })
const Done = z.object({ done: z.string() })
const common = { version: '1.0.0', goal: 'Work.', instructions: 'Do it.', model: { id: 'any' } }

const note = defineTool({
  name: 'note',
  description: 'Leaves a line.',
  effect: 'keyed',
  input: z.object({ line: z.string() }),
  output: z.object({ noted: z.boolean() }),
  settings: Settings,
  async run({ line }, { settings, stepId }) {
    if (settings.log !== '') appendFileSync(settings.log, `${stepId} ${line}\n`)
    return { noted: true }
  },
})

const planner = defineAgent({
  ...common,
  name: 'planner',
  role: 'Planner',
  input: Question,
  output: z.object({ topics: z.array(z.string()).max(50) }),
})
const worker = defineAgent({
  ...common,
  name: 'worker',
  role: 'Worker',
  tools: [note],
  input: z.unknown(),
  output: Done,
  limits: { turns: 4, seconds: 20 },
})

const writer = defineAgent({
  ...common,
  name: 'writer',
  role: 'Writer',
  input: z.unknown(),
  output: Report,
})

const render = ({ title, lines }: z.output<typeof Report>) =>
  `# ${title}\n${lines.map((line) => `- ${line}`).join('\n')}`

/** Steps one after the other and side by side, with tools. */
const short = defineWorkflow({
  name: 'short',
  version: '1.0.0',
  input: Question,
  output: Report,
  render,
  steps: ({ run }) => {
    const plan = step('plan', planner, { input: run.input })
    const done = forEach(
      'topics',
      from(plan).topics,
      (topic) => step('work', worker, { input: topic, otherwise: { done: 'not done' } }),
      { concurrency: 3, max: 50 },
    )
    return sequence(plan, done, step('report', writer, { input: { question: run.input.question, done } }))
  },
})

const child = defineWorkflow({
  name: 'child',
  version: '1.0.0',
  input: z.object({ about: z.string() }),
  output: Done,
  steps: ({ run }) => sequence(wait('nap', { seconds: 1 }), step('inner', worker, { input: run.input.about })),
})

/** Every pattern that outlives its process: wait, repeat, parallel, child workflow, a Map that is distributed. */
const long = defineWorkflow({
  name: 'long',
  version: '1.0.0',
  input: Question,
  output: Report,
  render,
  steps: ({ run }) => {
    const plan = step('plan', planner, { input: run.input })
    const wide = forEach('wide', from(plan).topics, (topic) => step('one', worker, { input: topic }), {
      max: 60,
      concurrency: 20,
    })
    const both = parallel('both', {
      left: workflow('child', child, { input: { about: 'left' } }),
      right: sequence(wait('pause', { seconds: 1 }), step('right', worker, { input: 'right' })),
    })
    const again = repeat('again', ({ iteration }) => step('round', worker, { input: { iteration } }), {
      max: 3,
      until: (_, iteration) => gt(iteration, 2),
    })
    return sequence(plan, wide, both, again, step('report', writer, { input: { wide, both } }))
  },
})

export default defineTeam({
  name: 'work',
  agents: [planner, worker, writer],
  workflows: [short, child, long],
  settings: Settings,
})
