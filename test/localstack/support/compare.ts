/** Two accounts of the same run, one from each host, brought to what has to be equal. */

import { RUN_CHAIN } from '../../../src/records/run-chain.ts'
import type { JournalRow } from '../../../src/schema/journal-row.ts'
import type { Json, JsonObject } from '../../../src/schema/json.ts'
import { SEARCH_MEMORY_TOOL } from '../../../src/schema/model-call.ts'
import { type NormalEvent, normalizeHistory, normalValue } from '../normalize-history.ts'
import type { Told } from './embedded.ts'

export interface Comparable {
  readonly status: string
  readonly output: Json | undefined
  readonly error: Json | undefined
  readonly usage: Json | undefined
  /** By chain: what its rows say, without times, ids and hashes that cover them. */
  readonly rows: Readonly<Record<string, readonly Json[]>>
  readonly histories: readonly (readonly NormalEvent[])[]
}

/**
 * Differ between any two runs: `cause`, `prev`, `hash` cover times and ids; `callId` covers the run's id. And `turn` of an
 * outcome, which says that its content stands in that turn: DynamoDB keeps no order of fields, so that content which was
 * read back may look like another.
 */
const OF_THE_RUN = ['runId', 'at', 'seq', 'hash', 'prev', 'cause', 'chains', 'bodySha256']

/** @param more Other texts that mean the same on the other host. */
export function comparable(
  { run, output, rows, histories }: Told,
  isCompared: (machine: string) => boolean,
  more: Readonly<Record<string, string>> = {},
): Comparable {
  const names = new Map([...Object.entries(more), ...namesOf(run)])
  const byChain: Record<string, Json[]> = {}
  const hasFound = new Set<string>()
  for (const row of rows) {
    const { stepId, attempt, tool, ...given } = row
    const chain = `${stepId} ${attempt}`
    if (tool?.name === SEARCH_MEMORY_TOOL) hasFound.add(chain)
    const known = hasFound.has(chain) ? withoutTimesFound(given) : given
    const rest = stepId === RUN_CHAIN ? ofAnyHost(given) : known
    const dropped = rest.event === 'outcome' ? [...OF_THE_RUN, 'turn'] : OF_THE_RUN
    const kept = Object.entries(rest).filter(([key]) => !dropped.includes(key))
    const named = tool === undefined ? {} : { tool: { ...tool, callId: '<call>' } }
    byChain[chain] = [...(byChain[chain] ?? []), normalValue({ ...Object.fromEntries(kept), ...named } as Json, names)]
  }
  const { status, usage } = run
  const error = run.error?.kept === undefined ? run.error : keptInOrder(run.error)
  return {
    status,
    output: output === undefined ? undefined : normalValue(output, names),
    error: error === undefined ? undefined : normalValue(error as Json, names),
    usage,
    rows: Object.fromEntries(Object.entries(byChain).map(([chain, rows]) => [chain, inOrder(rows)])),
    histories: ownFirst(
      histories
        .filter(({ machine }, index) => index === 0 || isCompared(machine))
        .map(({ events }) => normalizeHistory(events, names)),
    ),
  }
}

/** Which of two steps side by side finished last is a race. */
function keptInOrder({ kept, ...error }: NonNullable<Told['run']['error']>) {
  return { ...error, kept: { ...kept, latest: kept?.latest.toSorted() } }
}

/** Children that run side by side start in any order. */
function ownFirst([own = [], ...children]: readonly NormalEvent[][]): NormalEvent[][] {
  const texts = children.map((events) => ({ events, text: JSON.stringify(events) }))
  return [own, ...texts.toSorted((a, b) => (a.text < b.text ? -1 : 1)).map(({ events }) => events)]
}

/**
 * Who asked is whoever the host knows them as; functions, machines and folders have other names, and outputs may tell them.
 * A team that is deployed runs in a release, a file on a laptop in none.
 */
function ofAnyHost<Row extends Partial<JournalRow>>({ actor, hashes, reason, ...row }: Row) {
  const { onBehalfOf: _caller, ...who } = actor ?? {}
  const { lock: _lock, settings: _settings, output: _output, ...what } = hashes ?? {}
  const ofRelease = reason !== undefined && /^release \d+, (stable|canary)$/.test(reason)
  return {
    ...row,
    ...(reason !== undefined && !ofRelease && { reason }),
    ...(actor && { actor: who }),
    ...(hashes && { hashes: what }),
  }
}

/** What a search of the memory finds says when it was remembered; the answer and the prompts after it cover that. */
function withoutTimesFound<Row extends Partial<JournalRow>>({ hashes, ...row }: Row) {
  const { result: _result, prompt: _prompt, ...others } = hashes ?? {}
  return { ...row, ...(hashes && { hashes: others }) }
}

/** The tools of a turn run at once, and are recorded as they end. */
function inOrder(rows: readonly Json[]): Json[] {
  const placeOf = (row: Json, index: number) => {
    const { event, turn } = row as { event?: string; turn?: number }
    const first = rows.findIndex((other) => {
      const { event: otherEvent, turn: otherTurn } = other as { event?: string; turn?: number }
      return event === 'tool' && otherEvent === event && otherTurn === turn
    })
    return first === -1 ? index : first
  }
  return rows
    .map((row, index) => ({
      row,
      place: placeOf(row, index),
      text: JSON.stringify((row as JsonObject)['hashes'] ?? ''),
    }))
    .toSorted((a, b) => a.place - b.place || (a.text < b.text ? -1 : a.text > b.text ? 1 : 0))
    .map(({ row }) => row)
}

/** Longest first: one name may begin with another. */
function namesOf({ runId, lock }: Told['run']): Map<string, string> {
  const names: (readonly [string, string])[] = [
    ...Object.entries(lock.agents).map(([name, { functionName }]) => [functionName, `<function of ${name}>`] as const),
    ...Object.entries(lock.workflows).flatMap(([name, { stateMachineArn }]) => [
      [stateMachineArn, `<machine of ${name}>`] as const,
      [stateMachineArn.split(':').slice(0, 7).join(':'), `<machine of ${name}>`] as const,
    ]),
    ...(lock.control === undefined ? [] : [[lock.control.functionName, '<control function>'] as const]),
    [runId, '<run>'],
  ]
  return new Map(names.toSorted(([a], [b]) => b.length - a.length))
}
