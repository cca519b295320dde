import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import type { ScriptedReply } from '../../../src/models/script.ts'
import type { Json } from '../../../src/schema/json.ts'
import { bench, runId, stepId, testAgent } from './harness.ts'
import { decide, requestOf } from './people.ts'

const Verdict = z.strictObject({ verdict: z.enum(['publish', 'hold']), score: z.number().min(0).max(1) })
const good = { verdict: 'hold', score: 0.5 }
const reviewer = (changes = {}) => testAgent({ tools: [], output: Verdict, ...changes })

/** Plausible, and wrong. The first letter of the second key is Cyrillic. */
const wrong: Record<string, ScriptedReply> = {
  'truncated JSON': { text: '{"verdict":"publish","score":0.9' },
  'JSON cut within a fence': { text: '```json\n{"verdict":"publish",\n```' },
  'one field too many': { submit: { ...good, approvedBy: 'editor' } },
  'a number as text': { submit: { ...good, score: '0.5' } },
  'an unknown choice': { submit: { ...good, verdict: 'published' } },
  'another case of a choice': { submit: { ...good, verdict: 'Publish' } },
  'look-alike keys': { submit: { verdict: 'publish', ['\u0455core']: 0.5 } },
  'look-alike choice': { submit: { verdict: 'h\u043eld', score: 0.5 } },
  'the output in a wrapper': { submit: { output: good } },
  'a list of one': { text: JSON.stringify([good]) },
  'out of range': { submit: { ...good, score: 7 } },
  nothing: { text: '' },
}

describe('an output that looks right', () => {
  it.each(Object.entries(wrong))('is no output, and is recorded as refused: %s', async (_, answer) => {
    const step = bench({ solver: [answer, { submit: good }] }, reviewer())
    const stored: Json[] = []
    const artifacts = {
      ...step.artifacts,
      put: async (id: never, content: Json) => {
        stored.push(content)
        return step.artifacts.put(id, content)
      },
    }
    // Everything would go by reference.
    const result = await step.run({ artifacts }, { inlineBytes: 150 })
    expect(result).toMatchObject({ status: 'completed', usage: { turns: 2 } })
    expect(await step.recorded()).toContain('rejection:output schema')
    const { records } = await step.journal.readStep(runId, stepId)
    expect(records.find(({ row }) => row.event === 'rejection')?.row).toMatchObject({ status: 'offSchema', turn: 1 })
    expect(stored.every((content) => JSON.stringify(content) === JSON.stringify(good))).toBe(true)
  })

  it.each(Object.entries(wrong))('stops the step in the end, without an output: %s', async (_, answer) => {
    const step = bench({ solver: [{ ...answer, repeat: true } as never] }, reviewer({ limits: { repairs: 1 } }))
    const result = await step.run()
    expect(result).toMatchObject({ status: 'stopped', cause: 'offSchema' })
    expect(result).not.toHaveProperty('output')
    const rows = (await step.recorded()).filter((row) => row.startsWith('rejection'))
    expect(rows).toHaveLength(2)
  })

  it('loses fields that an open schema does not name', async () => {
    const agent = reviewer({ output: z.object({ verdict: z.string() }) })
    const step = bench({ solver: [{ submit: { verdict: 'hold', isAdmin: true } }] }, agent)
    expect(await step.run()).toMatchObject({ output: { verdict: 'hold' } })
    expect(await step.run()).toHaveProperty('output', { verdict: 'hold' })
  })
})

describe('the policy ask for repairs', () => {
  const asking = (answers: readonly ScriptedReply[], changes = {}) =>
    bench({ solver: answers as never }, reviewer({ limits: { repairs: 0 }, onLimit: { repairs: 'ask' }, ...changes }))
  const bad = { submit: { ...good, score: '0.5' } }

  it('shows a person the refused output and what is wrong with it', async () => {
    const asked = await asking([bad]).run()
    expect(requestOf(asked)).toMatchObject({
      kind: 'limit',
      subject: {
        limit: 'repairs',
        output: { verdict: 'hold', score: '0.5' },
        problems: [expect.stringContaining('score')],
      },
      answerSchema: { type: 'object' },
    })
  })

  it('lets the agent try afresh, and asks again', async () => {
    const step = asking([bad, bad, { submit: good }])
    const first = await step.run()
    const second = await step.run({}, { decision: decide(first) })
    expect(requestOf(second).approvalId).not.toBe(requestOf(first).approvalId)
    expect(await step.run({}, { decision: decide(second) })).toMatchObject({ status: 'completed', output: good })
  })

  it('takes the output that a person gives in its place, also after a crash', async () => {
    const step = asking([bad])
    const decision = decide(await step.run(), { edited: { verdict: 'publish', score: 1 } })
    const done = await step.run({}, { decision })
    expect(done).toMatchObject({ status: 'completed', output: { verdict: 'publish', score: 1 }, usage: { turns: 1 } })
    expect(await step.run({}, { decision })).toEqual(done)
  })

  it('holds the output of a person to the same gate, and asks them again', async () => {
    const step = asking([bad])
    const first = await step.run()
    const second = await step.run({}, { decision: decide(first, { edited: { verdict: 'publish', score: 2 } }) })
    expect(requestOf(second)).toMatchObject({ subject: { problems: [expect.stringContaining('What a person put')] } })
    const third = await step.run({}, { decision: decide(second, { answer: good }) })
    expect(third).toMatchObject({ status: 'completed', output: good, usage: { turns: 1 } })
  })

  it('stops where a person says no', async () => {
    const step = asking([bad])
    const decision = decide(await step.run(), { outcome: 'denied', guidance: 'Leave it.' })
    expect(await step.run({}, { decision })).toMatchObject({
      status: 'stopped',
      cause: 'denied',
      reason: expect.stringMatching(/Refused 1 times.*A person was asked and said no: Leave it\./s),
    })
  })

  it('stops as ever where the output is too long to be shown', async () => {
    const step = asking([{ submit: { ...good, verdict: 'x'.repeat(25_000) } }])
    expect(await step.run()).toMatchObject({ status: 'stopped', cause: 'offSchema' })
  })
})
