/** The decisions of a run as people read them on a terminal: in a list, and one in full. Prints nothing itself. */
import type { Decision } from '../audit/explain/decision.ts'
import type { UnexplainedEffect } from '../audit/explain/unexplained-effects.ts'
import type { JournalRow } from '../schema/journal-row.ts'
import type { Json } from '../schema/json.ts'
import { clip, formatUsd, jsonText, plural, table } from './format.ts'
import { spelled, visible } from './visible-text.ts'

/** Of a step's id, from its end. */
const STEP_CHARACTERS = 44
const WHO_CHARACTERS = 40
const WHAT_CHARACTERS = 48
const WHY_CHARACTERS = 72
/** Of a content that is shown, so that a terminal stays of use. */
const CONTENT_CHARACTERS = 8_000

const HEAD = ['N', 'time (UTC)', 'step', 'who', 'what', 'cost', 'why']

export function decisionTable(decisions: readonly Decision[]): string {
  return table([HEAD, ...decisions.map(decisionLine)])
}

function decisionLine(decision: Decision): string[] {
  const { number, at, stepId, what, costUsd } = decision
  return [
    String(number),
    at.slice(11, 23),
    stepId.length <= STEP_CHARACTERS ? stepId : `…${stepId.slice(1 - STEP_CHARACTERS)}`,
    clip(who(decision), WHO_CHARACTERS),
    clip(spelled(what), WHAT_CHARACTERS),
    costUsd === undefined ? '' : formatUsd(costUsd),
    clip(visible(why(decision)), WHY_CHARACTERS),
  ]
}

/** Who acted: the agent, or the person that decided. */
function who({ by, actor }: Decision): string {
  if (by.kind === 'person') return spelled(by.name)
  return actor === undefined ? '?' : `${actor.agent}@${actor.version}`
}

function why({ by, reason }: Decision): string {
  const rule = by.kind === 'person' ? undefined : by.name
  return [rule, reason].filter((one) => one !== undefined && one !== '').join(': ')
}

/** @param content Beside its row, where it was asked for and is at hand. */
export function decisionInFull(
  decision: Decision,
  rows: readonly JournalRow[],
  content: { readonly asked: boolean; readonly body?: Json | undefined },
): string {
  const { number, at, kind, stepId, attempt, turn, actor, onBehalfOf, what, by, approval, data } = decision
  const numbered = ([name, sha256]: readonly [string, string]) => `${name} sha256:${sha256}`
  const lines: readonly (readonly [string, string | undefined])[] = [
    ['decision', `${number}, ${kind}: ${spelled(what)}`],
    ['at', at],
    [
      'step',
      [stepId, `attempt ${attempt}`, turn === undefined ? undefined : `turn ${turn}`].filter(Boolean).join(', '),
    ],
    ['agent', actor && `${actor.agent}@${actor.version} sha256:${actor.sha256}`],
    ['role', actor?.role],
    ['on behalf of', onBehalfOf.join(' > ')],
    ['decided by', `${by.kind} ${by.kind === 'person' ? spelled(by.name) : by.name}`],
    ['reason', decision.reason],
    ['considered', decision.considered.join(', ')],
    ['cost', costWords(decision)],
    ['approved by', approval && approvalWords(approval)],
    ['policy', decision.policyVersion && `sha256:${decision.policyVersion}`],
    ['tool', decision.tool && toolWords(decision.tool)],
    ['carries', data.labels.join(', ')],
    ['row', rowWords(decision.hash, rows)],
    ['follows from', followWords(decision, rows)],
  ]
  const listed: readonly (readonly [string, readonly string[]])[] = [
    ['data', Object.entries(data.hashes).map(numbered)],
    [
      'sources',
      data.sources.map(({ uri, sha256, lines: at }) => `${uri}${at ? ` ${at.join('-')}` : ''} sha256:${sha256}`),
    ],
  ]
  return [
    ...lines.filter(([, text]) => text !== undefined && text !== '').map(([name, text = '']) => line(name, text)),
    ...listed.flatMap(listLines),
    ...contentLines(content, decision),
  ].join('\n')
}

