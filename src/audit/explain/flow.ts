/** What of a run went into what: told by hashes, messages and shared state on record, and by a workflow's own references. Pure. */
import type { Workflow } from '../../define/workflow.ts'
import type { Sha256, StepId } from '../../schema/ids.ts'
import type { JournalRow } from '../../schema/journal-row.ts'
import { isJsonObject, type Json } from '../../schema/json.ts'
import { READ_MESSAGES_TOOL, READ_STATE_TOOL, SEND_MESSAGE_TOOL, UPDATE_STATE_TOOL } from '../../schema/model-call.ts'
import { sha256 } from '../../schema/sha256.ts'
import { jsonSha256 } from '../canonical.ts'
import { declaredFlow } from './declared-flow.ts'
import type { RecordedStep } from './step-results.ts'
import { type AuditRecord, bodyOf } from './timeline.ts'

export const RUN_INPUT = ' input'
export const RUN_OUTPUT = ' output'

export interface Flow {
  /** A step, or `RUN_INPUT`. */
  readonly from: string
  /** A step, or `RUN_OUTPUT`. */
  readonly to: string
  /**
   * `declared`: the workflow refers to it. `hash`: the same value went out and in. `order`: nothing tells, but it ended before the
   * other began.
   */
  readonly how: 'declared' | 'hash' | 'message' | 'state' | 'order'
}

export interface FlowSource {
  readonly audit: AuditRecord
  readonly steps: readonly RecordedStep[]
  /** As it ran; another version says nothing. */
  readonly workflow?: Workflow | undefined
  readonly input?: Json | undefined
}

/** Each pair once for each way. Only from what had ended before the other began to act on it. */
export function flowOf(source: FlowSource): readonly Flow[] {
  const { steps, workflow, audit } = source
  const declared =
    workflow === undefined
      ? []
      : declaredFlow(
          workflow,
          steps.map(({ stepId }) => stepId),
        )
  const told = [...declared, ...hashFlow(source), ...messageFlow(steps, audit), ...stateFlow(steps, audit)]
  const reached = new Set(told.map(({ to }) => to))
  const rest = workflow === undefined ? steps.filter(({ stepId }) => !reached.has(stepId)) : []
  const all = [...told, ...rest.flatMap((step) => orderFlow(step, steps))]
  if (workflow === undefined) all.push(...lastFlow(steps))
  return [
    ...new Map(
      all.filter(({ from, to }) => from !== to).map((flow) => [`${flow.from}\n${flow.to}\n${flow.how}`, flow]),
    ).values(),
  ]
}

/** Of the values within a value that are looked for: how deep, and how many of a run. */
const DEPTH = 3
const MOST_VALUES = 50_000
/** Shorter texts are the same by chance. */
const TEXT_CHARACTERS = 24

function hashFlow({ steps, input }: FlowSource): Flow[] {
  const made = new Map<Sha256, string>()
  function add(value: Json, from: string, depth: number): void {
    if (made.size >= MOST_VALUES || !isTelling(value)) return
    for (const hash of [sha256(JSON.stringify(value)), jsonSha256(value)]) if (!made.has(hash)) made.set(hash, from)
    if (depth < DEPTH && typeof value === 'object' && value !== null) {
      for (const part of Object.values(value)) add(part, from, depth + 1)
    }
  }
  if (input !== undefined) add(input, RUN_INPUT, 0)
  const flows: Flow[] = []
  const ended = new Map(steps.map((step) => [step.stepId as string, step.endedAt ?? '']))
  for (const { output, stepId } of steps) if (output !== undefined) add(output, stepId, 0)
  for (const { stepId, rows, startedAt } of steps) {
    const hash = rows.find(({ event }) => event === 'start')?.hashes?.['input']
    const from = hash === undefined ? undefined : made.get(hash)
    if (from !== undefined && (ended.get(from) ?? '') <= startedAt) flows.push({ from, to: stepId, how: 'hash' })
  }
  return flows
}

function isTelling(value: Json): boolean {
  if (typeof value === 'string') return value.length >= TEXT_CHARACTERS
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0
}

interface Said {
  readonly stepId: StepId
  readonly tool: string
  readonly output: { readonly [key: string]: Json }
}

function resultsOf(steps: readonly RecordedStep[], audit: AuditRecord): readonly Said[] {
  return steps.flatMap(({ rows, stepId }) =>
    rows.flatMap((row: JournalRow) => {
      const output = row.event === 'tool' && row.status === 'ok' ? bodyOf(audit, row)?.['output'] : undefined
      return isJsonObject(output) ? [{ stepId, tool: row.tool?.name ?? '', output }] : []
    }),
  )
}

function messageFlow(steps: readonly RecordedStep[], audit: AuditRecord): Flow[] {
  const results = resultsOf(steps, audit)
  const senders = new Map(
    results.flatMap(({ tool, output, stepId }) =>
      tool === SEND_MESSAGE_TOOL ? [[output['id'], stepId] as const] : [],
    ),
  )
  return results.flatMap(({ tool, output, stepId }) => {
    const messages = tool === READ_MESSAGES_TOOL && Array.isArray(output['messages']) ? output['messages'] : []
    return messages.flatMap((message) => {
      const from = isJsonObject(message) ? senders.get(message['id']) : undefined
      return from === undefined ? [] : [{ from, to: stepId, how: 'message' as const }]
    })
  })
}

function stateFlow(steps: readonly RecordedStep[], audit: AuditRecord): Flow[] {
  const results = resultsOf(steps, audit)
  const writes = results.filter(({ tool, output }) => tool === UPDATE_STATE_TOOL && output['status'] === 'written')
  return results.flatMap(({ tool, output, stepId }) =>
    tool !== READ_STATE_TOOL
      ? []
      : writes
          .filter(
            (write) =>
              write.output['key'] === output['key'] && Number(write.output['version']) <= Number(output['version']),
          )
          .map((write) => ({ from: write.stepId, to: stepId, how: 'state' as const })),
  )
}

/** Of what had ended before it began, only what nothing else that had ended before stands on. */
function orderFlow({ stepId, startedAt }: RecordedStep, steps: readonly RecordedStep[]): Flow[] {
  const before = steps.filter((one) => one.stepId !== stepId && one.endedAt !== undefined && one.endedAt <= startedAt)
  const latestStart = before.reduce((latest, one) => (one.startedAt > latest ? one.startedAt : latest), '')
  const nearest = before.filter(({ endedAt = '' }) => endedAt >= latestStart)
  if (nearest.length === 0) return [{ from: RUN_INPUT, to: stepId, how: 'order' }]
  return nearest.map((one) => ({ from: one.stepId, to: stepId, how: 'order' }))
}

/** What a run gave, where nothing says from which step it came. */
function lastFlow(steps: readonly RecordedStep[]): Flow[] {
  const last = steps.findLast(({ outcome }) => outcome?.status === 'completed')
  return last === undefined ? [] : [{ from: last.stepId, to: RUN_OUTPUT, how: 'order' }]
}
