import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  afterAbandonment,
  afterFailure,
  afterSuccess,
  ask,
  type BreakerState,
  CALM_MS,
  CLOSED,
  COOL_DOWN_MS,
  FAILURES_KEPT,
  FAILURES_TO_OPEN,
  JITTER,
  LONGEST_COOL_DOWN_MS,
  PROBE_LEASE_MS,
  PROBE_LOOK_MS,
  WINDOW_MS,
} from '../../../src/breaker/breaker-state.ts'

const failure = (nowMs: number, more: { probe?: string; successes?: number; random?: number } = {}) => ({
  nowMs,
  successes: 0,
  random: 0,
  ...more,
})

function failed(times: number, nowMs = 1_000_000, from: BreakerState = CLOSED): BreakerState {
  let state = from
  for (let time = 0; time < times; time += 1) state = afterFailure(state, failure(nowMs)) ?? state
  return state
}

const open = failed(FAILURES_TO_OPEN)
const halfOpen: BreakerState = { ...open, phase: 'halfOpen', sinceMs: 1_020_000, probe: 'p' }

describe('a breaker', () => {
  it.each([
    ['closed', CLOSED, 0, { kind: 'admit' }],
    ['open', open, COOL_DOWN_MS - 1, { kind: 'refuse', waitMs: 1 }],
    ['open, cooled down', open, COOL_DOWN_MS, { kind: 'probe' }],
    ['half-open', halfOpen, 0, { kind: 'refuse', waitMs: PROBE_LOOK_MS }],
    ['half-open, near the end of the probe', halfOpen, PROBE_LEASE_MS - 5, { kind: 'refuse', waitMs: 5 }],
    ['half-open, the probe gone', halfOpen, PROBE_LEASE_MS, { kind: 'probe' }],
  ])('%s', (_, state, elapsedMs, answer) => {
    expect(ask(state, { nowMs: 2_000_000, elapsedMs, probe: 'q' })).toMatchObject(answer)
  })

  it('opens at the fifth failure of two minutes, and not by those of longer ago', () => {
    expect(failed(FAILURES_TO_OPEN - 1).phase).toBe('closed')
    expect(open).toMatchObject({ phase: 'open', sinceMs: 1_000_000, coolDownMs: COOL_DOWN_MS, openings: 1 })
    const old = failed(FAILURES_TO_OPEN - 1)
    expect(failed(1, 1_000_000 + WINDOW_MS, old).phase).toBe('closed')
    expect(failed(1, 999_999 + WINDOW_MS, old).phase).toBe('open')
  })

  it('stays closed where most calls go well', () => {
    let state = CLOSED
    for (let round = 0; round < 50; round += 1) {
      state = afterFailure(state, failure(1_000_000 + round * 1_000, { successes: 2 })) ?? state
    }
    expect(state.phase).toBe('closed')
    expect(state.failures).toHaveLength(FAILURES_KEPT)
    const down = failed(FAILURES_TO_OPEN + 1, 1_060_000, state)
    expect(down.phase).toBe('open')
  })

  it('is closed, opened again for longer, or let be by its own probe alone', () => {
    expect(afterSuccess(halfOpen, { nowMs: 5, probe: 'p' })).toMatchObject({
      phase: 'closed',
      sinceMs: 5,
      failures: [],
    })
    expect(afterFailure(halfOpen, failure(5, { probe: 'p' }))).toMatchObject({
      phase: 'open',
      coolDownMs: 2 * COOL_DOWN_MS,
      openings: 2,
      downSinceMs: 1_000_000,
    })
    const let_ = afterAbandonment(halfOpen, { nowMs: 5, probe: 'p' }) as BreakerState
    expect(ask(let_, { nowMs: 5, elapsedMs: 0, probe: 'q' }).kind).toBe('probe')
    for (const state of [CLOSED, open, halfOpen]) {
      expect(afterSuccess(state, { nowMs: 5, probe: 'late' })).toBeUndefined()
      expect(afterAbandonment(state, { nowMs: 5, probe: 'late' })).toBeUndefined()
    }
    expect(afterFailure(halfOpen, failure(5, { probe: 'late' }))).toBeUndefined()
    expect(afterFailure(halfOpen, failure(5))).toBeUndefined()
    expect(afterFailure(open, failure(5))).toBeUndefined()
  })

  it('cools down longer each time, to a bound, and begins anew after a calm', () => {
    let state = open
    const coolDowns: number[] = []
    for (let round = 0; round < 8; round += 1) {
      const probing: BreakerState = { ...state, phase: 'halfOpen', probe: 'p' }
      state = afterFailure(probing, failure(2_000_000, { probe: 'p', random: 1 })) ?? state
      coolDowns.push(state.coolDownMs / (1 + JITTER))
    }
    expect(coolDowns.slice(0, 5)).toEqual([40_000, 80_000, 120_000, 120_000, 120_000])
    const closed = afterSuccess({ ...state, phase: 'halfOpen', probe: 'p' }, { nowMs: 3_000_000, probe: 'p' })
    expect(failed(FAILURES_TO_OPEN, 3_000_000 + CALM_MS, closed).openings).toBe(10)
    expect(failed(FAILURES_TO_OPEN, 3_000_001 + CALM_MS, closed).openings).toBe(1)
  })
})

