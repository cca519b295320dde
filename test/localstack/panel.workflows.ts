/** Agents that disagree, and how it is settled. What their models answer is in support/patterns-model.ts. */
import { by, defineAgent, defineWorkflow, forEach, JudgeInput, JudgeVerdict, resolve, sequence } from 'baton'
import * as z from 'zod'

const common = { version: '1.0.0', goal: 'Shows a pattern.', instructions: 'Do it.', model: { id: 'any.model-v1:0' } }
const Item = z.looseObject({ item: z.string() })
const Opinion = z.object({ verdict: z.string(), sure: z.number() })

/** Says yes; as second voter on an item that begins with `split`, no. */
const assessor = defineAgent({ ...common, name: 'assessor', role: 'Assessor', input: Item, output: Opinion })

/** Never gives an answer of the form it should have. */
const mute = defineAgent({
  ...common,
  ...{ name: 'mute', role: 'Assessor', input: Item, output: Opinion, limits: { repairs: 0 } },
})

/** Chooses the candidate that says no. */
const arbiter = defineAgent({ ...common, name: 'arbiter', role: 'Judge', input: JudgeInput, output: JudgeVerdict })

export const PANELISTS = [assessor, mute, arbiter]

/** By vote, by how sure each is, by a judge; for each item for itself. */
const panel = defineWorkflow({
  name: 'panel',
  version: '1.0.0',
  input: z.object({ items: z.array(z.string()) }),
  output: z.unknown(),
  steps: ({ run }) =>
    forEach(
      'each',
      run.input.items,
      (item) => {
        const asked = { on: 'verdict', input: { item } } as const
        const surest = by.confidence({ field: 'sure', calibrated: false, quorum: 1 })
        return sequence(
          resolve(
            'vote',
            { one: assessor, two: assessor, three: mute },
            { ...asked, by: by.vote(), otherwise: 'tied' },
          ),
          resolve('surest', [assessor, mute], { ...asked, by: surest, otherwise: 'too few' }),
          resolve('judged', { one: assessor, two: assessor }, { ...asked, by: by.judge(arbiter) }),
        )
      },
      { max: 3 },
    ),
})

/** A tie, which an editor settles. */
const split = defineWorkflow({
  name: 'split',
  version: '1.0.0',
  input: z.object({ word: z.string() }),
  output: z.unknown(),
  steps: ({ run }) =>
    resolve(
      'check',
      { one: assessor, two: assessor },
      {
        by: by.vote(),
        on: 'verdict',
        confidence: 'sure',
        input: { item: run.input.word },
        escalate: { role: 'editor', expires: 600 },
      },
    ),
})

export const PANELS = [panel, split]
