/** Many processes with clocks of their own that call one model through the same records. No time passes for real. */
import type { ModelGuard } from '../../../src/breaker/model-guard.ts'
import { openModelGuard } from '../../../src/breaker/open-model-guard.ts'
import type { Clock } from '../../../src/clock.ts'
import { type BatonError, ModelUnavailable } from '../../../src/errors.ts'
import type { Item, Records } from '../../../src/records/records.ts'
import { isJsonObject } from '../../../src/schema/json.ts'
import { virtualClock } from '../../../src/testing/virtual-clock.ts'

export const MODEL = 'model-a'
export const START_MS = Date.parse('2026-01-01T00:00:00.000Z')

export interface Simulation {
  readonly records: Records
  readonly region: string
  readonly processes: number
  /** Of each process’s clock, ms. */
  readonly skewMs: (process: number) => number
  /** When each begins. @default 0 */
  readonly beginsMs?: (process: number) => number
  /** Whether the model is down, so many ms after the start. */
  readonly isDown: (ms: number) => boolean
  readonly seconds: number
  readonly random: () => number
}

export interface Call {
  readonly process: number
  readonly ms: number
  readonly isProbe: boolean
  readonly isDown: boolean
}

export interface Outcome {
  readonly calls: readonly Call[]
  /** When the breaker opened, and for how long. */
  readonly openings: readonly { readonly ms: number; readonly coolDownMs: number }[]
  readonly reads: number
  readonly writes: number
}

export const down = () => new ModelUnavailable({ message: '503', next: 'Wait.' })

export async function simulate(simulation: Simulation): Promise<Outcome> {
  const { processes, skewMs, beginsMs = () => 0, isDown, seconds, random, region } = simulation
  let pending = 0
  const base = virtualClock(() => pending === 0, START_MS)
  const elapsedMs = () => base.now().getTime() - START_MS
  const calls: Call[] = []
  const openings: { ms: number; coolDownMs: number }[] = []
  let [reads, writes] = [0, 0]
  const records: Records = new Proxy(simulation.records, {
    get(target, name) {
      const method = Reflect.get(target, name) as (...words: readonly unknown[]) => Promise<unknown>
      return async (...words: readonly unknown[]) => {
        pending += 1
        if (name === 'write') writes += 1
        else reads += 1
        const outcome = await method.apply(target, [...words]).finally(() => {
          pending -= 1
        })
        if (name === 'write') noteOpening(words[0], outcome, openings, elapsedMs())
        return outcome
      }
    },
  })

  async function live(process: number): Promise<void> {
    const clock: Clock = { ...base, now: () => new Date(base.now().getTime() + skewMs(process)) }
    const guard = openModelGuard({ records, clock, region, random })
    await base.sleep(beginsMs(process) + random() * 500)
    while (elapsedMs() < seconds * 1_000) await oneCall(process, guard)
  }

  async function oneCall(process: number, guard: ModelGuard): Promise<void> {
    const admission = await guard.admit(MODEL)
    if (!admission.admitted) return base.sleep(250)
    const call = { process, ms: elapsedMs(), isProbe: admission.probe !== undefined, isDown: isDown(elapsedMs()) }
    calls.push(call)
    await base.sleep(50 + random() * 300)
    if (call.isDown) await guard.failed(admission, down())
    else await guard.succeeded(admission)
    if (!call.isDown) await base.sleep(500)
  }

  await Promise.all(Array.from({ length: processes }, (_, process) => live(process)))
  return { calls, openings, reads, writes }
}

function noteOpening(
  write: unknown,
  outcome: unknown,
  openings: { ms: number; coolDownMs: number }[],
  ms: number,
): void {
  const { item } = write as { readonly item: Item }
  const state = item.attributes['state']
  const isWritten = (outcome as { readonly ok: boolean }).ok
  if (!isWritten || item.sort !== 'BREAKER' || !isJsonObject(state) || state['phase'] !== 'open') return
  openings.push({ ms, coolDownMs: Number(state['coolDownMs']) })
}

/** The most of them in any minute. */
export function mostInAMinute(calls: readonly Call[]): number {
  const times = calls.map(({ ms }) => ms).sort((a, b) => a - b)
  return Math.max(0, ...times.map((from) => times.filter((ms) => ms >= from && ms < from + 60_000).length))
}

export function mostProbesInACoolDown({ calls, openings }: Outcome): number {
  const probes = calls.filter(({ isProbe }) => isProbe)
  const within = openings.map(
    ({ ms, coolDownMs }) => probes.filter((probe) => probe.ms >= ms && probe.ms < ms + coolDownMs).length,
  )
  return Math.max(0, ...within)
}

/** A small generator (mulberry32), so that a failure can be seen again. */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** For calls that must end so. */
export async function failTimes(guard: ModelGuard, times: number, error: BatonError = down()): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    const admission = await guard.admit(MODEL)
    if (admission.admitted) await guard.failed(admission, error)
  }
}
