import { expect, it } from 'vitest'
import * as z from 'zod'
import { openStepPlaces, workflowsAround } from '../../../src/brake/step-places.ts'
import { workflow as child, forEach, step } from '../../../src/define/patterns.ts'
import { defineTeam } from '../../../src/define/team.ts'
import { defineWorkflow } from '../../../src/define/workflow.ts'
import type { StepInput } from '../../../src/schema/step.ts'
import { testAgent } from '../agent/harness.ts'

const agent = testAgent({ tools: [] })
const Question = z.object({ question: z.string() })
const chapter = defineWorkflow({
  name: 'chapter',
  version: '1.0.0',
  description: 'One chapter.',
  input: Question,
  output: z.object({ answer: z.string() }),
  steps: ({ run }) => step('draft', agent, { input: run.input }),
})
const book = defineWorkflow({
  name: 'book',
  version: '1.0.0',
  description: 'All of them.',
  input: z.object({ questions: z.array(Question) }),
  output: z.array(z.object({ answer: z.string() })),
  steps: ({ run }) =>
    forEach('chapters', run.input.questions, (question) => child('one', chapter, { input: question }), { max: 3 }),
})
const team = defineTeam({ name: 'demo', description: 'x', agents: [agent], workflows: [book, chapter] })

it.each([
  ['book', 'chapters:2/one/draft', ['book', 'chapter']],
  ['chapter', 'draft', ['chapter']],
  ['agent-solver', 'solver', ['agent-solver']],
  ['gone', 'chapters:2/one/draft', ['gone']],
])('%s, %s', (name, stepId, around) => {
  expect(workflowsAround(team, name, stepId)).toEqual(around)
})

it('reads the head once for an invocation', async () => {
  let reads = 0
  const runs = {
    async read() {
      reads += 1
      return { workflow: 'book' } as never
    },
  }
  const whereIs = openStepPlaces(team, runs)
  const input = { runId: 'run-1', stepId: 'chapters:2/one/draft' } as StepInput
  expect(await whereIs(input)).toEqual({ team: 'demo', workflows: ['book', 'chapter'] })
  await whereIs(input)
  expect(reads).toBe(1)
})
