/**
 * Holds every effect of a run against what must be on record to explain it: who acted, the answer of the model that chose it
 * with these arguments, what became of it, and the word of a person where one was needed. Pure.
 */
import type { Team } from '../../define/team.ts'
import type { EffectView } from '../../schema/effect.ts'
import type { Sha256, StepId } from '../../schema/ids.ts'
import type { JournalRow } from '../../schema/journal-row.ts'
import type { Json } from '../../schema/json.ts'
import { sha256 } from '../../schema/sha256.ts'
import { jsonSha256 } from '../canonical.ts'
import { approvalsOf } from './approvals-given.ts'
import { type AuditRecord, bodyOf, chainsOf } from './timeline.ts'

export interface UnexplainedEffect {
  readonly stepId: StepId
  readonly tool: string
  readonly callId: string
  /** What is missing, for a person. */
  readonly what: string
}

interface Known {
  /** By its tools' declarations it is told where a call needed a person and none was asked. */
  readonly team?: Pick<Team, 'agents'> | undefined
  /** What the ledger knows of: each of them must be a row. */
  readonly effects?: readonly Pick<EffectView, 'stepId' | 'tool' | 'callId' | 'status'>[]
}

/** Calls of these statuses did nothing to the world. */
const NOTHING_DONE: ReadonlySet<string> = new Set(['denied', 'suggested'])
/** Rules by which a call is made only once a person has allowed it. */
const NEEDS_PERSON = /^(approval\.|autonomy\.approve$|sink$)/

/** Empty where every effect is explained. */
export function unexplainedEffects(
  audit: AuditRecord,
  { team, effects = [] }: Known = {},
): readonly UnexplainedEffect[] {
  const approvals = approvalsOf(audit)
  const chains = chainsOf(audit.rows)
  const calls = [...chains.values()].flatMap((chain) => chain.filter(isEffect).map((row) => ({ row, chain })))
  const faults = calls.flatMap(({ row, chain }) => {
    const faultless = NOTHING_DONE.has(row.status ?? '')
    const what =
      actorFault(row, chain) ??
      (row.rule === 'undo' ? undoFault(row, audit.rows) : choiceFault(row, chain, audit)) ??
      (row.status === undefined ? 'its row does not say what became of it' : undefined) ??
      (faultless ? undefined : approvalFault(row, chain, approvals, team))
    return what === undefined ? [] : [{ ...placeOf(row), what }]
  })
  const known = new Set(calls.flatMap(({ row }) => idsOf(row)))
  const unwritten = effects.filter(
    ({ status, callId }) => status !== 'intent' && status !== 'released' && !known.has(callId),
  )
  const missing = unwritten.map(({ stepId, tool, callId }) => ({ stepId, tool, callId, what: 'no row tells of it' }))
  return [...faults, ...missing]
}

export function isEffect({ event, tool }: JournalRow): boolean {
  return event === 'tool' && tool?.effect !== undefined && tool.effect !== 'read'
}

function placeOf({ stepId, tool }: JournalRow) {
  return { stepId, tool: tool?.name ?? '', callId: tool?.callId ?? '' }
}

/** Under which the ledger may know it: a call that a person changed is another. */
function idsOf({ tool, hashes }: JournalRow): readonly string[] {
  const callId = tool?.callId ?? ''
  const edited = hashes?.['edited']
  return edited === undefined ? [callId] : [callId, sha256(JSON.stringify([callId, edited]))]
}

function actorFault({ attempt }: JournalRow, chain: readonly JournalRow[]): string | undefined {
  const start = chain.find((row) => row.event === 'start' && row.attempt === attempt)
  return start?.actor === undefined ? 'nothing says who acted' : undefined
}

/** What was taken back is a call of another chain. */
function undoFault({ hashes }: JournalRow, rows: readonly JournalRow[]): string | undefined {
  const undone = hashes?.['call']
  const isThere = rows.some(({ event, tool }) => event === 'tool' && tool?.callId === undone)
  return isThere ? undefined : 'nothing tells of the call that it takes back'
}

function choiceFault(row: JournalRow, chain: readonly JournalRow[], audit: AuditRecord): string | undefined {
  const turn = chain.findLast(({ event, turn: number }) => event === 'turn' && number === row.turn)
  if (turn === undefined) return 'no answer of a model asks for it'
  const content = bodyOf(audit, turn)?.['content']
  if (!Array.isArray(content)) return undefined
  return content.some((block) => isCall(block, row)) ? undefined : 'the answer of the model does not ask for this call'
}

function isCall(block: Json, { tool, hashes }: JournalRow): boolean {
  const { type, name, input = null } = (block ?? {}) as { readonly [key: string]: Json }
  return type === 'toolUse' && name === tool?.name && jsonSha256(input) === hashes?.['arguments']
}

function approvalFault(
  row: JournalRow,
  chain: readonly JournalRow[],
  approvals: ReturnType<typeof approvalsOf>,
  team: Known['team'],
): string | undefined {
  const { approval: id, rule = '' } = row
  if (id !== undefined) {
    const approval = approvals.get(id)
    if (approval?.asked === undefined) return 'nothing tells what the person was asked'
    if (approval.outcome === 'approved') return undefined
    return approval.outcome === undefined ? 'nobody had decided' : 'it was made though a person denied it'
  }
  const isNeeded = NEEDS_PERSON.test(rule) || isAlwaysAsked(row, chain, team)
  return isNeeded ? 'no person allowed it' : undefined
}

/** Only as the agent was declared in the version that ran. */
function isAlwaysAsked({ attempt, tool }: JournalRow, chain: readonly JournalRow[], team: Known['team']): boolean {
  const sha256: Sha256 | undefined = chain.find((row) => row.event === 'start' && row.attempt === attempt)?.actor
    ?.sha256
  const agent = team?.agents.find((one) => one.sha256 === sha256)
  const { autonomy } = agent ?? {}
  const level = typeof autonomy === 'string' ? autonomy : autonomy?.[tool?.name ?? '']
  return level === 'approve' || agent?.tools.find(({ name }) => name === tool?.name)?.approval?.when === 'always'
}
