/** What two runs have in common and where they differ, from their recordings. Pure. */

import { KEPT_RULE } from '../api/fork-run.ts'
import type { JournalRow } from '../schema/journal-row.ts'
import { isJsonObject, type Json } from '../schema/json.ts'
import type { Run } from '../schema/run.ts'
import type { StepUsage } from '../schema/step.ts'
import type { Recording } from './recording.ts'

export interface Changed<T> {
  readonly from: T
  readonly to: T
}

export interface StepDiff {
  readonly stepId: string
  readonly status?: Changed<string>
  /** `name@version`, and the first digits of the hash where that alone differs. */
  readonly agent?: Changed<string>
  /** Model ids, in the order in which they were asked first. */
  readonly models?: Changed<string>
  /** Whether what the model was told first is another: hashes of the first turn. */
  readonly prompt?: Changed<string>
  /** Tools called, with how often: `search 3`. */
  readonly tools?: Changed<string>
  /** Rules that decided something, with how often. */
  readonly decisions?: Changed<string>
}

export interface RunDiff {
  readonly from: string
  readonly to: string
  /** Set where one of the two was forked from the other. */
  readonly fork?: { readonly of: string; readonly at: string; readonly set: Json }
  readonly workflow?: Changed<string>
  readonly status?: Changed<string>
  readonly input: readonly ValueDiff[]
  readonly output: readonly ValueDiff[]
  readonly added: readonly string[]
  readonly removed: readonly string[]
  /** Which a fork took over: the same by what it is. */
  readonly kept: readonly string[]
  readonly steps: readonly StepDiff[]
  readonly usage: Changed<StepUsage | undefined>
  /** From start to end, ms. */
  readonly tookMs: Changed<number | undefined>
  readonly people: Changed<string>
}

/** A place in a value, as a JSON pointer; absent: it is not there. */
export interface ValueDiff {
  readonly at: string
  readonly from?: string
  readonly to?: string
}

export function diffRuns(from: Recording, to: Recording): RunDiff {
  const [before, after] = [rowsOf(from), rowsOf(to)]
  const shared = [...before.keys()].filter((stepId) => after.has(stepId))
  const kept = shared.filter((stepId) => isKept(before.get(stepId)) !== isKept(after.get(stepId)))
  const both = shared.filter((stepId) => !kept.includes(stepId))
  const fork = forkOf(from.run, to.run) ?? forkOf(to.run, from.run)
  const workflow = changed(workflowText(from.run), workflowText(to.run))
  const status = changed(from.run.status as string, to.run.status)
  return {
    from: from.run.runId,
    to: to.run.runId,
    ...(fork && { fork }),
    ...(workflow && { workflow }),
    ...(status && { status }),
    input: diffValues(from.run.input, to.run.input),
    output: diffValues(outputOf(from), outputOf(to)),
    added: [...after.keys()].filter((stepId) => !before.has(stepId)),
    removed: [...before.keys()].filter((stepId) => !after.has(stepId)),
    kept,
    steps: both
      .map((stepId) => diffStep(stepId, before.get(stepId) ?? [], after.get(stepId) ?? []))
      .filter((step) => Object.keys(step).length > 1),
    usage: { from: from.run.usage, to: to.run.usage },
    tookMs: { from: tookMs(from.run), to: tookMs(to.run) },
    people: { from: peopleIn(from.rows), to: peopleIn(to.rows) },
  }
}

function changed<T>(from: T, to: T): Changed<T> | undefined {
  return from === to ? undefined : { from, to }
}

function rowsOf({ rows }: Recording): ReadonlyMap<string, readonly JournalRow[]> {
  return Map.groupBy(
    rows.filter(({ stepId }) => !stepId.startsWith(':')),
    ({ stepId }) => stepId as string,
  )
}

function forkOf({ runId: of }: Run, { origin }: Run): RunDiff['fork'] {
  return origin?.runId === of ? { of, at: origin.stepId, set: origin.set as unknown as Json } : undefined
}

