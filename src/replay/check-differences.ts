/** Where a team as it is now first goes apart from a recorded run, and what of it has changed. Pure. */
import type { JournalRecord } from '../records/journal-item.ts'
import type { StepId } from '../schema/ids.ts'
import type { JournalRow } from '../schema/journal-row.ts'
import type { RecordedSteps } from './recording.ts'

/** What may change without being told. */
export const ALLOWED = ['prompt', 'model'] as const
export type Allowed = (typeof ALLOWED)[number]

export interface CheckDifference {
  /**
   * `order`: other steps. `input`: a step is given something else. `tools`: its tools or the schema of its output. `prompt`: what its
   * model is told. `call`: another tool call, or another verdict on it. `output`: what a step or the run comes to.
   */
  readonly what: 'workflow' | 'order' | 'input' | 'tools' | 'prompt' | 'model' | 'call' | 'rule' | 'output'
  /** Absent: the run. */
  readonly step?: StepId
  readonly turn?: number
  readonly expected: string
  readonly came: string
}

/** By the order in which the steps began then. */
export function firstDifference(
  then: RecordedSteps,
  now: RecordedSteps,
  allow: ReadonlySet<Allowed>,
): CheckDifference | undefined {
  const inOrder = [...then].filter(([stepId]) => isStep(stepId)).sort(([, a], [, b]) => startOf(a) - startOf(b))
  for (const [step, records] of inOrder) {
    const came = now.get(step)
    // People's own steps leave no rows where their answers are from the record.
    if (came === undefined && records.some(({ row }) => row.actor?.role === 'run')) continue
    if (came === undefined) return { what: 'order', step, expected: 'it is asked', came: 'it is not reached' }
    const difference = stepDifference(step, records, came, allow)
    if (difference !== undefined) return difference
  }
  const added = [...now.keys()].find((stepId) => isStep(stepId) && !then.has(stepId))
  return added && { what: 'order', step: added, expected: 'it is not there', came: 'it is asked' }
}

function isStep(stepId: StepId): boolean {
  return !stepId.startsWith(':') && !stepId.endsWith(':undo')
}

function startOf(records: readonly JournalRecord[]): number {
  return Date.parse(records[0]?.row.at ?? '')
}

function stepDifference(
  step: StepId,
  then: readonly JournalRecord[],
  now: readonly JournalRecord[],
  allow: ReadonlySet<Allowed>,
): CheckDifference | undefined {
  for (const [name, what] of [
    ['input', 'input'],
    ['tools', 'tools'],
  ] as const) {
    const [expected, came] = [then[0]?.row.hashes?.[name], now[0]?.row.hashes?.[name]]
    if (expected !== came && !(name === 'tools' && expected === undefined)) return differs(what, step, expected, came)
  }
  const [expected, came] = [eventsOf(then), eventsOf(now)]
  for (const [index, row] of expected.entries()) {
    const other = came[index]
    const difference = rowDifference(step, row, other, allow)
    if (difference !== undefined) return difference
  }
  const more = came[expected.length]
  return more && differs(kindOf(more), step, '(nothing more)', wordsOf(more), more.turn)
}

/** What decides how a step goes. Tools of one answer run side by side: they are told in the order of their ids. */
function eventsOf(records: readonly JournalRecord[]): readonly JournalRow[] {
  const rows = records
    .map(({ row }) => row)
    .filter(({ event, rule = '' }) => TOLD.has(event) || rule.startsWith('rule.'))
  const place = ({ turn = Number.MAX_SAFE_INTEGER, event }: JournalRow) => turn * 10 + ORDER.indexOf(event)
  return rows.toSorted((a, b) => place(a) - place(b) || (a.tool?.callId ?? '').localeCompare(b.tool?.callId ?? ''))
}

const TOLD: ReadonlySet<string> = new Set(['turn', 'tool', 'rejection', 'outcome'])
const ORDER = ['turn', 'tool', 'rejection', 'decision', 'outcome']

function rowDifference(
  step: StepId,
  then: JournalRow,
  now: JournalRow | undefined,
  allow: ReadonlySet<Allowed>,
): CheckDifference | undefined {
  if (now === undefined) return differs(kindOf(then), step, wordsOf(then), '(nothing more)', then.turn)
  if (then.event !== now.event) return differs(kindOf(now), step, wordsOf(then), wordsOf(now), now.turn)
  if (then.event === 'turn') {
    const [expected, came] = [then.hashes?.['prompt'], now.hashes?.['prompt']]
    if (expected !== came && !allow.has('prompt')) return differs('prompt', step, expected, came, then.turn)
    const parameters = [then, now].map(({ model }) => JSON.stringify(model?.parameters))
    return parameters[0] === parameters[1] || allow.has('model')
      ? undefined
      : differs('model', step, parameters[0], parameters[1], then.turn)
  }
  const [expected, came] = [wordsOf(then), wordsOf(now)]
  return expected === came ? undefined : differs(kindOf(then), step, expected, came, then.turn)
}

function kindOf({ event }: JournalRow): CheckDifference['what'] {
  if (event === 'outcome') return 'output'
  if (event === 'decision') return 'rule'
  return event === 'turn' ? 'prompt' : 'call'
}

/** All that counts of a row, and nothing of when it was. */
function wordsOf({ event, tool, rule, status, hashes = {}, bodySha256, reason, turn }: JournalRow): string {
  if (event === 'tool') {
    const { name = '', callId = '' } = tool ?? {}
    return [`call ${name} ${callId.slice(0, DIGITS)}`, status, rule, hashes['result']?.slice(0, DIGITS)]
      .filter(Boolean)
      .join(' ')
  }
  if (event === 'turn') return `the model is asked a ${turn}. time`
  const content = (bodySha256 ?? hashes['output'] ?? '').slice(0, DIGITS)
  return [event, status, rule, reason, content, event === 'outcome' && turn !== undefined ? `as turn ${turn} says` : '']
    .filter((part) => part !== undefined && part !== '')
    .join(' ')
}

/** Of a hash: enough to tell two apart. */
const DIGITS = 12

function differs(
  what: CheckDifference['what'],
  step: StepId,
  expected: string | undefined,
  came: string | undefined,
  turn?: number,
): CheckDifference {
  return { what, step, ...(turn !== undefined && { turn }), expected: expected ?? '(none)', came: came ?? '(none)' }
}
