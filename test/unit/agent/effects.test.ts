/** A step's calls on the effect ledger: what its rows say, what it waits for, what a second process does. */
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import type { ToolContext } from '../../../src/define/tool.ts'
import { defineTool } from '../../../src/define/tool.ts'
import type { Model } from '../../../src/models/model.ts'
import { scriptedModel } from '../../../src/models/scripted.ts'
import { openSqliteRecords } from '../../../src/records/sqlite.ts'
import type { EffectKind } from '../../../src/schema/tool-call.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'
import { openEffectLedger } from '../../../src/tools/open-effect-ledger.ts'
import { dyingAt } from './dying.ts'
import { bench, testAgent } from './harness.ts'

const done = { submit: { answer: 'sent' } }

interface Sending {
  readonly calls?: number
  readonly effect?: EffectKind
  readonly timeoutSeconds?: number
  readonly send?: (n: number, context: ToolContext<unknown>) => Promise<string>
}

/** A step that sends so many mails in its first turn. Each `ledger` is a process of its own over the same records. */
function sending({ calls = 1, effect = 'opaque', timeoutSeconds = 30, send = async () => 'sent' }: Sending = {}) {
  const sent: number[] = []
  const mail = defineTool({
    name: 'mail',
    description: 'Sends.',
    input: z.object({ n: z.number() }),
    output: z.string(),
    effect,
    timeoutSeconds,
    run: async ({ n }, context) => {
      sent.push(n)
      return send(n, context as never)
    },
  })
  const toolUses = Array.from({ length: calls }, (_, n) => ({ name: 'mail', input: { n } }))
  const solver = (_: unknown, { turn }: { turn: number }) => (turn === 1 ? { toolUses } : done)
  const step = bench({ solver }, testAgent({ tools: [mail], limits: { toolCalls: 100, seconds: 840 } }))
  const records = openSqliteRecords({ path: ':memory:', synchronous: 'NORMAL' })
  const ledger = (process: number, clock = step.clock) => openEffectLedger({ records, clock, owner: { process } })
  return { step, sent, ledger }
}

describe('a call on the ledger', () => {
  it('is made once, though its result was not recorded before its process died', async () => {
    const { step, sent, ledger } = sending({ effect: 'keyed' })
    const journal = dyingAt(step.journal, 3, 'before')
    await expect(step.run({ ledger: ledger(1), journal })).rejects.toThrow('died')
    expect(await step.run({ ledger: ledger(2) })).toMatchObject({ status: 'completed', usage: { toolCalls: 1 } })
    expect(sent).toEqual([0])
  })

  it('is waited for, at no compute, while another process is at it', async () => {
    let answer: (text: string) => void = () => undefined
    const said = new Promise<string>((resolve) => {
      answer = resolve
    })
    const { step, sent, ledger } = sending({ send: () => said })
    const first = step.run({ ledger: ledger(1) }).catch((error: unknown) => error)
    while (sent.length === 0) await new Promise((resolve) => setImmediate(resolve))
    const second = await step.run({ ledger: ledger(2) })
    expect(second).toMatchObject({ status: 'wait', reason: expect.stringContaining('another process') })
    answer('sent')
    await first
    expect(await step.run({ ledger: ledger(2) })).toMatchObject({ status: 'completed' })
    expect(sent).toEqual([0])
  })

  it('of unknown fate is recorded as that, told to the model, and not made again', async () => {
    const { step, sent, ledger } = sending({ send: () => new Promise(() => undefined), timeoutSeconds: 1 })
    expect(await step.run({ ledger: ledger(1) })).toMatchObject({ status: 'completed' })
    expect(step.rows.find(({ event }) => event === 'tool')).toMatchObject({
      status: 'unknown',
      reason: expect.stringContaining('EffectUnknown'),
    })
    expect(sent).toEqual([0])
  })

  it('that ended within its grace is recorded, though the run was cancelled', async () => {
    const controller = new AbortController()
    const { step, ledger } = sending({
      send: async (_, { signal }) => {
        queueMicrotask(() => controller.abort('cancelled'))
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
        return 'sent'
      },
    })
    const cancellation = () => controller.signal
    const isCancelled = async () => controller.signal.aborted
    const result = await step.run({ ledger: ledger(1), cancellation, isCancelled })
    expect(result).toMatchObject({ status: 'stopped', cause: 'cancelled', usage: { toolCalls: 1 } })
    expect(await step.recorded()).toEqual(['start', 'turn:toolUse', 'tool:ok', 'outcome:cancelled'])
  })
})

describe('two processes that resume one step', () => {
  it('do its work once: one has it, the other waits', async () => {
    const { step, sent, ledger } = sending({ calls: 5 })
    const results = await Promise.all([1, 2].map((process) => step.run({ ledger: ledger(process) })))
    expect(results.map(({ status }) => status).sort()).toEqual(['completed', 'wait'])
    expect(results.find(({ status }) => status === 'wait')).toMatchObject({ reason: expect.stringContaining('begun') })
    expect(sent.toSorted()).toEqual([0, 1, 2, 3, 4])
  })
})

