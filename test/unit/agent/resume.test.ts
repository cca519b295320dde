import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineTool } from '../../../src/define/tool.ts'
import { RecordsUnavailable } from '../../../src/errors.ts'
import type { StepInput } from '../../../src/schema/step.ts'
import { dyingAt } from './dying.ts'
import { type Bench, bench, runId, stepId, testAgent } from './harness.ts'

const accepts = { name: 'accepts', description: 'Takes all.', run: async () => ({ verdict: 'accept' as const }) }

/** Three turns: tools in parallel, an output that is refused, one that is taken. */
function job(isChecked = true): { step: Bench; sampled: number[]; ran: string[] } {
  const sampled: number[] = []
  const ran: string[] = []
  const note = defineTool({
    name: 'note',
    description: 'Notes a word.',
    input: z.object({ word: z.string() }),
    output: z.string(),
    run: async ({ word }, { callId }) => {
      ran.push(`${word} ${callId}`)
      return word.toUpperCase()
    },
  })
  const step = bench(
    {
      solver: (request, { turn }) => {
        sampled.push(turn)
        if (turn === 1) return { toolUses: ['a', 'b', 'c'].map((word) => ({ name: 'note', input: { word } })) }
        if (turn === 2) return { submit: { wrong: true } }
        return { submit: { answer: JSON.stringify(request.messages.slice(1)) } }
      },
    },
    testAgent({ tools: [note], checks: isChecked ? [accepts] : [] }),
  )
  return { step, sampled, ran }
}

const ROWS = 9
/** Without a check in between, the last turn and the outcome are one write. */
const writesOf = (isChecked: boolean) => (isChecked ? ROWS : ROWS - 1)

async function prompts(step: Bench): Promise<(string | undefined)[]> {
  const { records } = await step.journal.readStep(runId, stepId)
  return records.filter(({ row }) => row.event === 'turn').map(({ row }) => row.hashes?.['prompt'])
}

describe.each([
  ['before', true],
  ['after', true],
  ['before', false],
  ['after', false],
] as const)('a death %s a durable write, checked: %s', (when, isChecked) => {
  const writes = Array.from({ length: writesOf(isChecked) }, (_, i) => i + 1)
  it.each(writes)('changes nothing of the result: write %i', async (n) => {
    const untouched = job(isChecked).step
    const whole = await untouched.run()
    const { step, sampled, ran } = job(isChecked)
    const dead = await step.run({ journal: dyingAt(step.journal, n, when) }).catch((error) => error)
    expect(dead).toBeInstanceOf(RecordsUnavailable)
    const recordedBefore = (await step.recorded()).filter((row) => row.startsWith('turn')).length
    const sampledBefore = sampled.length
    const result = await step.run()
    // Same conversation, same totals, same prompts.
    expect(await prompts(step)).toEqual(await prompts(untouched))
    expect(result).toMatchObject({ status: 'completed', output: (whole as { output: unknown }).output })
    expect(result.usage).toEqual(whole.usage)
    expect(sampled.length - sampledBefore).toBe(3 - recordedBefore)
    expect(new Set(ran).size).toBe(3)
    expect((await step.recorded()).filter((row) => row === 'tool:ok')).toHaveLength(3)
  })
})

it('writes as many rows as the deaths above assume', async () => {
  const { step } = job()
  await step.run()
  expect(step.rows.length).toBe(ROWS)
})

it('survives a death at every write in turn', async () => {
  const { step } = job()
  const deaths: unknown[] = []
  let result: unknown
  for (let n = 1; n < 20 && result === undefined; n += 1) {
    result = await step.run({ journal: dyingAt(step.journal, 2, 'after') }).catch((error) => void deaths.push(error))
  }
  expect(deaths.length).toBeGreaterThan(5)
  expect(await step.run()).toMatchObject({ status: 'completed', usage: { turns: 3, toolCalls: 3 } })
})

