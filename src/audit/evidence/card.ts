/**
 * The auditability card of a run: on one page what its record holds, how far it is verified and sealed, and what it cannot
 * show. Counts and names, no content.
 */
import type { JournalRow } from '../../schema/journal-row.ts'
import type { Run } from '../../schema/run.ts'
import type { RunAudit } from '../../schema/run-audit.ts'
import type { StepUsage } from '../../schema/step.ts'
import type { DataSource } from '../../schema/tool-call.ts'
import type { AuditVerdict } from '../findings.ts'
import { agentsOf, countBy, distinct } from './evidence-object.ts'
import { gapsOf } from './gaps.ts'

export interface Card {
  readonly run: Pick<Run, 'runId' | 'team' | 'teamSha256' | 'workflow' | 'workflowVersion' | 'status' | 'startedAt'> & {
    readonly endedAt: string | null
    /** As the host authenticated them. null: the host did not know. */
    readonly startedBy: string | null
    readonly executions: number
  }
  readonly record: Omit<AuditVerdict, 'findings'> & { readonly findings: readonly string[] }
  readonly agents: ReturnType<typeof agentsOf>
  readonly models: readonly AnsweringModel[]
  readonly sources: readonly DataSource[]
  /** What people, or deadlines in their place, decided. */
  readonly decisions: readonly {
    readonly at: string
    readonly stepId: string
    readonly said: string
    readonly by: string
  }[]
  /** What was refused, by the rule that refused it. */
  readonly refused: Readonly<Record<string, number>>
  readonly usage: StepUsage | null
  /** What this record cannot show. */
  readonly gaps: readonly string[]
}

export interface AnsweringModel {
  readonly provider: string
  readonly id: string
  readonly answers: number
  readonly inputTokens: number
  readonly outputTokens: number
  /** null: the price of an answer was not known. */
  readonly costUsd: number | null
}

export function cardOf(run: Run, audit: RunAudit, verdict: AuditVerdict): Card {
  const { runId, team, teamSha256, workflow, workflowVersion, status, startedAt, endedAt, caller, execution } = run
  const { rows } = audit
  const models = answeringModels(rows)
  return {
    run: {
      ...{ runId, team, teamSha256, workflow, workflowVersion, status, startedAt, endedAt: endedAt ?? null },
      ...{ startedBy: caller ?? null, executions: execution },
    },
    record: { ...verdict, findings: verdict.findings.map(({ what }) => what) },
    agents: agentsOf(rows),
    models,
    sources: distinct(rows.flatMap(({ sources = [] }) => sources)),
    decisions: rows.filter(isDecided).map(({ at, stepId, rule = '', reason = '' }) => {
      return { at, stepId, said: rule.replace('approval.', ''), by: reason }
    }),
    refused: countBy(rows.filter(isRefused), ({ rule, status }) => rule ?? status),
    usage: run.usage ?? null,
    gaps: gapsOf(run, audit, verdict, models),
  }
}

const DECIDED = ['approval.approved', 'approval.denied', 'approval.expired']

function isDecided({ event, rule = '' }: JournalRow): boolean {
  return event === 'decision' && DECIDED.includes(rule)
}

/** People's own denials stand among the decisions. */
function isRefused({ event, status, rule = '' }: JournalRow): boolean {
  if (event === 'rejection') return true
  return (event === 'tool' || event === 'decision') && status === 'denied' && !DECIDED.includes(rule)
}

function answeringModels(rows: readonly JournalRow[]): AnsweringModel[] {
  const models = new Map<string, AnsweringModel>()
  for (const { model, usage, costUsd } of rows) {
    if (model === undefined) continue
    const { provider, id } = model
    const key = `${provider} ${id}`
    const before = models.get(key) ?? { provider, id, answers: 0, inputTokens: 0, outputTokens: 0, costUsd: 0 }
    const isPriced = before.costUsd !== null && typeof costUsd === 'number'
    models.set(key, {
      ...before,
      answers: before.answers + 1,
      inputTokens: before.inputTokens + (usage?.inputTokens ?? 0),
      outputTokens: before.outputTokens + (usage?.outputTokens ?? 0),
      costUsd: isPriced ? (before.costUsd ?? 0) + costUsd : null,
    })
  }
  return [...models.values()]
}