function workflowText({ team, workflow, workflowVersion, lock }: Run): string {
  return `${team}/${workflow}@${workflowVersion} ${(lock.workflows[workflow]?.sha256 ?? '').slice(0, DIGITS)}`.trim()
}

/** Of a hash: enough to tell two apart. */
const DIGITS = 8

function outputOf({ run: { output = null }, artifacts }: Recording): Json {
  const reference = isJsonObject(output) ? output['$ref'] : undefined
  const content = typeof reference === 'string' ? artifacts[reference.slice('sha256:'.length)] : undefined
  return content ?? output
}

function tookMs({ startedAt, endedAt }: Run): number | undefined {
  return endedAt === undefined ? undefined : Date.parse(endedAt) - Date.parse(startedAt)
}

function diffStep(stepId: string, from: readonly JournalRow[], to: readonly JournalRow[]): StepDiff {
  const facts = [factsOf(from), factsOf(to)] as const
  const names = Object.keys(facts[0]) as (keyof ReturnType<typeof factsOf>)[]
  const found = names.flatMap((name) => {
    const change = changed(facts[0][name], facts[1][name])
    return change === undefined ? [] : [[name, change] as const]
  })
  return { stepId, ...Object.fromEntries(found) }
}

function isKept(rows: readonly JournalRow[] = []): boolean {
  return rows.some(({ event, rule }) => event === 'outcome' && rule === KEPT_RULE)
}

function factsOf(rows: readonly JournalRow[]) {
  const actor = rows.find((row) => row.actor !== undefined)?.actor
  const outcome = rows.findLast(({ event }) => event === 'outcome')
  const turns = rows.filter(({ event }) => event === 'turn')
  return {
    status: outcome?.status ?? 'unfinished',
    agent: actor === undefined ? '' : `${actor.agent}@${actor.version} ${actor.sha256.slice(0, DIGITS)}`,
    models: [...new Set(turns.map(({ model }) => model?.id ?? ''))].join(', '),
    prompt: turns[0]?.hashes?.['prompt']?.slice(0, DIGITS) ?? '',
    tools: counted(rows.flatMap(({ event, tool }) => (event === 'tool' && tool ? [tool.name] : []))),
    decisions: counted(rows.flatMap(({ event, rule }) => (event === 'decision' && rule ? [rule] : []))),
  }
}

function counted(names: readonly string[]): string {
  const groups = Map.groupBy(names, (name) => name)
  return [...groups]
    .map(([name, all]) => `${name} ${all.length}`)
    .sort()
    .join(', ')
}

/** Who decided what for it. */
function peopleIn(rows: readonly JournalRow[]): string {
  return counted(rows.flatMap(({ rule = '' }) => (/^approval\.(approved|denied|expired)$/.test(rule) ? [rule] : [])))
}

/** Places told at most, and characters of each value. */
const MOST_PLACES = 50
const SHOWN = 160

/** Where two values differ, the outermost places first come first. */
export function diffValues(from: Json, to: Json): readonly ValueDiff[] {
  const found: ValueDiff[] = []
  compare(from, to, '')
  return found

  function compare(one: Json | undefined, other: Json | undefined, at: string): void {
    if (found.length >= MOST_PLACES || JSON.stringify(one) === JSON.stringify(other)) return
    const [fields, others] = [fieldsOf(one), fieldsOf(other)]
    if (fields === undefined || others === undefined || Array.isArray(one) !== Array.isArray(other)) {
      found.push({
        at: at === '' ? '/' : at,
        ...(one !== undefined && { from: shown(one) }),
        ...(other !== undefined && { to: shown(other) }),
      })
      return
    }
    for (const key of new Set([...fields.keys(), ...others.keys()])) {
      compare(fields.get(key), others.get(key), `${at}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`)
    }
  }
}

function fieldsOf(value: Json | undefined): ReadonlyMap<string, Json> | undefined {
  return typeof value === 'object' && value !== null ? new Map(Object.entries(value) as [string, Json][]) : undefined
}

function shown(value: Json): string {
  const text = JSON.stringify(value)
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN).toWellFormed()}…`
}
