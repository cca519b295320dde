/** Each kind of effect × what can come of a call. */
import { describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../../src/clock.ts'
import { EffectUnknown, NotActed } from '../../../src/errors.ts'
import type { EffectKind } from '../../../src/schema/tool-call.ts'
import { answer, callId, losingReplies, runId, stepId, told, toolOf, type World, world } from './perform-harness.ts'

const KINDS = ['read', 'table', 'keyed', 'fenced', 'lookup', 'opaque'] as const
const CLAIMED = KINDS.filter((kind) => kind !== 'read')

async function status({ ledger }: World): Promise<string | undefined> {
  return (await ledger.find(runId, stepId, callId))?.status
}

describe.each(KINDS)('%s', (kind) => {
  it('ok: made once, and told again from what is stored', async () => {
    const at = world()
    let acts = 0
    const tool = toolOf(kind, async (_, context) => {
      acts += 1
      return answer(kind, context)
    })
    const effect = kind === 'read' ? 'free' : 'done'
    expect(told(await at.process('a').perform(tool))).toBe(`executed ${effect} "done"`)
    expect(told(await at.process('b').perform(tool))).toBe(`executed ${effect} "done"`)
    expect(acts).toBe(kind === 'read' ? 2 : 1)
    expect(await status(at)).toBe(kind === 'read' ? undefined : 'done')
  })

  it('throw: the tool says what happened', async () => {
    const at = world()
    const tool = toolOf(kind, () => Promise.reject(new RangeError('too far')))
    expect(told(await at.process('a').perform(tool))).toBe(`executed ${kind === 'read' ? 'free' : 'done'} RangeError`)
    expect(await status(at)).toBe(kind === 'read' ? undefined : 'done')
  })

  it('NotActed: nobody is at it, and another may begin afresh', async () => {
    const at = world()
    let isDown = true
    const fences: number[] = []
    const tool = toolOf(kind, async (_, context) => {
      fences.push(context.fence)
      if (isDown) throw new NotActed({ message: 'no connection', next: 'Try later.' })
      return answer(kind, context)
    })
    expect(told(await at.process('a').perform(tool))).toBe('executed free NotActed')
    expect(await status(at)).toBe(kind === 'read' ? undefined : 'released')
    isDown = false
    expect(told(await at.process('b').perform(tool))).toMatch(/^executed (done|free) "done"$/)
    expect(fences).toEqual(kind === 'read' ? [1, 1] : [1, 2])
  })
})

const TIMEOUT: Readonly<Record<EffectKind, string>> = {
  read: 'executed free ToolTimedOut',
  table: 'executed done ToolTimedOut',
  keyed: 'busy',
  fenced: 'busy',
  lookup: 'executed unknown EffectUnknown',
  opaque: 'executed unknown EffectUnknown',
}

it.each(KINDS)('%s, timeout: no answer is no success', async (kind) => {
  const at = world()
  const tool = toolOf(kind, () => new Promise(() => undefined))
  expect(told(await at.process('a').perform(tool))).toBe(TIMEOUT[kind])
})

it.each(['keyed', 'fenced'] as const)('%s, timeout: made again, under the same key, until it counts', async (kind) => {
  const at = world()
  const seen: string[] = []
  const tool = toolOf(kind, (_, { callId: key, fence }) => {
    seen.push(`${key === callId} ${fence}`)
    return fence < 3 ? new Promise(() => undefined) : answer(kind, {} as never)
  })
  const told3 = []
  for (const name of ['a', 'b', 'c']) told3.push(told(await at.process(name).perform(tool)))
  expect(told3).toEqual(['busy', 'busy', 'executed done "done"'])
  expect(seen).toEqual(['true 1', 'true 2', 'true 3'])
  const stuck = toolOf(kind, () => new Promise(() => undefined))
  const again = world()
  for (const name of ['a', 'b']) expect(told(await again.process(name).perform(stuck))).toBe('busy')
  expect(told(await again.process('c').perform(stuck))).toBe('executed unknown EffectUnknown')
})

const CANCELLED: Readonly<Record<EffectKind, readonly [string, string | undefined]>> = {
  read: ['cancelled', undefined],
  table: ['cancelled', 'intent'],
  keyed: ['cancelled', 'intent'],
  fenced: ['cancelled', 'intent'],
  lookup: ['cancelled', 'intent'],
  opaque: ['executed unknown EffectUnknown', 'unknown'],
}

describe.each(KINDS)('%s, cancelled', (kind) => {
  function cancelled(run: (signal: AbortSignal, controller: AbortController) => Promise<unknown>) {
    const controller = new AbortController()
    const tool = toolOf(kind, async (_, context) => {
      queueMicrotask(() => controller.abort('cancelled'))
      await run(context.signal, controller)
      return answer(kind, context)
    })
    return { tool, cancellation: controller.signal }
  }

  it('without an answer: a resumed run need not wait', async () => {
    const at = world()
    const { tool, cancellation } = cancelled(() => new Promise(() => undefined))
    const performed = await at.process('a').perform(tool, { cancellation })
    expect([told(performed), await status(at)]).toEqual(CANCELLED[kind])
    const quick = toolOf(kind, (_, context) => answer(kind, context), { reconcile: async () => ({ happened: 'no' }) })
    const resumed = told(await at.process('b').perform(quick))
    expect(resumed).toMatch(kind === 'opaque' ? /unknown EffectUnknown/ : /"done"/)
  })

  it('with an answer in its grace: the effect settles', async () => {
    const at = world()
    const { tool, cancellation } = cancelled(() => at.clock.sleep(500))
    // Records take real time: the clock must not jump past the grace meanwhile.
    const clock = kind === 'table' ? { ...at.clock, sleep: systemClock.sleep } : at.clock
    const performed = await at.process('a').perform(tool, { cancellation, clock })
    expect(told(performed)).toBe(kind === 'read' ? 'cancelled' : 'executed done "done"')
  })

  it('an error after the signal says that it stopped, not what it had done', async () => {
    const at = world()
    const { tool, cancellation } = cancelled(
      (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted')))),
    )
    const performed = await at.process('a').perform(tool, { cancellation })
    expect([told(performed), await status(at)]).toEqual(CANCELLED[kind])
  })

  it('before it began: nothing is done', async () => {
    const at = world()
    const performed = await at.process('a').perform(
      toolOf(kind, async () => 'done'),
      { cancellation: AbortSignal.abort() },
    )
    expect([told(performed), await status(at)]).toEqual(['cancelled', undefined])
  })
})

const TAKEN_OVER: Readonly<Record<EffectKind, readonly [string, acts: number]>> = {
  read: ['executed free "done"', 1],
  table: ['executed done "done"', 1],
  keyed: ['executed done "done"', 1],
  fenced: ['executed done "done"', 1],
  lookup: ['executed unknown EffectUnknown', 0],
  opaque: ['executed unknown EffectUnknown', 0],
}

describe.each(KINDS)('%s, taken over from a process that died', (kind) => {
  async function takeOver(reconcile?: 'yes' | 'no' | 'unknown' | 'throws') {
    const at = world()
    // Dies without a word: its promise never ends, and its clock never rings.
    const stuck = toolOf(kind, () => new Promise(() => undefined))
    const frozen = { ...at.clock, alarm: () => () => undefined }
    void at.process('a').perform(stuck, { clock: frozen })
    await at.clock.advance(0)
    at.kill('a')
    const fences: number[] = []
    const run = async (_: unknown, context: never) => {
      fences.push((context as { fence: number }).fence)
      return answer(kind, context)
    }
    const hook = async () => {
      if (reconcile === 'throws') throw new Error('no answer')
      return reconcile === 'yes' ? { happened: 'yes' as const, output: 'found' } : { happened: reconcile ?? 'unknown' }
    }
    const tool = toolOf(kind, run as never, reconcile === undefined ? {} : { reconcile: hook as never })
    return { at, performed: told(await at.process('b').perform(tool)), fences }
  }

  it('acts again as its kind allows', async () => {
    const { performed, fences } = await takeOver()
    expect([performed, fences.length]).toEqual(TAKEN_OVER[kind])
    if (kind !== 'read') expect(fences.every((fence) => fence === 2)).toBe(true)
  })

  it.each([
    ['yes', 'executed done "found"', 0],
    ['no', 'executed done "done"', 1],
    ['unknown', 'executed unknown EffectUnknown', 0],
    ['throws', 'executed unknown EffectUnknown', 0],
  ] as const)('where the other side says %s', async (says, expected, acts) => {
    const { performed, fences, at } = await takeOver(says)
    if (kind !== 'lookup' && kind !== 'opaque') return expect([performed, fences.length]).toEqual(TAKEN_OVER[kind])
    expect([performed, fences.length]).toEqual([expected, acts])
    expect(await status(at)).toBe(expected.includes('unknown') ? 'unknown' : 'done')
  })
})

describe.each(CLAIMED)('%s, claimed and not begun', (kind) => {
  /** After the claim is written, and before it is acted on. */
  function claiming(at: World, then: () => void): World['records'] {
    const write: World['records']['write'] = async (written) => {
      const outcome = await at.records.write(written)
      then()
      return outcome
    }
    return { ...at.records, write }
  }
  const silent = toolOf(kind, async () => 'never')

  it('as it was cancelled: another may begin afresh', async () => {
    const at = world()
    const controller = new AbortController()
    const records = claiming(at, () => controller.abort())
    const performed = await at.process('a', records).perform(silent, { cancellation: controller.signal })
    expect([told(performed), await status(at)]).toEqual(['cancelled', 'released'])
  })

  it('as it was stopped for longer than its lease: another may begin afresh', async () => {
    const at = world()
    let isStopped = true
    const records = claiming(at, () => {
      if (isStopped) void at.clock.advance(1_000_000)
      isStopped = false
    })
    const performed = await at.process('a', records).perform(silent)
    expect([told(performed), await status(at)]).toEqual(['busy', 'released'])
  })

  it('as it was cancelled, where another may have acted: that stays in doubt', async () => {
    const at = world()
    const stuck = toolOf(kind, () => new Promise(() => undefined))
    void at.process('a').perform(stuck, { clock: { ...at.clock, alarm: () => () => undefined } })
    await at.clock.advance(0)
    at.kill('a')
    const controller = new AbortController()
    const records = claiming(at, () => controller.abort())
    const performed = await at.process('b', records).perform(silent, { cancellation: controller.signal })
    const isAsked = kind === 'lookup' || kind === 'opaque'
    expect([told(performed), await status(at)]).toEqual(
      isAsked ? ['executed unknown EffectUnknown', 'unknown'] : ['cancelled', 'intent'],
    )
  })
})

describe.each(CLAIMED)('%s, lost replies', (kind) => {
  it.each([1, 2, 3, 4])('%i of them: made once, and not in doubt', async (replies) => {
    const at = world()
    let acts = 0
    const tool = toolOf(kind, async (_, context) => {
      acts += 1
      return answer(kind, context)
    })
    const lossy = losingReplies(at.records, replies)
    expect(told(await at.process('a', lossy).perform(tool))).toBe('executed done "done"')
    expect([acts, lossy.lost(), await status(at)]).toEqual([1, replies, 'done'])
    if (kind === 'table') {
      const item = await at.records.get({ partition: 'TOOL#act', sort: 'item' })
      expect(item?.attributes).toEqual({ value: { text: 'done' }, version: 1 })
    }
  })
})

it('waits for a living owner, and for its lease where nobody knows whether it lives', async () => {
  const at = world()
  let end = (_: string) => {}
  const tool = toolOf('opaque', () => new Promise<string>((resolve) => (end = resolve)))
  const still = { ...at.clock, alarm: () => () => undefined }
  const first = at.process('a').perform(tool, { clock: still })
  await at.clock.advance(0)
  const other = await at.process('b').perform(tool)
  expect(other).toMatchObject({ kind: 'busy', untilIso: '2026-01-01T00:00:32.000Z' })
  end('done')
  expect(told(await first)).toBe('executed done "done"')
  expect(told(await at.process('b').perform(tool))).toBe('executed done "done"')
})

it('settles late by the only one that acted', async () => {
  const at = world()
  let end = (_: string) => {}
  const tool = toolOf('opaque', () => new Promise<string>((resolve) => (end = resolve)))
  expect(told(await at.process('a').perform(tool))).toBe('executed unknown EffectUnknown')
  expect(await status(at)).toBe('unknown')
  end('after all')
  await vi.waitFor(async () => expect(await status(at)).toBe('done'))
  expect(told(await at.process('b').perform(tool))).toBe('executed done "after all"')
})

it('a tool that cannot tell leaves a doubt', async () => {
  const at = world()
  const cut = () => Promise.reject(new EffectUnknown({ message: 'the connection broke', next: 'Ask the other side.' }))
  expect(told(await at.process('a').perform(toolOf('opaque', cut)))).toBe('executed unknown EffectUnknown')
  expect(told(await world().process('a').perform(toolOf('keyed', cut)))).toBe('busy')
})

it('a tool of a function of its own leaves a doubt where that was killed, and none where the tool itself failed', async () => {
  for (const [isInDoubt, expected] of [
    [true, 'executed unknown EffectUnknown'],
    [false, 'executed done Unhandled'],
  ] as const) {
    const error = Object.assign(new Error('it ended'), { name: 'Unhandled', isInDoubt })
    const performed = await world()
      .process('a')
      .perform(
        toolOf('opaque', async () => 'never'),
        { elsewhere: () => Promise.reject(error) },
      )
    expect(told(performed)).toBe(expected)
  }
})

describe('table', () => {
  it('a refused condition reaches the tool, and nothing is written', async () => {
    const at = world()
    const caught: unknown[] = []
    const tool = toolOf('table', async (_, { commit }) => {
      const writes = [
        { put: 'item', value: { by: 'it' }, if: 'absent' as const },
        { put: 'other', value: {}, if: { version: 7 } },
      ]
      await commit(writes, 'done').catch((error) => caught.push(error))
      return commit(writes.slice(0, 1), 'the first alone')
    })
    expect(told(await at.process('a').perform(tool))).toBe('executed done "the first alone"')
    expect(caught).toMatchObject([{ name: 'TableWriteRefused', failed: 1 }])
    expect((await at.records.get({ partition: 'TOOL#act', sort: 'item' }))?.attributes['version']).toBe(1)
  })

  it('without a commit, nothing was done', async () => {
    const at = world()
    expect(told(await at.process('a').perform(toolOf('table', async () => 'done')))).toBe('executed done NotCommitted')
  })

  it('what was committed counts, whatever is thrown or given afterwards', async () => {
    for (const after of [() => Promise.reject(new Error('late')), async () => 'something else']) {
      const at = world()
      const tool = toolOf('table', async (_, context) => {
        await answer('table', context)
        return after()
      })
      expect(told(await at.process('a').perform(tool))).toBe('executed done "done"')
    }
  })

  it('no commit goes through after its time is up, nor one off schema', async () => {
    const at = world()
    let late: Promise<unknown> = Promise.resolve()
    const tool = toolOf('table', async (_, context) => {
      await at.clock.sleep(20_000)
      late = answer('table', context)
      return late as Promise<string>
    })
    expect(told(await at.process('a').perform(tool))).toBe('executed done ToolTimedOut')
    await at.clock.sleep(30_000)
    await expect(late).rejects.toMatchObject({ name: 'Conflict' })
    expect(await at.records.get({ partition: 'TOOL#act', sort: 'item' })).toBeUndefined()
    const off = toolOf('table', async (_, { commit }) => commit([], 42 as never))
    expect(told(await world().process('a').perform(off))).toBe('executed done InvalidRequest')
  })
})