type Event =
  | { readonly kind: 'failed'; readonly probe: string; readonly successes: number; readonly random: number }
  | { readonly kind: 'ask' | 'succeeded' | 'abandoned'; readonly probe: string }

const probe = fc.constantFrom('p', 'q')
const event: fc.Arbitrary<{ readonly afterMs: number; readonly event: Event }> = fc.record({
  afterMs: fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 0, max: 5_000 }) },
    { weight: 2, arbitrary: fc.integer({ min: 0, max: 60_000 }) },
    { weight: 1, arbitrary: fc.integer({ min: -600_000, max: 600_000 }) },
  ),
  event: fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('failed' as const),
        probe,
        successes: fc.constantFrom(0, 0, 0, 1, 20),
        random: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('ask', 'succeeded', 'abandoned'), probe }) },
  ),
})

function step(state: BreakerState, nowMs: number, event: Event): BreakerState {
  switch (event.kind) {
    case 'failed':
      return afterFailure(state, { nowMs, ...event }) ?? state
    case 'succeeded':
      return afterSuccess(state, { nowMs, probe: event.probe }) ?? state
    case 'abandoned':
      return afterAbandonment(state, { nowMs, probe: event.probe }) ?? state
    default: {
      const asked = ask(state, { nowMs, elapsedMs: nowMs - state.sinceMs, probe: event.probe })
      return asked.kind === 'probe' ? asked.next : state
    }
  }
}

it('whatever happens, at whatever times: goes round by its three ways only, within its bounds', () => {
  const ways = new Set(['closed>open', 'open>halfOpen', 'halfOpen>open', 'halfOpen>closed', 'halfOpen>halfOpen'])
  let moves = 0
  fc.assert(
    fc.property(fc.array(event, { minLength: 60, maxLength: 200 }), (events) => {
      let state = CLOSED
      let nowMs = 1_000_000_000
      for (const { afterMs, event } of events) {
        nowMs += afterMs
        const next = step(state, nowMs, event)
        if (next.phase !== state.phase) {
          moves += 1
          expect(ways).toContain(`${state.phase}>${next.phase}`)
        }
        expect(next.probe === undefined).toBe(next.phase !== 'halfOpen')
        expect(next.coolDownMs).toBeLessThanOrEqual(LONGEST_COOL_DOWN_MS * (1 + JITTER))
        const times = next.failures.map(({ atMs }) => atMs)
        expect(times.length).toBeLessThanOrEqual(FAILURES_KEPT)
        expect(times).toEqual([...times].sort((a, b) => a - b))
        // Nobody can be kept away for ever.
        expect(ask(next, { nowMs, elapsedMs: PROBE_LEASE_MS + LONGEST_COOL_DOWN_MS * 2, probe: 'z' }).kind).not.toBe(
          'refuse',
        )
        state = next
      }
    }),
    { numRuns: 300 },
  )
  expect(moves).toBeGreaterThan(100)
})