const NAME_COLUMNS = 14

/** Of one value, and how many of a list. */
const LINE_CHARACTERS = 2_000
const MOST_LISTED = 50

/** One value on one line, whatever is in it. */
function line(name: string, text: string): string {
  return `${name.padEnd(NAME_COLUMNS)}${clip(visible(text), LINE_CHARACTERS)}`
}

function listLines([name, items]: readonly [string, readonly string[]]): string[] {
  const lines = items.slice(0, MOST_LISTED).map((item, index) => line(index === 0 ? name : '', item))
  return items.length <= MOST_LISTED ? lines : [...lines, line('', `… ${items.length - MOST_LISTED} more: --json`)]
}

function costWords({ costUsd, usage, total }: Decision): string | undefined {
  if (usage !== undefined) {
    const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = usage
    const read = inputTokens + cacheReadTokens + cacheWriteTokens
    return `${formatUsd(costUsd)}, ${plural(read, 'token')} in, ${outputTokens} out`
  }
  return (
    total &&
    `${formatUsd(total.costUsd)} in all, ${plural(total.turns, 'turn')}, ${plural(total.toolCalls, 'tool call')}`
  )
}

function approvalWords({ id, outcome, people }: NonNullable<Decision['approval']>): string {
  if (outcome === undefined) return `nobody yet: ${id}`
  return `${people.length === 0 ? 'see the row' : people.map(spelled).join(', ')} (${outcome}): ${id}`
}

function toolWords({ name, callId, effect }: NonNullable<Decision['tool']>): string {
  return `${spelled(name)}, effect ${effect ?? 'none: there is no such tool'}, call ${callId}`
}

function rowWords(hash: string, rows: readonly JournalRow[]): string {
  const row = rows.find((one) => one.hash === hash)
  return row === undefined ? hash : `${hash} (${row.stepId} attempt ${row.attempt} row ${row.seq}, ${row.event})`
}

function followWords({ cause, follows }: Decision, rows: readonly JournalRow[]): string {
  return follows === undefined ? rowWords(cause, rows) : `decision ${follows}, ${rowWords(cause, rows)}`
}

function contentLines(
  { asked, body }: { asked: boolean; body?: Json | undefined },
  { bodySha256 }: Decision,
): string[] {
  if (bodySha256 === undefined) return asked ? [line('content', 'none lies beside this row')] : []
  if (!asked) return [line('content', `sha256:${bodySha256}: --content shows it`)]
  if (body === undefined) return [line('content', `sha256:${bodySha256}: it was erased, or is not at hand`)]
  const text = visible(jsonText(body, 2))
  const left = text.length - CONTENT_CHARACTERS
  return [
    line('content', `sha256:${bodySha256}`),
    left <= 0 ? text : `${text.slice(0, CONTENT_CHARACTERS).toWellFormed()}\n… ${left} more characters: --json`,
  ]
}

export interface Totals {
  readonly decisions: number
  readonly byKind: Readonly<Record<string, number>>
  readonly costUsd: number | null
  readonly effects: number
  readonly unexplained: readonly UnexplainedEffect[]
}

export function totalLines({ decisions, byKind, costUsd, effects, unexplained }: Totals): string[] {
  const kinds = Object.entries(byKind).map(([kind, count]) => `${count} ${kind}`)
  const explained = effects - unexplained.length
  return [
    `${plural(decisions, 'decision')}: ${kinds.join(', ')}; ${formatUsd(costUsd)}`,
    effects === 0 ? 'no tool with an effect was called' : `${explained} of ${plural(effects, 'effect')} explained`,
    ...unexplained.map(({ stepId, tool, callId, what }) =>
      line('unexplained', `${spelled(tool)} in ${stepId}: ${what} (${callId})`),
    ),
  ]
}
