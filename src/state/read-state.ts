/** Reading: the writes up to a moment, folded. */
import { NotFound } from '../errors.ts'
import type { Records } from '../records/records.ts'
import type { StateRules, StateVersion } from '../schema/state.ts'
import { initialOf, reduceState } from './reduce.ts'
import type { StateMoment, StatePlace, StateValue } from './shared-state.ts'
import { damaged, headKey, readHead, readVersion, statePartition, VERSIONS, versionKey } from './state-item.ts'

export async function readState(
  records: Records,
  place: StatePlace,
  key: string,
  rules: StateRules,
  moment?: StateMoment,
): Promise<StateValue> {
  const item = await records.get(headKey(place, key))
  const head = item && readHead(item)
  const latest = head?.version ?? 0
  const wanted = moment !== undefined && 'version' in moment ? moment.version : latest
  if (wanted > latest) throw toCome(place, key, wanted, latest)
  const versions = await readVersions(records, place, key, wanted)
  const seen = moment !== undefined && 'time' in moment ? versions.filter(isBy(moment.time)) : versions
  return foldedValue(head?.rules ?? rules, seen)
}

/** Of writes in their order, from the first on. */
export function foldedValue(rules: StateRules, versions: readonly StateVersion[]): StateValue {
  const last = versions.at(-1)
  if (last === undefined) return { version: 0, value: initialOf(rules), isTainted: false }
  const deltas = versions.map(({ delta }) => delta)
  const counting = rules.reducer === 'replace' ? [last] : versions
  const labels = [...new Set(counting.flatMap((one) => one.labels ?? []))].sort()
  return {
    version: last.version,
    at: last.at,
    value: reduceState(rules, deltas),
    isTainted: counting.some(({ untrusted }) => untrusted === true),
    ...(labels.length > 0 && { labels }),
  }
}

/** Every write so far. */
export async function readHistory(records: Records, place: StatePlace, key: string): Promise<readonly StateVersion[]> {
  const item = await records.get(headKey(place, key))
  return item === undefined ? [] : readVersions(records, place, key, readHead(item).version)
}

/**
 * Those from the first to `upTo`, which the head has told: so all of them are durable, and a page that is read while others
 * write misses none.
 */
async function readVersions(
  records: Records,
  place: StatePlace,
  key: string,
  upTo: number,
): Promise<readonly StateVersion[]> {
  const found: StateVersion[] = []
  let after: string | undefined
  while (found.length < upTo) {
    const limit = upTo - found.length
    const page = await records.query(statePartition(place, key), { ...VERSIONS, limit, ...(after && { after }) })
    found.push(...page.items.map(readVersion))
    if (page.next === undefined) break
    after = page.next
  }
  const gap = found.findIndex(({ version }, index) => version !== index + 1)
  if (gap >= 0 || found.length < upTo) throw damaged(versionKey(place, key, (gap < 0 ? found.length : gap) + 1))
  return found
}

function isBy(time: Date) {
  return ({ at }: StateVersion) => Date.parse(at) <= time.getTime()
}

function toCome({ workflow, runId }: StatePlace, key: string, wanted: number, latest: number): NotFound {
  return new NotFound({
    message: `${workflow}.${key} of run ${runId} has no version ${wanted}: it is at version ${latest}`,
    next: latest === 0 ? 'Nothing has been written to it yet.' : `Ask for a version up to ${latest}.`,
  })
}
