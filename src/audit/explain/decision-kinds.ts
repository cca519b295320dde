/** What kind of decision a row is, and who or what decided it. Pure; what no rule is known for is still a decision. */
import type { JournalRow } from '../../schema/journal-row.ts'
import type { Json, JsonObject } from '../../schema/json.ts'
import type { DecidedBy, DecisionKind } from './decision.ts'
import { isRunChain } from './timeline.ts'

/** Rules by their whole name. */
const KINDS: Readonly<Record<string, DecisionKind>> = {
  'model.retry': 'retry',
  'model.fallback': 'fallback',
  retryBudget: 'fallback',
  'breaker.open': 'breaker',
  throttled: 'breaker',
  callsPerAnswer: 'limit',
  contextTokens: 'limit',
  continue: 'pause',
  wait: 'pause',
  'approval.approved': 'answer',
  'approval.denied': 'answer',
  'approval.expired': 'answer',
  'approval.refused': 'answer',
  'approval.forbidden': 'answer',
  'effect.settle': 'settlement',
  join: 'join',
}
/** Otherwise by what stands before the first dot. */
const FAMILIES: Readonly<Record<string, DecisionKind>> = {
  approval: 'question',
  limit: 'limit',
  budget: 'budget',
  rule: 'rule',
  permission: 'denial',
  guardrail: 'guardrail',
  run: 'run',
}

/** undefined: the row decides nothing, as the claim of an attempt. */
export function kindOf({ event, rule = '', stepId, attempt }: JournalRow): DecisionKind | undefined {
  switch (event) {
    case 'start':
      return isRunChain(stepId) && attempt === 1 ? 'run' : undefined
    case 'turn':
      return 'choice'
    case 'tool':
      return 'call'
    case 'rejection':
      return 'rejection'
    case 'decision':
      return own(KINDS, rule) ?? own(FAMILIES, rule.split('.')[0] ?? '') ?? 'other'
    case 'outcome':
      return rule === 'handoff' ? 'handoff' : 'outcome'
    default:
      return 'end'
  }
}

/** A call that no rule hindered was allowed by the agent's declaration, an output that counts by its schema and checks. */
const UNNAMED: Readonly<Partial<Record<DecisionKind, string>>> = {
  call: 'declared',
  outcome: 'schemaAndChecks',
  handoff: 'handoff',
}

/** @param onBehalfOf Of the row's actor. */
export function decidedBy(
  row: JournalRow,
  kind: DecisionKind,
  body: JsonObject | undefined,
  onBehalfOf: string | undefined,
): DecidedBy {
  if (row.model !== undefined) return { kind: 'model', name: `${row.model.provider} ${row.model.id}` }
  const people = peopleIn(body)
  if (kind === 'answer' && row.rule !== 'approval.expired' && row.rule !== 'approval.refused') {
    const name = people.length > 0 ? people.join(', ') : (onBehalfOf ?? row.reason ?? 'somebody')
    return { kind: 'person', name }
  }
  const isAsked = kind === 'run' || kind === 'settlement' || row.rule === 'budget.raise'
  if (isAsked && onBehalfOf !== undefined) return { kind: 'person', name: onBehalfOf }
  const stop = row.status === undefined || row.status === 'completed' ? undefined : row.status
  return { kind: 'rule', name: row.rule ?? (kind === 'call' ? undefined : stop) ?? UNNAMED[kind] ?? row.event }
}

/** Who decided, as a body of a person's decision says. */
export function peopleIn(body: JsonObject | undefined): readonly string[] {
  const by: Json | undefined = body?.['by']
  return Array.isArray(by) ? by.filter((one) => typeof one === 'string') : []
}

function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined
}
