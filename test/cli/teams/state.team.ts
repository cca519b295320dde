/** Agents that share state, for fault tests: two add to a list, one after the other, and the workflow counts. */
import {
  defineAgent,
  defineTeam,
  defineWorkflow,
  forEach,
  readState,
  sequence,
  stateKey,
  step,
  writeState,
} from 'baton'
import * as z from 'zod'

const findings = stateKey(z.array(z.string()), { reducer: 'append', description: 'What was found so far' })
const rounds = stateKey(z.int(), { reducer: 'replace', initial: 0 })

const finder = defineAgent({
  ...{ name: 'finder', version: '1.0.0', role: 'Finder', goal: 'Find.', instructions: 'Write down what you find.' },
  model: { id: 'any' },
  input: z.strictObject({ topic: z.string() }),
  output: z.strictObject({ done: z.boolean() }),
  state: { reads: { findings }, writes: { findings } },
})

const research = defineWorkflow({
  ...{ name: 'research', version: '1.0.0' },
  input: z.strictObject({ topics: z.array(z.string()) }),
  output: z.strictObject({
    values: z.strictObject({ findings: findings.value, rounds: rounds.value }),
    versions: z.strictObject({ findings: z.int(), rounds: z.int() }),
  }),
  state: { findings, rounds },
  example: { topics: ['a', 'b'] },
  steps: ({ run }) =>
    sequence(
      forEach('each', run.input.topics, (topic) => step('find', finder, { input: { topic } }), {
        concurrency: 1,
        max: 9,
      }),
      writeState('count', { rounds }, { rounds: 1 }, { expect: { rounds: 0 } }),
      readState('result', { findings, rounds }),
    ),
})

export default defineTeam({ name: 'sharing', agents: [finder], workflows: [research] })
