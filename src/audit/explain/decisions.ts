/** Who decided what in a run, why, on what data, at what cost, allowed by whom: read off its rows alone. Pure. */
import type { Team } from '../../define/team.ts'
import type { Sha256 } from '../../schema/ids.ts'
import type { JournalRow } from '../../schema/journal-row.ts'
import type { JsonObject } from '../../schema/json.ts'
import { approvalsOf } from './approvals-given.ts'
import type { Decision, DecisionKind } from './decision.ts'
import { decidedBy, kindOf } from './decision-kinds.ts'
import { type AuditRecord, bodyOf, isRunChain, type PlacedRow, timeline } from './timeline.ts'

/**
 * Every decision of a run, numbered in the order in which one may have followed from another. Of a run that has not ended, those so
 * far.
 * @param team Whose agents' tools are told as what a model could choose from, where they are of the version that ran.
 */
export function decisionsOf(audit: AuditRecord, team?: Pick<Team, 'agents'>): readonly Decision[] {
  const rows = timeline(audit)
  const starter = rows.find(({ row }) => isRunChain(row.stepId) && row.event === 'start')?.actor?.onBehalfOf
  const context: Context = {
    audit,
    starter,
    approvals: approvalsOf(audit),
    callsOfTurns: Map.groupBy(
      rows.flatMap(({ row }) => (row.event === 'tool' ? [row] : [])),
      turnKey,
    ),
    turns: new Map(rows.flatMap(({ row }) => (row.event === 'turn' ? [[turnKey(row), row.hash]] : []))),
    tools: toolsBySha256(team),
  }
  const numbers = new Map<Sha256, number>()
  const decisions: Decision[] = []
  for (const placed of rows) {
    const kind = kindOf(placed.row)
    if (kind === undefined) continue
    const decision = decisionOf(placed, kind, context)
    const number = decisions.length + 1
    numbers.set(decision.hash, number)
    const follows = numbers.get(decision.cause)
    decisions.push({ number, ...decision, ...(follows !== undefined && { follows }) })
  }
  return decisions
}

interface Context {
  readonly audit: AuditRecord
  readonly starter: string | undefined
  readonly approvals: ReturnType<typeof approvalsOf>
  readonly callsOfTurns: ReadonlyMap<string, readonly JournalRow[]>
  /** Rows by their step and turn. */
  readonly turns: ReadonlyMap<string, Sha256>
  /** Names by the agent's hash. */
  readonly tools: ReadonlyMap<string, readonly string[]>
}

function turnKey({ stepId, turn }: JournalRow): string {
  return `${stepId} ${turn ?? 0}`
}

function toolsBySha256(team: Pick<Team, 'agents'> | undefined): ReadonlyMap<string, readonly string[]> {
  return new Map((team?.agents ?? []).map(({ sha256, tools }) => [sha256, tools.map(({ name }) => name)]))
}

function decisionOf(placed: PlacedRow, kind: DecisionKind, context: Context): Omit<Decision, 'number'> {
  const { row, actor } = placed
  const { stepId, attempt, seq, at, turn, reason, status, hashes = {}, sources = [], labels = [] } = row
  const body = bodyOf(context.audit, row)
  const approval = row.approval === undefined ? undefined : context.approvals.get(row.approval)
  const { starter } = context
  const own = actor?.onBehalfOf
  const behalf = isRunChain(stepId) ? [own] : [starter, own]
  return {
    at,
    kind,
    stepId,
    attempt,
    seq,
    ...(turn !== undefined && { turn }),
    ...(actor !== undefined && { actor }),
    onBehalfOf: behalf.filter((one) => one !== undefined),
    what: whatOf(row, kind, context),
    by: decidedBy(row, kind, body, own),
    ...(reason !== undefined && { reason }),
    ...(status !== undefined && { status }),
    considered: row.options ?? (kind === 'choice' ? toolsOffered(placed, context) : []),
    data: { hashes, sources, labels },
    ...(row.costUsd !== undefined && { costUsd: row.costUsd }),
    ...(row.usage !== undefined && { usage: row.usage }),
    ...(row.total !== undefined && { total: row.total }),
    ...(row.tool !== undefined && { tool: row.tool }),
    ...(approval !== undefined && { approval }),
    ...(row.policyVersion !== undefined && { policyVersion: row.policyVersion }),
    hash: row.hash,
    cause: causeOf(row, approval, context),
    ...(row.bodySha256 !== undefined && { bodySha256: row.bodySha256 }),
  }
}

/** The answer of the model, for a call; the question, for what was said to it; else the row before. */
function causeOf(row: JournalRow, approval: Decision['approval'], { turns }: Context): Sha256 {
  if (row.cause !== undefined) return row.cause
  if (row.event === 'tool') return approval?.decided ?? turns.get(turnKey(row)) ?? row.prev
  const isAnswer = row.status !== undefined && row.event === 'decision' && approval !== undefined
  return (isAnswer && approval.asked !== row.hash && approval.asked) || row.prev
}

function toolsOffered({ actor }: PlacedRow, { tools }: Context): readonly string[] {
  const names = actor === undefined ? undefined : tools.get(actor.sha256)
  return names === undefined ? [] : [...names, 'an output']
}

function whatOf(row: JournalRow, kind: DecisionKind, context: Context): string {
  const { tool, status, rule, model } = row
  switch (kind) {
    case 'choice':
      return chosen(row, context)
    case 'call':
      return `${tool?.name ?? 'a tool'}: ${status ?? 'done'}`
    case 'run':
      return row.event === 'start' ? 'the run was started' : (rule ?? 'run').replace('run.', 'the run: ')
    case 'rejection':
      return `the output was refused: ${status ?? rule ?? ''}`
    case 'outcome':
      return `the step ended: ${status ?? ''}`
    case 'end':
      return status === undefined ? `${row.chains?.length ?? 0} chains of the run` : `the run ended: ${status}`
    case 'handoff':
      return 'the task was passed on'
    case 'join':
      return 'branches came together'
    case 'settlement':
      return `${tool?.name ?? 'a call'}: ${status ?? ''}`
    case 'answer':
      return (rule ?? 'answered').replace('approval.', '')
    case 'question':
      return `asked: ${(rule ?? '').replace('approval.', '')}`
    default:
      return model?.id ?? rule ?? row.event
  }
}

/** What a model's answer asks for: as it stands beside the row, else as far as other rows tell. */
function chosen(row: JournalRow, { audit, callsOfTurns }: Context): string {
  const body = bodyOf(audit, row)
  const names = body === undefined ? undefined : toolUses(body)
  const called = names ?? (callsOfTurns.get(turnKey(row)) ?? []).map(({ tool }) => tool?.name ?? 'a tool')
  const counts = Map.groupBy(called, (name) => name)
  const parts = [...counts].map(([name, { length }]) => (length === 1 ? name : `${name} (${length} times)`))
  if (parts.length > 0) return `chose ${parts.join(', ')}`
  return names === undefined ? `answered: ${row.status ?? ''}` : 'answered in words'
}

function toolUses({ content }: JsonObject): readonly string[] {
  const blocks = Array.isArray(content) ? content : []
  return blocks.flatMap((block) => (block?.type === 'toolUse' && typeof block.name === 'string' ? [block.name] : []))
}
