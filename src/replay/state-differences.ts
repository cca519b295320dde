/** Whether two runs of a machine went the same way: what each state was given and gave, without ids, times and retries. */
import { canonicalJson } from '../audit/canonical.ts'
import type { HistoryEvent } from '../engine/expand-history.ts'
import { isJsonObject, type Json } from '../schema/json.ts'
import { type NormalEvent, normalizeHistory } from './normal-history.ts'

interface StateDifference {
  readonly what: 'state'
  readonly where: string
  readonly expected: string
  readonly came: string
}

type Histories = ReadonlyMap<string, readonly HistoryEvent[]>

/** Characters of an event that a difference tells; of those, what is the same. */
const SHOWN = 300
const BEFORE = 80

/** The first one of each execution. */
export function stateDifferences(then: Histories, now: Histories): StateDifference[] {
  const [before, after] = [byPlace(then), byPlace(now)]
  const names = [...new Set([...before.keys(), ...after.keys()])].sort()
  return names.flatMap((name) => {
    const [expected = [], came = []] = asFarAsBoth(normalOf(before.get(name)), normalOf(after.get(name))).map(
      (events) => flat(events, ''),
    )
    const at = expected.findIndex((line, index) => line.text !== came[index]?.text)
    const index = at === -1 && came.length > expected.length ? expected.length : at
    if (index === -1) return []
    const [wanted, got] = [expected[index], came[index]]
    const where = `${name} ${wanted?.state ?? got?.state ?? ''}`.trim()
    return [{ what: 'state' as const, where, ...apart(wanted?.text ?? NOTHING, got?.text ?? NOTHING) }]
  })
}

/** An item's execution is named by the event that began its Map: how many events others made before that is no way a machine goes. */
function byPlace(histories: Histories): Histories {
  const order = new Intl.Collator('en', { numeric: true })
  const seen = new Map<string, number>()
  return new Map(
    [...histories.keys()].toSorted(order.compare).map((name) => {
      const place = name.replaceAll(/\/\d+:(\d+)(?=\/|$)/g, '/$1')
      const count = (seen.get(place) ?? 0) + 1
      seen.set(place, count)
      return [count === 1 ? place : `${place} (${count})`, histories.get(name) ?? []] as const
    }),
  )
}

interface Line {
  readonly state: string
  readonly text: string
}

const NOTHING = '(nothing)'

/** From a little before the first character that differs. */
export function apart(expected: string, came: string): { readonly expected: string; readonly came: string } {
  let same = 0
  while (same < expected.length && expected[same] === came[same]) same += 1
  const from = Math.max(0, same - BEFORE)
  return { expected: shown(expected, from), came: shown(came, from) }
}

function shown(text: string, from: number): string {
  const part = text.slice(from, from + SHOWN).toWellFormed()
  return `${from === 0 ? '' : '…'}${part}${text.length > from + SHOWN ? '…' : ''}`
}

function normalOf(events: readonly HistoryEvent[] | undefined): NormalEvent[] {
  if (events === undefined) return []
  const normal = normalizeHistory(events, new Map(), {
    isDroppedEvent: (type) => RETRIED.has(type) || STOPPED.test(type),
    withoutDifferences: withoutRequestIds,
  })
  return withoutRetries(normal)
}

/** What was stopped, because another branch failed or time was up, is compared as far as both came: that is a race. */
function asFarAsBoth(then: readonly NormalEvent[], now: readonly NormalEvent[]): NormalEvent[][] {
  const isStopped = [then, now].some((events) => typeOf(events.at(-1)) === ABORTED)
  return paired(then, now, isStopped)
}

function paired(then: readonly NormalEvent[], now: readonly NormalEvent[], isStopped: boolean): NormalEvent[][] {
  const length = isStopped ? Math.min(then.length, now.length) : Number.POSITIVE_INFINITY
  const both = then.slice(0, length).map((one, index) => {
    const other = now[index]
    if (!('branches' in one) || other === undefined || !('branches' in other)) return [one, other]
    const isJoined = [then, now].every((events) => typeOf(events[index + 1])?.endsWith('Succeeded'))
    const count = isJoined ? Number.POSITIVE_INFINITY : Math.min(one.branches.length, other.branches.length)
    const pairs = one.branches.slice(0, count).map((branch, at) => paired(branch, other.branches[at] ?? [], !isJoined))
    const rest = other.branches.slice(pairs.length, count)
    const [ours, theirs] = [pairs.map(([first = []]) => first), pairs.map(([, second = []]) => second)]
    return [{ branches: ours }, { branches: [...theirs, ...rest] }]
  })
  const left = both.flatMap(([one]) => (one === undefined ? [] : [one]))
  const right = both.flatMap(([, other]) => (other === undefined ? [] : [other]))
  return [left, [...right, ...now.slice(both.length, length)]]
}

function typeOf(event: NormalEvent | undefined): string | undefined {
  return event !== undefined && 'type' in event ? event.type : undefined
}

function flat(events: readonly NormalEvent[], around: string): Line[] {
  let state = around
  return events.flatMap((event) => {
    if ('branches' in event) return event.branches.flatMap((branch) => flat(branch, state))
    const { type, details } = event
    const name = isJsonObject(details) && typeof details['name'] === 'string' ? details['name'] : undefined
    if (type.endsWith('StateEntered') && name !== undefined) state = name
    return [{ state, text: `${type} ${canonicalJson(details ?? null)}` }]
  })
}

const ABORTED = 'ExecutionAborted'

/** Of a Parallel or Map that fails, these events do not say which one: that it did not succeed, and what came then, does. */
const STOPPED = /^(?!Execution).*Aborted$|^(Map|Parallel)(State|Run)Failed$/

/** How often a function had to be asked until it answered is of its host, not of the machine. */
const RETRIED: ReadonlySet<string> = new Set(['TaskStarted', 'TaskSubmitted'])
const FAILED = new Set(['TaskFailed', 'TaskTimedOut'])

function withoutRetries(events: readonly NormalEvent[]): NormalEvent[] {
  const kept: NormalEvent[] = []
  for (const event of events) {
    if ('branches' in event) {
      kept.push({ branches: event.branches.map(withoutRetries) })
      continue
    }
    const last = kept.at(-1)
    const isRetry = event.type === 'TaskScheduled' && last !== undefined && 'type' in last && FAILED.has(last.type)
    // The failure, and the attempt before it.
    if (isRetry) kept.splice(-2)
    kept.push(event)
  }
  return kept
}

function withoutRequestIds(value: Json): Json {
  if (Array.isArray(value)) return value.map((one) => withoutRequestIds(one as Json))
  if (!isJsonObject(value)) return value
  const kept = Object.entries(value).filter(([key]) => key !== 'SdkResponseMetadata')
  return Object.fromEntries(kept.map(([key, one]) => [key, withoutRequestIds(one)]))
}
