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
  const names = [...new Set([...then.keys(), ...now.keys()])].sort()
  return names.flatMap((name) => {
    const [expected, came] = [linesOf(then.get(name)), linesOf(now.get(name))]
    const at = expected.findIndex((line, index) => line.text !== came[index]?.text)
    const index = at === -1 && came.length > expected.length ? expected.length : at
    if (index === -1) return []
    const [wanted, got] = [expected[index], came[index]]
    const where = `${name} ${wanted?.state ?? got?.state ?? ''}`.trim()
    return [{ what: 'state' as const, where, ...apart(wanted?.text ?? NOTHING, got?.text ?? NOTHING) }]
  })
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

function linesOf(events: readonly HistoryEvent[] | undefined): Line[] {
  if (events === undefined) return []
  const normal = normalizeHistory(events, new Map(), {
    isDroppedEvent: (type) => RETRIED.has(type),
    withoutDifferences: withoutRequestIds,
  })
  return flat(withoutRetries(normal), '')
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
