import { expect, it } from 'vitest'
import { brakeReason } from '../../../src/brake/brake-words.ts'
import { AgentName, TeamName } from '../../../src/schema/ids.ts'
import { add, bench, testAgent } from './harness.ts'

const team = TeamName.parse('demo')
const scope = { of: 'agent', team, name: AgentName.parse('solver') } as const
const braked = { scope, reason: 'it adds wrongly', by: 'ada', at: '2026-01-01T00:00:00.000Z' }
const call = { toolUses: [{ name: 'add', input: { a: 1, b: 2 } }] }
const answer = { submit: { answer: '3' } }

it('begins no turn under a brake, says who set it and how it comes off, and resumes', async () => {
  const step = bench({ solver: [answer] })
  const places: unknown[] = []
  const result = await step.run({
    whereIs: async () => ({ team: 'demo', workflows: ['main'] }),
    brake: async (place) => {
      places.push(place)
      return braked
    },
  })
  expect(result).toMatchObject({
    status: 'stopped',
    cause: 'braked',
    reason: brakeReason(braked),
    next: 'Once it may go on: baton brake off --agent solver, then baton resume run-1',
    usage: { turns: 0 },
  })
  expect(places[0]).toEqual({ team: 'demo', workflows: ['main'], agent: 'solver' })
  expect(await step.recorded()).toEqual(['start', 'outcome:braked'])
  expect(await step.run({ brake: async () => undefined }, { execution: 2 })).toMatchObject({ status: 'completed' })
})

it('begins none of the tools of an answer under a brake, and none of it is lost', async () => {
  let [calls, isOn] = [0, false]
  const counted = {
    ...add,
    run: async () => {
      calls += 1
      return { sum: 3 }
    },
  }
  const step = bench(
    {
      solver: [
        () => {
          isOn = true
          return call
        },
        answer,
      ],
    },
    testAgent({ tools: [counted] }),
  )
  const brake = async () => (isOn ? braked : undefined)
  expect(await step.run({ brake })).toMatchObject({ cause: 'braked', usage: { turns: 1, toolCalls: 0 } })
  expect(calls).toBe(0)
  isOn = false
  expect(await step.run({ brake }, { execution: 2 })).toMatchObject({ status: 'completed', usage: { turns: 2 } })
  expect(calls).toBe(1)
})

it('is cancelled rather than braked where it is both', async () => {
  const step = bench({ solver: [answer] })
  expect(await step.run({ brake: async () => braked, isCancelled: async () => true })).toMatchObject({
    cause: 'cancelled',
  })
})

it('lets an output that is there already count', async () => {
  let isOn = false
  const step = bench({
    solver: [
      () => {
        isOn = true
        return answer
      },
    ],
  })
  expect(await step.run({ brake: async () => (isOn ? braked : undefined) })).toMatchObject({ status: 'completed' })
})
