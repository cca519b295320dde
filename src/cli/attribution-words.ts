/** Who turned right into wrong, as people read it. */
import type { Attribution, Culprit } from '../audit/explain/attribute.ts'
import type { JournalRow } from '../schema/journal-row.ts'
import { clip, plural, table } from './format.ts'
import { spelled, visible } from './visible-text.ts'

const WHY_CHARACTERS = 100
/** Steps named in a line. */
const NAMED = 12

export function attributionLines(found: Attribution, rows: readonly JournalRow[]): string[] {
  const { status, checked, culprits, suspects, byOrder } = found
  const marks = checked.map(({ stepId, verdict, why }) => [verdict, stepId, clip(visible(why ?? ''), WHY_CHARACTERS)])
  const lines = checked.length === 0 ? ['No check is for a step of this run.'] : [table(marks)]
  if (status === 'right') return [...lines, '', 'Every check passes.']
  const told = culprits.flatMap((one) => ['', ...culpritLines(one, rows)])
  const basis = byOrder
    ? ['', 'What went into what is in part concluded from the order of steps: with the team file, its references say.']
    : []
  return [...lines, ...told, ...undecided(found, suspects), ...basis]
}

function culpritLines({ stepId, actor, attempt, hash, why, inputs }: Culprit, rows: readonly JournalRow[]): string[] {
  const row = rows.find((one) => one.hash === hash)
  const who = actor === undefined ? '?' : `${actor.agent}@${actor.version} (sha256:${actor.sha256.slice(0, 12)})`
  const froms = named([...new Set(inputs.map(({ from, how }) => `${spelled(from.trim())} (${how})`))])
  return [
    `${stepId} turned right into wrong: ${clip(visible(why), WHY_CHARACTERS)}`,
    `  by    ${who}, attempt ${attempt}`,
    `  from  ${froms === '' ? 'sources only' : froms}`,
    `  row   ${hash}${row === undefined ? '' : ` (row ${row.seq}, ${row.at})`}`,
  ]
}

function undecided({ status, checked }: Attribution, suspects: readonly string[]): string[] {
  if (status === 'decided' && suspects.length === 0) return []
  const unread = checked.filter(({ verdict }) => verdict === 'unread').length
  if (suspects.length > 0) return ['', `undecided: it may be ${named(suspects)}. Give checks for these, too.`]
  return ['', unread > 0 ? `undecided: ${plural(unread, 'output')} could not be read.` : 'undecided']
}

function named(names: readonly string[]): string {
  const shown = names.slice(0, NAMED).join(', ')
  return names.length <= NAMED ? shown : `${shown} and ${names.length - NAMED} more`
}