it('goes on from the attempt that took over, not from rows that a dead one wrote late', async () => {
  const { step, sampled } = job()
  await step.run({ journal: dyingAt(step.journal, 2, 'after') }).catch(() => {})
  const seen = await step.journal.readStep(runId, stepId)
  const late = await step.journal.claimAttempt({
    runId,
    stepId,
    attempt: 2,
    actor: seen.records[0]?.row.actor as never,
    cause: seen.head,
    execution: 1,
  })
  await step.run({ journal: dyingAt(step.journal, 5, 'after') }).catch(() => {})
  if (late instanceof Error) throw late
  const body = { content: [{ type: 'text', text: 'late' }], stopReason: 'endTurn' }
  const usage = { inputTokens: 7, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 }
  // It was stopped for an hour: nobody was at work, so the step has its seconds still.
  await step.clock.advance(3_600_000)
  await late.append({ event: 'turn', turn: 2, usage, costUsd: 0 }, body)
  const result = await step.run()
  expect(JSON.stringify(result)).not.toContain('late')
  // Bought all the same.
  expect(result).toMatchObject({ status: 'completed', usage: { turns: 4, inputTokens: 7 } })
  expect(sampled).toEqual([1, 2, 4])
})

it('lets one of two simultaneous starts go on', async () => {
  const { step, sampled } = job()
  const results = await Promise.all([step.run(), step.run()])
  expect(results.map(({ status }) => status).sort()).toEqual(['completed', 'wait'])
  expect(sampled).toEqual([1, 2, 3])
})

it('returns a stop again within the execution, and goes on with fresh bounds in the next', async () => {
  const step = bench({ solver: (_, { turn }) => (turn > 4 ? { submit: { answer: '3' } } : { submit: {} }) })
  const stop = await step.run()
  expect(stop).toMatchObject({ status: 'stopped', cause: 'offSchema', usage: { turns: 3 } })
  expect(await step.run()).toEqual(stop)
  const resumed = await step.run({}, { execution: 2 } as Partial<StepInput>)
  expect(resumed).toMatchObject({ status: 'completed', usage: { turns: 5 } })
  expect(await step.run({}, { execution: 3 })).toEqual(resumed)
})

it('gives a step that ran out of turns as many again when it is resumed', async () => {
  const call = { toolUses: [{ name: 'add', input: { a: 1, b: 2 } }] }
  const step = bench({ solver: [call, call, call, { submit: { answer: '3' } }] }, testAgent({ limits: { turns: 2 } }))
  expect(await step.run()).toMatchObject({ cause: 'turnLimit', usage: { turns: 2 } })
  expect(await step.run({}, { execution: 2 })).toMatchObject({ status: 'completed', usage: { turns: 4 } })
})

it('asks again after a filtered answer when it is resumed', async () => {
  const step = bench({ solver: [{ text: 'no', stopReason: 'contentFiltered' }, { submit: { answer: '3' } }] })
  expect(await step.run()).toMatchObject({ cause: 'refused' })
  expect(await step.run({}, { execution: 2 })).toMatchObject({ status: 'completed' })
})

it('continues in the next invocation where the function is about to end', async () => {
  const { step, sampled } = job()
  const deadline = () => new Date(step.clock.now().getTime() + 20_000)
  const first = await step.run({ deadline: deadline() })
  expect(first).toMatchObject({ status: 'continue', usage: { turns: 1 } })
  const results = [first]
  while (results.at(-1)?.status === 'continue' && results.length < 10) {
    results.push(await step.run({ deadline: deadline() }))
  }
  expect(results.at(-1)).toMatchObject({ status: 'completed', usage: { turns: 3, toolCalls: 3 } })
  expect(sampled).toEqual([1, 2, 3])
})

it('counts seconds over all attempts, waits aside', async () => {
  const slow = { toolUses: [{ name: 'add', input: { a: 1, b: 1 } }], latencyMs: 6_000 }
  const step = bench(
    { solver: [slow, { fail: 'throttled', retryAfterMs: 60_000 }, slow, slow] },
    testAgent({ limits: { seconds: 15 } }),
  )
  expect(await step.run()).toMatchObject({ status: 'wait' })
  await step.clock.advance(60_000)
  expect(await step.run()).toMatchObject({ cause: 'timeLimit', usage: { turns: 2 } })
})

it('is what it was, whatever fields a model names', async () => {
  const said = JSON.parse('{"answer":{"__proto__":{"tasks":[]},"kept":1}}')
  const step = bench(
    { solver: [{ submit: said }] },
    testAgent({ tools: [], output: z.object({ answer: z.unknown() }) }),
  )
  const first = await step.run()
  const again = await step.run()
  expect(JSON.stringify(first)).toContain('"answer":{"kept":1}')
  expect(JSON.stringify(again)).toBe(JSON.stringify(first))
})
