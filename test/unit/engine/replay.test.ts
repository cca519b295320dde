import { describe, expect, it } from 'vitest'
import type { HistoryEvent } from '../../../src/engine/expand-history.ts'
import { openHistory } from '../../../src/engine/history-store.ts'
import { crashingStore } from './support/crashing-store.ts'
import { CHILD, CHILD_ARN, DURABLE, DURABLE_OUTPUT, durableFunctions } from './support/durable-machine.ts'
import { harness, labelsOf, MACHINE_ARN } from './support/harness.ts'

const machines = [{ arn: CHILD_ARN, definition: CHILD }]

/** Keys of the calls whose success or failure is recorded. */
function finishedKeys(events: readonly HistoryEvent[]): string[] {
  const open = new Map<number, string>()
  const keys: string[] = []
  for (const event of events) {
    const before = open.get(event.previousEventId)
    const scheduled = event.taskScheduledEventDetails?.['parameters']
    const key = typeof scheduled === 'string' ? JSON.parse(scheduled).Payload?.key : before
    if (key !== undefined) open.set(event.id, key)
    if (key !== undefined && (event.type === 'TaskSucceeded' || event.type === 'TaskFailed')) keys.push(key)
  }
  return keys
}

async function runWithCrash(at: number, when: 'before' | 'after') {
  const store = openHistory({ path: ':memory:', synchronous: 'NORMAL' })
  const calls: string[] = []
  const dying = crashingStore(store, at, when)
  const first = harness({ history: dying, machines, functions: durableFunctions((key) => calls.push(key)) })
  const start = { name: 'run', machineArn: MACHINE_ARN, definition: DURABLE, input: {} }
  const before = await first.engine
    .start(start)
    .then(
      ({ done }) => done,
      () => undefined,
    )
    .catch(() => undefined)
  if (!dying.crashed()) return { crashed: false as const, result: before, commits: dying.commits() }
  const second = harness({ history: store, machines, functions: durableFunctions((key) => calls.push(key)) })
  if (second.engine.describe('run') === undefined) return { crashed: true as const, started: false as const }
  const names = second.engine.list('run').map(({ name }) => name)
  const recorded = second.engine.history('run')
  const finished = names.flatMap((name) => finishedKeys(second.engine.history(name)))
  const callsBefore = calls.length
  const { done } = await second.engine.resume('run')
  const result = await done
  const again = calls.slice(callsBefore)
  return {
    crashed: true as const,
    started: true as const,
    result,
    recorded,
    finished,
    again,
    events: second.engine.history('run'),
  }
}

describe('an execution whose process dies', () => {
  it('is continued from any commit to the same output, and what was finished is not done again', async () => {
    const undisturbed = await runWithCrash(Number.POSITIVE_INFINITY, 'before')
    expect(undisturbed.result).toEqual({ status: 'SUCCEEDED', output: DURABLE_OUTPUT })
    const plain = harness({ machines, functions: durableFunctions(() => undefined) })
    const labels = [...(await plain.run(DURABLE)).labels].sort()
    let crashes = 0
    for (let at = 1; at <= (undisturbed.commits ?? 0); at++) {
      for (const when of ['before', 'after'] as const) {
        const run = await runWithCrash(at, when)
        if (!run.crashed || !run.started) continue
        crashes++
        expect(run.result, `${when} commit ${at}`).toEqual({ status: 'SUCCEEDED', output: DURABLE_OUTPUT })
        expect(run.events.slice(0, run.recorded.length), `${when} commit ${at}`).toEqual(run.recorded)
        expect(
          run.again.filter((key) => run.finished.includes(key)),
          `${when} commit ${at}`,
        ).toEqual([])
        expect(new Set(run.again).size, `${when} commit ${at}`).toBe(run.again.length)
        expect(labelsOf(run.events).sort(), `${when} commit ${at}`).toEqual(labels)
      }
    }
    expect(crashes).toBeGreaterThan(30)
  })
})
