/**
 * The rules of `adaptive` that carry a plan out: which shape it gets (`adaptive.route`), what a lead and a part are told
 * (`adaptive.report`, `adaptive.assign`), and what a layer has come to (`adaptive.settle`).
 */
import * as z from 'zod'
import {
  AdaptiveState,
  CheckedTaskPlan,
  FailedStep,
  type Gap,
  type KeptResult,
  type LayerState,
  LayerState as LayerStateSchema,
  type PartAssignment,
  PartBriefs,
  type PartLeadInput,
  type Topology,
} from '../schema/adaptation.ts'
import { isJsonObject, type Json } from '../schema/json.ts'
import { route } from '../topology/route.ts'
import { advance, assignmentOf, inputSha256, type Planned, partOf } from './adaptive-layers.ts'
import type { Decision } from './rule.ts'

export const RoutingOptions = z.strictObject({
  mode: z.enum(['strict', 'paper']),
  hasLead: z.boolean(),
  /** Parts side by side, at most. */
  width: z.int().positive(),
})

/** Of an accepted plan. */
export const Accepted = CheckedTaskPlan.extend({ plan: CheckedTaskPlan.shape.plan.unwrap() })

const RouteInput = z.strictObject({ checked: Accepted, state: AdaptiveState, request: z.unknown() })

/** Gives `LayerState`: the first layer of the shape. */
export const adaptiveRoute = {
  name: 'adaptive.route',
  options: RoutingOptions,
  input: RouteInput,
  decide(
    { checked: { plan }, state: { last, coupling, round }, request }: z.output<typeof RouteInput>,
    { mode, hasLead, width }: z.output<typeof RoutingOptions>,
  ): Decision<LayerState> {
    const options = { mode, width: 'exact', ...(coupling !== null && { coupling }) } as const
    const routed = route(plan, options)
    const topology = shapeRun(routed.topology, hasLead)
    const isLed = topology === 'hierarchical'
    const layers = routed.layers.flatMap((layer) => inTurns(layer, width))
    const attempt = {
      ...{ topology, line: routed.line, coupling: coupling ?? routed.metrics.coupling },
      ...{ consistency: null, agreement: null },
    }
    const start: LayerState = {
      ...{ round, topology, isLed, isOver: false, next: [], layers },
      ...{ settled: [], results: last?.results ?? [], gaps: [], attempts: [...(last?.attempts ?? []), attempt] },
    }
    const { state, reused } = advance({ plan, request }, start)
    const instead = topology === routed.topology ? '' : '; there is no lead, so it runs as hybrid'
    return {
      output: state,
      reason: `${topology}: ${routed.reason}${instead}`,
      considered: [
        ...layers.map((layer, index) => `layer ${index + 1}: ${layer.join(', ')}`),
        ...reused.map((id) => `${id}: done already with the same input`),
      ],
      body: { plan, line: routed.line, metrics: routed.metrics, topology, mode } as unknown as Json,
    }
  },
}

/** A team that nobody leads runs as hybrid where the router wants a lead. */
export function shapeRun(topology: Topology, hasLead: boolean): Topology {
  return topology === 'hierarchical' && !hasLead ? 'hybrid' : topology
}

function inTurns(layer: readonly string[], width: number): string[][] {
  const turns = Math.ceil(layer.length / width)
  return Array.from({ length: turns }, (_, turn) => layer.slice(turn * width, (turn + 1) * width))
}

const WorkInput = z.strictObject({ checked: Accepted, state: LayerStateSchema, request: z.unknown() })
type WorkInput = z.output<typeof WorkInput>

const SUMMARY_CHARACTERS = 600

/** Gives `PartLeadInput`. */
export const adaptiveReport = {
  name: 'adaptive.report',
  options: z.strictObject({}),
  input: WorkInput,
  decide({ checked: { plan }, state, request }: WorkInput): Decision<PartLeadInput> {
    const parts = state.next.map(({ id, agent }) => ({ id, agent, objective: partOf(plan, id).objective }))
    const standing = state.results.filter(({ id }) => state.settled.includes(id))
    const done = standing.map(({ id, agent, output }) => ({ id, agent, summary: summaryOf(output) }))
    return {
      output: { request, parts, done, gaps: state.gaps },
      reason: `the lead is told of ${parts.length} parts to do, ${done.length} done and ${state.gaps.length} gaps`,
    }
  },
}

/** Its field `summary` where it has one, else how it begins. */
function summaryOf(output: unknown): string {
  const value = output as Json
  const own = isJsonObject(value) ? value['summary'] : value
  return (typeof own === 'string' && own.trim() !== '' ? own : JSON.stringify(value)).slice(0, SUMMARY_CHARACTERS)
}

const AssignInput = WorkInput.extend({ id: z.string(), briefs: z.union([FailedStep, PartBriefs]).nullable() })

/** Gives `PartAssignment`. */
export const adaptiveAssign = {
  name: 'adaptive.assign',
  options: z.strictObject({}),
  input: AssignInput,
  decide({ checked: { plan }, state, request, id, briefs }: z.output<typeof AssignInput>): Decision<PartAssignment> {
    const assignment = assignmentOf({ plan, request }, state, id)
    const given = briefs !== null && 'briefs' in briefs ? briefs.briefs : []
    const brief = given.find((one) => one.id === id)?.brief ?? ''
    const seen = assignment.earlier.map((one) => one.id)
    return {
      output: { ...assignment, brief },
      reason: `${id} sees ${seen.length === 0 ? 'no other part' : seen.join(', ')}${brief === '' ? '' : ', and a brief of the lead'}`,
      considered: assignment.missing.map((one) => `${one.id} is missing: ${one.reason}`),
    }
  },
}

const SettleInput = WorkInput.extend({
  /** Of each part of the layer, in their order. */
  outputs: z.array(z.unknown()),
})
type SettleInput = z.output<typeof SettleInput>

/** Gives `LayerState`: the next layer. */
export const adaptiveSettle = {
  name: 'adaptive.settle',
  options: z.strictObject({}),
  input: SettleInput,
  decide({ checked: { plan }, state, request, outputs }: SettleInput): Decision<LayerState> {
    const planned = { plan, request }
    const came = state.next.map(({ id }, index) => cameOf(planned, state, id, outputs[index]))
    const fresh = came.filter((one) => 'output' in one)
    const failed = came.filter((one) => 'reason' in one)
    const settled = new Set([...state.settled, ...fresh.map(({ id }) => id)])
    const results = [...state.results.filter(({ id }) => !came.some((one) => one.id === id)), ...fresh]
    const after = { ...state, settled: [...settled], results, gaps: [...state.gaps, ...failed] }
    const { state: next, reused } = advance(planned, after)
    return {
      output: next,
      reason: `${fresh.length} of ${came.length} parts are done${next.isOver ? '; nothing is left' : ''}`,
      considered: [
        ...failed.map(({ id, agent, reason }) => `${id} by ${agent}: ${reason}`),
        ...reused.map((id) => `${id}: done already with the same input`),
      ],
    }
  },
}

function cameOf(planned: Planned, state: LayerState, id: string, output: unknown): KeptResult | Gap {
  const { agent, objective } = partOf(planned.plan, id)
  const failure = FailedStep.safeParse(output)
  if (failure.success) return { id, agent, objective, reason: failure.data.failed.reason }
  if (output === undefined || output === null) return { id, agent, objective, reason: 'it gave nothing' }
  return { id, agent, objective, output, inputSha256: inputSha256(assignmentOf(planned, state, id), state) }
}
