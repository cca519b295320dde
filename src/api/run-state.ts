/** The shared state of a run: what its keys hold, now or at a moment, and who wrote what. */
import type { Clock } from '../clock.ts'
import { InvalidRequest, NotFound } from '../errors.ts'
import type { Records } from '../records/records.ts'
import type { RunId } from '../schema/ids.ts'
import type { StateKeyView, StateQuery, StateView } from '../schema/state.ts'
import { openSharedState } from '../state/open-shared-state.ts'
import type { KeyOfRun, SharedState, StateMoment } from '../state/shared-state.ts'
import { inBatches } from './in-batches.ts'
import { type ReadDependencies, readHead } from './read-run.ts'

export interface StateDependencies extends ReadDependencies {
  readonly records: Records
  readonly clock: Clock
}

/** @throws NotFound for an unknown run, key or version; InvalidRequest for a version of several keys. */
export async function readRunState(
  runId: RunId,
  dependencies: StateDependencies,
  { key, at, history }: StateQuery = {},
): Promise<StateView> {
  await readHead(runId, dependencies)
  const state = openSharedState(dependencies)
  const all = await state.keys(runId)
  const keys = all.filter((one) => key === undefined || key === one.key || key === nameOf(one))
  if (key !== undefined && keys.length === 0) throw unknownKey(runId, key, all)
  const moment = momentOf(at)
  if (moment !== undefined && 'version' in moment && keys.length > 1) throw severalKeys(moment.version, keys)
  const withHistory = history === 'true'
  return { runId, keys: await inBatches(keys, (one) => viewOf(state, one, moment, withHistory)) }
}

async function viewOf(
  state: SharedState,
  place: KeyOfRun,
  moment: StateMoment | undefined,
  withHistory: boolean,
): Promise<StateKeyView> {
  const { workflow, key, rules } = place
  const { version, value, at, isTainted } = await state.read(place, key, rules, moment)
  const versions = withHistory ? await state.history(place, key) : []
  return {
    ...{ workflow, key, reducer: rules.reducer, version, value },
    ...(at !== undefined && { at }),
    ...(isTainted && { untrusted: true as const }),
    ...(withHistory && { history: versions.slice(0, version) }),
  }
}

function momentOf(at: string | undefined): StateMoment | undefined {
  if (at === undefined) return undefined
  return /^\d+$/.test(at) ? { version: Number(at) } : { time: new Date(at) }
}

function nameOf({ workflow, key }: KeyOfRun): string {
  return `${workflow}.${key}`
}

function unknownKey(runId: RunId, key: string, all: readonly KeyOfRun[]): NotFound {
  const known = all.map(nameOf).join(', ') || 'none'
  return new NotFound({
    message: `nothing was written to ${JSON.stringify(key)} in run ${runId}; keys with something in them: ${known}`,
    next: `baton state ${runId}`,
  })
}

function severalKeys(version: number, keys: readonly KeyOfRun[]): InvalidRequest {
  return new InvalidRequest({
    message: `version ${version} of which key? Each counts its own: ${keys.map(nameOf).join(', ')}`,
    next: 'Name the key, or give a time.',
  })
}
