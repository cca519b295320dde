/** A team that shares state: finders add at once, the workflow decides from what they found. */
import * as z from 'zod'
import { defineAgent } from '../../../src/define/agent.ts'
import { count, gt } from '../../../src/define/expressions.ts'
import { forEach, from, sequence, step } from '../../../src/define/patterns.ts'
import { stateKey } from '../../../src/define/state.ts'
import { readState, writeState } from '../../../src/define/state-nodes.ts'
import { defineTeam } from '../../../src/define/team.ts'
import { defineWorkflow } from '../../../src/define/workflow.ts'

const Finding = z.strictObject({ topic: z.string() })
export const findings = stateKey(z.array(Finding), { reducer: 'append', description: 'What was found so far' })
export const verdict = stateKey(z.strictObject({ enough: z.boolean() }), { reducer: 'replace' })

const finder = defineAgent({
  ...{ name: 'finder', version: '1.0.0', role: 'Finder', goal: 'Find.', instructions: 'Write down what you find.' },
  model: { id: 'model-a' },
  input: Finding,
  output: z.strictObject({ done: z.boolean() }),
  state: { writes: { findings } },
})

const Input = z.strictObject({ topics: z.array(z.string()) })

const research = defineWorkflow({
  ...{ name: 'research', version: '1.0.0' },
  input: Input,
  output: z.strictObject({
    values: z.strictObject({ findings: findings.value, verdict: verdict.value }),
    versions: z.strictObject({ findings: z.int(), verdict: z.int() }),
  }),
  state: { findings, verdict },
  steps: ({ run }) => {
    const search = forEach('search', run.input.topics, (topic) => step('find', finder, { input: { topic } }), {
      max: 20,
    })
    const seed = writeState('seed', { findings }, { findings: [{ topic: 'seed' }] })
    const read = readState('read', { findings, verdict })
    const said = { verdict: { enough: gt(count(from(read).values.findings), 1) } }
    const decide = writeState('decide', { verdict }, said, { expect: { verdict: from(read).versions.verdict } })
    const late = writeState('late', { verdict }, said, {
      expect: { verdict: 0 },
      otherwise: { versions: { verdict: 0 } },
    })
    return sequence(seed, search, read, decide, late, readState('result', { findings, verdict }))
  },
})

export const stateTeam = defineTeam({ name: 'sharing', agents: [finder], workflows: [research] })
