/** A desk that refunds: a call that a person must allow, an approval in a child workflow, a person's own step. */
import { appendFileSync } from 'node:fs'
import {
  approve,
  defineAgent,
  defineTeam,
  defineTool,
  defineWorkflow,
  from,
  hours,
  person,
  sequence,
  step,
  workflow,
} from 'baton'
import * as z from 'zod'

const Settings = z.object({ log: z.string().default('').describe('where refunds leave a line') })
const Order = z.object({ order: z.string() })
const Done = z.object({ done: z.string() })

const refund = defineTool({
  name: 'refund',
  description: 'Pays money back.',
  effect: 'opaque',
  input: z.object({ order: z.string(), usd: z.number().positive() }),
  output: z.object({ paid: z.number() }),
  settings: Settings,
  approval: { role: 'clerk', when: ({ usd }) => usd > 50 },
  async run({ order, usd }, { settings }) {
    if (settings.log !== '') appendFileSync(settings.log, `${order} ${usd}\n`)
    return { paid: usd }
  },
})

const desk = defineAgent({
  name: 'desk',
  version: '1.0.0',
  role: 'Clerk',
  goal: 'Settle the complaint.',
  instructions: 'Refund what is due.',
  model: { id: 'any' },
  tools: [refund],
  input: z.unknown(),
  output: Done,
})

const release = defineWorkflow({
  name: 'release',
  version: '1.0.0',
  input: z.unknown(),
  output: z.unknown(),
  steps: ({ run }) => approve('publish', { input: run.input, role: 'editor', quorum: 2, expires: hours(8) }),
})

const Review = z.object({ verdict: z.enum(['good', 'bad']), why: z.string() })

const complaint = defineWorkflow({
  name: 'complaint',
  version: '1.0.0',
  input: Order,
  output: Done,
  steps: ({ run }) => step('settle', desk, { input: run.input }),
})

const article = defineWorkflow({
  name: 'article',
  version: '1.0.0',
  input: Order,
  output: z.unknown(),
  steps: ({ run }) => {
    const review = person('review', { input: run.input, output: Review, expires: hours(8) })
    return sequence(review, workflow('release', release, { input: from(review) }))
  },
})

export default defineTeam({
  name: 'desk',
  agents: [desk],
  workflows: [complaint, article, release],
  settings: Settings,
  roles: { clerk: ['local:clara', 'local:carl'], editor: ['local:ed', 'local:edna'] },
})
