/** Shared state from end to end, on the embedded engine. */
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/clock.ts'
import { type Script, scriptedModel } from '../../../src/models/scripted.ts'
import type { Json } from '../../../src/schema/json.ts'
import { runInMemory } from '../../../src/testing/run-in-memory.ts'
import { stateTeam } from './state-team.ts'

/** Writes what it is asked about, then is done. */
const script: Script = {
  finder({ messages }, { turn }) {
    if (turn > 1) return { submit: { done: true } }
    const given = messages[0]?.content[1]
    const input = JSON.parse(given?.type === 'text' ? given.text : '') as Json
    return { toolUses: [{ name: 'update_state', input: { update: { key: 'findings', value: [input] } } }] }
  },
}

describe('a workflow that shares state', () => {
  it('loses no write of twelve agents at once, and decides from what they found', async () => {
    const topics = Array.from({ length: 12 }, (_, index) => `topic ${index}`)
    const { run, output, steps } = await runInMemory(stateTeam, {
      ...{ model: scriptedModel(script, { clock: systemClock }), input: { topics } },
    })
    expect(run).toMatchObject({ status: 'succeeded' })
    const { values, versions } = output as { values: { findings: { topic: string }[] }; versions: object }
    expect(values.findings.map(({ topic }) => topic).sort()).toEqual(['seed', ...topics].sort())
    expect({ ...values, findings: [] }).toEqual({ findings: [], verdict: { enough: true } })
    expect(versions).toEqual({ findings: 13, verdict: 1 })
    expect(steps.find(({ stepId }) => stepId === 'decide')).toMatchObject({ status: 'completed' })
    expect(steps.find(({ stepId }) => stepId === 'late')).toMatchObject({ status: 'undecided' })
  })
})
