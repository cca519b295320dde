import { expect, it } from 'vitest'
import { AgentName } from '../../../src/schema/ids.ts'
import { bench, runId, stepId, testAgent } from './harness.ts'

const contract = { kind: 'handoff' as const, to: [AgentName.parse('tech'), AgentName.parse('billing')] }
const input = { task: { question: 'Why?' }, message: null, from: null, trail: [] }
const reason = 'they know '.repeat(49).trim()
const submit = { handoff: { to: 'tech', message: 'm'.repeat(4_000), reason } }

it.each([false, true])('says to whom, of whom else and why; with checks of its own: %s', async (isChecked) => {
  const run = async () => ({ verdict: 'reject' as const, problems: ['no'] })
  const checks = [{ name: 'never', description: 'Takes no answer.', run }]
  const step = bench({ solver: [{ submit }] }, testAgent(isChecked ? { checks } : {}))
  // So much is left of the result that the answers go into; what is passed on is no part of that.
  const result = await step.run({}, { contract, input, inlineBytes: 700, inlineFields: ['handoff', 'stopped'] })
  expect(result).toMatchObject({ status: 'completed', output: submit })
  const { records } = await step.journal.readStep(runId, stepId)
  const outcome = records.find(({ row }) => row.event === 'outcome')
  expect(outcome?.row).toMatchObject({ rule: 'handoff', options: ['tech', 'billing'], reason: `to tech: ${reason}` })
})

it('sends back a name that is on none of its edges', async () => {
  const away = { handoff: { ...submit.handoff, to: 'boss' } }
  const step = bench({ solver: [{ submit: away }, { submit: { answer: '3' } }] })
  expect(await step.run({}, { contract, input })).toMatchObject({ output: { answer: '3' } })
  expect(await step.recorded()).toContain('rejection:output schema')
})

it.each(['boss', 'solver'])('stops where it passes on to %s, whatever it is told', async (to) => {
  const away = { handoff: { ...submit.handoff, to } }
  const step = bench({ solver: [{ submit: away }, { submit: away }, { submit: away }] })
  const result = await step.run({}, { contract, input })
  expect(result).toMatchObject({ status: 'stopped', cause: 'offSchema', reason: expect.stringContaining('"tech"') })
})
