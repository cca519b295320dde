/**
 * Where the data of a run came from and went: sources, the tools that read them, steps, what those did to the world, the run's
 * output. By the rows' own hashes and sources, and a workflow's references where there is one. Pure.
 */
import type { Team } from '../../define/team.ts'
import { labelsGiven } from '../../define/tool-policy.ts'
import type { Workflow } from '../../define/workflow.ts'
import type { Sha256 } from '../../schema/ids.ts'
import type { JournalRow } from '../../schema/journal-row.ts'
import type { Json } from '../../schema/json.ts'
import { UNTRUSTED } from '../../schema/label.ts'
import { READ_MESSAGES_TOOL, READ_STATE_TOOL, SEND_MESSAGE_TOOL, UPDATE_STATE_TOOL } from '../../schema/model-call.ts'
import { type Flow, flowOf, RUN_INPUT, RUN_OUTPUT } from './flow.ts'
import { type RecordedStep, recordedSteps } from './step-results.ts'
import type { AuditRecord } from './timeline.ts'

export interface LineageNode {
  readonly id: string
  /** `tool`: its calls by one step. `effect`: the same of a tool that changes something. */
  readonly kind: 'input' | 'source' | 'tool' | 'step' | 'effect' | 'output'
  /** A uri, a tool's name, a step id. Of unknown origin. */
  readonly label: string
  readonly agent?: string
  /** Of a step: how it ended; absent while it runs. */
  readonly status?: string
  /** Of a tool: calls that were made. */
  readonly calls?: number
  /** What it carries, in order; `untrusted`: strangers wrote it. */
  readonly labels: readonly string[]
  /** Of a source: what was read there. Of a tool: its results. Of a step: the row that ended it. */
  readonly hashes: readonly string[]
}

export interface LineageEdge {
  readonly from: string
  readonly to: string
  readonly how: Flow['how'] | 'read' | 'effect'
}

export interface Lineage {
  readonly runId: string
  readonly nodes: readonly LineageNode[]
  readonly edges: readonly LineageEdge[]
}

interface Known {
  readonly team?: Pick<Team, 'agents'> | undefined
  /** As it ran. */
  readonly workflow?: Workflow | undefined
  readonly input?: Json | undefined
}

/** Their flow is from step to step. */
const BETWEEN_STEPS: ReadonlySet<string> = new Set([
  SEND_MESSAGE_TOOL,
  READ_MESSAGES_TOOL,
  READ_STATE_TOOL,
  UPDATE_STATE_TOOL,
])

export function lineageOf(audit: AuditRecord, { team, workflow, input }: Known = {}): Lineage {
  const steps = recordedSteps(audit, team)
  const flows = flowOf({ audit, steps, workflow, input })
  const calls = steps.flatMap((step) => callsOf(step, team))
  const used = new Set(flows.flatMap(({ from, to }) => [from, to]))
  const ends = [
    { id: RUN_INPUT, kind: 'input' as const, label: 'input', labels: [], hashes: [] },
    { id: RUN_OUTPUT, kind: 'output' as const, label: 'output', labels: [], hashes: [] },
  ]
  return {
    runId: audit.runId,
    nodes: [
      ...ends.filter(({ id }) => used.has(id)),
      ...sourcesOf(calls),
      ...calls.map(toolNode),
      ...steps.map(stepNode),
    ],
    edges: [...calls.flatMap(callEdges), ...flows],
  }
}

function stepNode({ stepId, actor, outcome }: RecordedStep): LineageNode {
  return {
    id: stepId,
    kind: 'step',
    label: stepId,
    ...(actor !== undefined && { agent: `${actor.agent}@${actor.version}` }),
    ...(outcome?.status !== undefined && { status: outcome.status }),
    labels: outcome?.labels ?? [],
    hashes: outcome === undefined ? [] : [outcome.hash],
  }
}

/** Calls of one tool by one step that were made. */
interface Calls {
  readonly id: string
  readonly stepId: string
  readonly tool: string
  readonly isEffect: boolean
  readonly labels: readonly string[]
  readonly rows: readonly JournalRow[]
}

function callsOf({ stepId, rows, actor }: RecordedStep, team: Known['team']): readonly Calls[] {
  const agent = team?.agents.find(({ sha256 }) => sha256 === actor?.sha256)
  const made = rows.filter(
    ({ event, tool, status }) => event === 'tool' && tool?.effect !== undefined && status === 'ok',
  )
  const byTool = Map.groupBy(made, ({ tool }) => tool?.name ?? '')
  return [...byTool]
    .filter(([name]) => !BETWEEN_STEPS.has(name))
    .map(([tool, own]) => ({
      id: `tool ${tool} ${stepId}`,
      stepId,
      tool,
      isEffect: own.some((row) => row.tool?.effect !== 'read'),
      labels: [...labelsGiven(agent?.tools.find(({ name }) => name === tool) ?? { untrusted: false })].sort(),
      rows: own,
    }))
}

function toolNode({ id, tool, isEffect, labels, rows }: Calls): LineageNode {
  const hashes = rows.flatMap((row): Sha256[] => (row.hashes?.['result'] === undefined ? [] : [row.hashes['result']]))
  return { id, kind: isEffect ? 'effect' : 'tool', label: tool, calls: rows.length, labels, hashes: unique(hashes) }
}

function callEdges({ id, stepId, isEffect, rows }: Calls): LineageEdge[] {
  const uris = unique(rows.flatMap(({ sources = [] }) => sources.map(({ uri }) => uri)))
  const reads = uris.map((uri) => ({ from: sourceId(uri), to: id, how: 'read' as const }))
  return [...reads, isEffect ? { from: stepId, to: id, how: 'effect' } : { from: id, to: stepId, how: 'read' }]
}

/** One for each uri, with every state of it that was read; untrusted where a tool gave it that is. */
function sourcesOf(calls: readonly Calls[]): readonly LineageNode[] {
  const read = calls.flatMap(({ rows, labels }) =>
    rows.flatMap(({ sources = [] }) => sources.map((one) => ({ ...one, labels }))),
  )
  return [...Map.groupBy(read, ({ uri }) => uri)].map(([uri, reads]) => ({
    id: sourceId(uri),
    kind: 'source',
    label: uri,
    labels: reads.some(({ labels }) => labels.includes(UNTRUSTED)) ? [UNTRUSTED] : [],
    hashes: unique(reads.map(({ sha256 }) => sha256)),
  }))
}

function sourceId(uri: string): string {
  return `source ${uri}`
}

function unique<T>(values: readonly T[]): readonly T[] {
  return [...new Set(values)]
}
