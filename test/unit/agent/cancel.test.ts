import { expect, it } from 'vitest'
import * as z from 'zod'
import type { StepDependencies } from '../../../src/agent/ports.ts'
import { defineTool } from '../../../src/define/tool.ts'
import type { Model } from '../../../src/models/model.ts'
import type { JournalRow } from '../../../src/schema/journal-row.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'
import { type Bench, bench, runId, stepId, testAgent } from './harness.ts'

const done = { submit: { answer: '3' } }
const CUT = 'the run was cancelled'
const START = Date.parse('2026-01-01T00:00:00.000Z')

/** A run that somebody cancels by calling `cancel`. */
function cancellable(step: Bench) {
  const controller = new AbortController()
  const isCancelled = async () => controller.signal.aborted
  const run = (changes: Partial<StepDependencies> = {}) =>
    step.run({ isCancelled, cancellation: () => controller.signal, ...changes })
  return { run, cancel: () => controller.abort(CUT), elapsedMs: () => step.clock.now().getTime() - START }
}

/** Work that never ends, and notes why it was told to. */
function hang(signal: AbortSignal, reasons: unknown[]): Promise<never> {
  signal.addEventListener('abort', () => reasons.push(signal.reason))
  return new Promise(() => undefined)
}

it('ends a model call in flight at once, and records no turn for it', async () => {
  const reasons: unknown[] = []
  const model: Model = {
    provider: 'own',
    description: 'never answers',
    call(_, { signal }) {
      queueMicrotask(cancel)
      return hang(signal, reasons)
    },
  }
  const step = bench(model)
  const { run, cancel, elapsedMs } = cancellable(step)
  expect(await run()).toMatchObject({ status: 'stopped', cause: 'cancelled', usage: { turns: 0 } })
  expect(reasons).toEqual([CUT])
  expect(await step.recorded()).toEqual(['start', 'outcome:cancelled'])
  expect(elapsedMs()).toBe(0)
})

it('ends tools in flight at once, begins none that wait, and asks for them again when the run is resumed', async () => {
  const callIds: string[] = []
  const reasons: unknown[] = []
  let isStuck = true
  const slow = defineTool({
    name: 'slow',
    description: 'Hangs.',
    input: z.object({ n: z.number() }),
    output: z.number(),
    run: async ({ n }, { callId, signal }) => {
      callIds.push(callId)
      return isStuck && n > 0 ? hang(signal, reasons) : n
    },
  })
  const toolUses = Array.from({ length: 12 }, (_, n) => ({ name: 'slow', input: { n } }))
  const step = bench({ solver: [{ toolUses }, done] }, testAgent({ tools: [slow], limits: { toolCalls: 20 } }))
  const { run, cancel } = cancellable(step)
  const afterFirst = ({ event }: JournalRow) => event === 'tool' && cancel()
  const still = fakeClock('2026-01-01T00:00:00.000Z')
  expect(await run({ onRow: afterFirst, clock: still })).toMatchObject({ status: 'stopped', cause: 'cancelled' })
  expect(callIds).toHaveLength(8)
  expect(reasons).toHaveLength(7)
  expect((await step.recorded()).filter((row) => row.startsWith('tool'))).toEqual(['tool:ok'])

  isStuck = false
  expect(await step.run({}, { execution: 2 })).toMatchObject({ status: 'completed', usage: { turns: 2 } })
  expect(new Set(callIds).size).toBe(12)
  expect(callIds.slice(8)).toHaveLength(11)
})

it('does not sleep through a cancellation between two tries', async () => {
  const step = bench({ solver: [{ fail: 'throttled', retryAfterMs: 5_000 }, done] })
  const { run, cancel, elapsedMs } = cancellable(step)
  const { sleep } = step.clock
  step.clock.sleep = (milliseconds, signal) => {
    if (milliseconds === 5_000) queueMicrotask(cancel)
    return sleep(milliseconds, signal)
  }
  expect(await run()).toMatchObject({ status: 'stopped', cause: 'cancelled', usage: { turns: 0 } })
  expect(elapsedMs()).toBe(0)
})

it('ends a check in flight at once', async () => {
  const reasons: unknown[] = []
  const check = {
    name: 'slow',
    description: 'Hangs.',
    run: async (_: unknown, { signal }: { signal: AbortSignal }) => {
      queueMicrotask(() => cancel())
      return hang(signal, reasons)
    },
  }
  const step = bench({ solver: [done] }, testAgent({ checks: [check] }))
  const { run, cancel } = cancellable(step)
  expect(await run()).toMatchObject({ status: 'stopped', cause: 'cancelled', usage: { turns: 1 } })
  expect(reasons).toEqual([CUT])
})

it('asks no model where the run was cancelled before the step began', async () => {
  const step = bench({ solver: [done] }, testAgent({ tools: [] }))
  expect(await step.run({ isCancelled: async () => true })).toMatchObject({ cause: 'cancelled', usage: { turns: 0 } })
  const { records } = await step.journal.readStep(runId, stepId)
  expect(records.map(({ row }) => row.event)).toEqual(['start', 'outcome'])
})