describe('a process that wakes up after another has taken its step over', () => {
  const answers = (n: number) => ({ toolUses: [{ name: 'mail', input: { n } }] })

  it.each([
    ['with an answer of its own', 7],
    ['with the same answer', 0],
  ])('does nothing more, and the step goes on once: %s', async (_, late) => {
    const { step, sent, ledger } = sending()
    let wake: () => void = () => undefined
    const asleep = new Promise<void>((resolve) => {
      wake = resolve
    })
    const { model } = step.dependencies
    const slow: Model = {
      provider: model.provider,
      description: model.description,
      async call(request, options) {
        await asleep
        return scriptedModel({ solver: [answers(late)] }, { clock: step.clock }).call(request, options)
      },
    }
    const still = fakeClock('2026-01-01T00:00:00.000Z')
    const zombie = step.run({ ledger: ledger(1), model: slow, clock: still })
    while ((await step.recorded()).length === 0) await new Promise((resolve) => setImmediate(resolve))
    const taken = step.run({ ledger: ledger(2) })
    expect(await taken).toMatchObject({ status: 'completed' })
    wake()
    expect(await zombie).toMatchObject({ status: 'wait', reason: expect.stringContaining('taken this step over') })
    expect(sent).toEqual([0])
    expect(await step.run({ ledger: ledger(1) })).toEqual({ ...(await taken), usage: expect.anything() })
  })
})

describe('a process that answers between the look and the claim of another', () => {
  /** The first answers, calls its tool and dies after the first look of whoever has `looking`, before their claim. */
  async function raced() {
    const { step, sent, ledger } = sending({ send: async () => 'sent' })
    const { promise: asked, resolve: ask } = Promise.withResolvers<void>()
    const slow: Model = {
      ...step.dependencies.model,
      async call(request, options) {
        await asked
        return step.dependencies.model.call(request, options)
      },
    }
    // It dies before it has recorded what its tool gave.
    const journal = dyingAt(step.journal, 3, 'before')
    const first = step.run({ ledger: ledger(1), model: slow, journal }).catch((error: unknown) => error)
    while ((await step.recorded()).length === 0) await new Promise((resolve) => setImmediate(resolve))
    const looking = (secondLook: () => Promise<unknown>) => {
      let looks = 0
      return {
        ...step.journal,
        async readStep(...place: Parameters<typeof step.journal.readStep>) {
          looks += 1
          if (looks === 2) await secondLook()
          const seen = await step.journal.readStep(...place)
          if (looks === 1) ask()
          if (looks === 1) await first
          return seen
        },
      }
    }
    return { step, sent, ledger, looking }
  }

  it('is followed: what it has recorded by then is gone on from, and its calls are made once', async () => {
    const { step, sent, ledger, looking } = await raced()
    const second = await step.run({ ledger: ledger(2), journal: looking(async () => undefined) })
    expect(second).toMatchObject({ status: 'completed', usage: { turns: 2, toolCalls: 1 } })
    expect(sent).toEqual([0])
  })

  it.each([
    ['dies before it looks again', false],
    ['is passed by a third', true],
  ])('is followed by a third as well, where the other one %s', async (_, isPassed) => {
    const { step, sent, ledger, looking } = await raced()
    let third: unknown
    const journal = looking(async () => {
      if (!isPassed) throw new Error('died')
      third = await step.run({ ledger: ledger(3) })
    })
    const second = await step.run({ ledger: ledger(2), journal }).catch((error: Error) => error.message)
    if (isPassed) expect(second).toMatchObject({ status: 'wait', reason: expect.stringContaining('begun') })
    else expect(second).toBe('died')
    third ??= await step.run({ ledger: ledger(3) })
    expect(third).toMatchObject({ status: 'completed', usage: { turns: 2, toolCalls: 1 } })
    expect(sent).toEqual([0])
  })
})

describe('a function whose time is nearly up', () => {
  const soon = (step: ReturnType<typeof bench>, seconds: number) =>
    new Date(step.clock.now().getTime() + seconds * 1_000)

  it('goes on in another between two tools of a turn, and does none twice', async () => {
    const { step, sent, ledger } = sending({
      calls: 20,
      timeoutSeconds: 60,
      send: async () => {
        await step.clock.sleep(20_000)
        return 'sent'
      },
    })
    const results: string[] = []
    for (let invocation = 0; invocation < 10 && results.at(-1) !== 'completed'; invocation += 1) {
      results.push((await step.run({ ledger: ledger(invocation), deadline: soon(step, 100) })).status)
    }
    expect(results.at(-1)).toBe('completed')
    expect(results.length).toBeGreaterThan(1)
    expect(results.slice(0, -1)).toEqual(results.slice(0, -1).map(() => 'continue'))
    expect(sent.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n))
  })

  it('begins a call that no invocation has the time for, as far as it gets', async () => {
    const { step, sent } = sending({ timeoutSeconds: 600 })
    const first = await step.run({ deadline: soon(step, 50) })
    expect(first).toMatchObject({ status: 'continue', usage: { turns: 1, toolCalls: 0 } })
    expect((await step.run({ deadline: soon(step, 50) })).usage.toolCalls).toBe(1)
    expect(sent).toEqual([0])
  })
})

it('begins no tool while a brake holds', async () => {
  const { step, sent } = sending()
  let looks = 0
  const held = { scope: { of: 'fleet' as const }, reason: 'fire', by: 'ann', at: '2026-01-01T00:00:00.000Z' }
  const brake = async () => (++looks > 1 ? held : undefined)
  expect(await step.run({ brake })).toMatchObject({ status: 'stopped', cause: 'braked', usage: { turns: 1 } })
  expect(sent).toEqual([])
  expect(await step.run({}, { execution: 2 })).toMatchObject({ status: 'completed', usage: { toolCalls: 1 } })
})
