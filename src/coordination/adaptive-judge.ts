/**
 * The rules of `adaptive` that come to an answer: how far the outputs agree (`adaptive.compare`), whether an answer stands
 * or the team gets another shape (`adaptive.judge`), and what all of it has come to (`adaptive.close`).
 */
import * as z from 'zod'
import {
  type AdaptiveOutcome,
  AdaptiveState,
  type Attempt,
  type LayerState,
  LayerState as LayerStateSchema,
  MOST_REROUTES,
  type SynthesisInput,
  SynthesisInput as SynthesisInputSchema,
  type TaskPlan,
} from '../schema/adaptation.ts'
import type { Json } from '../schema/json.ts'
import { agreement, consistency } from '../topology/consistency.ts'
import { type Before, type Forced, type Rerouted, reroute } from '../topology/reroute.ts'
import { route } from '../topology/route.ts'
import { inOrder } from './adaptive-layers.ts'
import { Accepted, RoutingOptions, shapeRun } from './adaptive-work.ts'
import type { Decision } from './rule.ts'

const Threshold = z.number().min(0).max(1)
const CompareOptions = z.strictObject({ agreement: Threshold })
const CompareInput = z.strictObject({ checked: Accepted, layers: LayerStateSchema, request: z.unknown() })

/** Gives `SynthesisInput`, or stops as `undecided` where no part gave anything. */
export const adaptiveCompare = {
  name: 'adaptive.compare',
  options: CompareOptions,
  input: CompareInput,
  decide(
    { checked: { plan }, layers, request }: z.output<typeof CompareInput>,
    { agreement: least }: z.output<typeof CompareOptions>,
  ): Decision<SynthesisInput> {
    const { topology, gaps } = layers
    const parts = standing(plan, layers).map(({ id, agent, objective, output }) => ({ id, agent, objective, output }))
    if (parts.length === 0) {
      const reason = `no part of the plan gave anything: ${gaps[0]?.id}: ${gaps[0]?.reason}`
      const next = 'See why the parts failed, remedy it, and resume the run.'
      return {
        stopped: { cause: 'undecided', reason, next },
        considered: gaps.map((gap) => `${gap.id}: ${gap.reason}`),
      }
    }
    const isMeasured = topology !== 'sequential' && parts.length > 1
    const score = isMeasured ? consistency(parts.map(({ output }) => output as Json)) : null
    const how = score === null || score >= least ? 'merge' : 'arbitrate'
    return {
      output: { request, how, topology, consistency: score, parts, gaps },
      reason:
        score === null
          ? `${topology === 'sequential' ? 'the parts build on each other' : 'there is one output'}: it is merged`
          : `the outputs agree by ${told(score)}, ${told(least)} is needed: ${how === 'merge' ? 'they are merged' : 'the arbiter is asked'}`,
      considered: parts.map(({ id, agent }) => `${id} by ${agent}`),
    }
  },
}

const JudgeOptions = RoutingOptions.extend({
  agreement: Threshold,
  reroutes: z.int().nonnegative().max(MOST_REROUTES),
})
const JudgeInput = z.strictObject({
  checked: Accepted,
  layers: LayerStateSchema,
  compared: SynthesisInputSchema,
  answer: z.unknown(),
})

/** Gives `AdaptiveState`. */
export const adaptiveJudge = {
  name: 'adaptive.judge',
  options: JudgeOptions,
  input: JudgeInput,
  decide(
    { checked: { plan }, layers, compared, answer }: z.output<typeof JudgeInput>,
    { mode, hasLead, agreement: least, reroutes }: z.output<typeof JudgeOptions>,
  ): Decision<AdaptiveState> {
    const isMerged = compared.how === 'merge'
    const outputs = compared.parts.map(({ output }) => output)
    const agreed = isMerged ? null : agreement(answer as Json, outputs as Json[])
    const attempts = layers.attempts.map((attempt, index) =>
      index < layers.attempts.length - 1
        ? attempt
        : { ...attempt, consistency: compared.consistency, agreement: agreed },
    )
    const last = { ...layers, attempts }
    const ended = { isOver: true, answer, unresolved: false, coupling: null, round: layers.round, last }
    const body = { attempts } as unknown as Json
    if (agreed === null) return { output: ended, reason: 'the answer is merged of outputs that agree', body }
    const word = `the arbiter's answer agrees with the outputs by ${told(agreed)}, ${told(least)} is needed`
    if (agreed >= least) return { output: ended, reason: `${word}: it stands`, body }
    const coupling = attempts.at(-1)?.coupling ?? 0
    const next =
      layers.attempts.length > reroutes
        ? { forced: `${reroutes} re-routes are used up` }
        : otherShape(plan, { round: layers.round, coupling }, { mode, hasLead })
    if ('forced' in next) {
      return { output: { ...ended, unresolved: true }, reason: `${word}: unresolved, ${next.forced}`, body }
    }
    return {
      output: { ...ended, isOver: false, coupling: next.coupling, round: next.round },
      reason: `${word}: the team gets another shape, as if its coupling were ${told(next.coupling)}`,
      body,
    }
  },
}

/** Without a lead, hierarchical is hybrid: a raise that leads from one to the other is passed over. */
function otherShape(
  plan: TaskPlan,
  before: Before,
  { mode, hasLead }: { readonly mode: 'strict' | 'paper'; readonly hasLead: boolean },
): Rerouted | Forced {
  const options = { mode, width: 'exact' } as const
  const now = route(plan, { ...options, coupling: before.coupling }).topology
  const next = reroute(plan, before, options)
  const isSame = 'route' in next && shapeRun(next.route.topology, hasLead) === shapeRun(now, hasLead)
  return isSame ? { forced: 'only a lead could give it another shape, and there is none' } : next
}

const CloseInput = z.strictObject({ state: AdaptiveState.extend({ last: LayerStateSchema }) })

/** Gives `AdaptiveOutcome`. */
export const adaptiveClose = {
  name: 'adaptive.close',
  options: z.strictObject({}),
  input: CloseInput,
  decide({ state: { answer, unresolved, last } }: z.output<typeof CloseInput>): Decision<AdaptiveOutcome> {
    const { topology, attempts, gaps } = last
    const parts = last.results
      .filter(({ id }) => last.settled.includes(id))
      .map(({ id, agent, output }) => ({ id, agent, output }))
    const reroutes = attempts.length - 1
    const score = attempts.at(-1)?.consistency ?? null
    return {
      output: { answer, topology, consistency: score, reroutes, unresolved, parts, gaps },
      reason: `${parts.length} parts are done and ${gaps.length} are not, ${topology}, after ${reroutes} re-routes${unresolved ? '; unresolved' : ''}`,
      considered: [...attempts.map(saidOf), ...gaps.map(({ id, agent, reason }) => `gap ${id} (${agent}): ${reason}`)],
    }
  },
}

function saidOf({ topology, line, coupling, consistency: score, agreement: agreed }: Attempt): string {
  const arbiter = agreed === null ? '' : `, arbiter ${told(agreed)}`
  return `${topology} (line ${line}, coupling ${told(coupling)}): consistency ${score === null ? 'not measured' : told(score)}${arbiter}`
}

function standing(plan: TaskPlan, { results, settled }: LayerState) {
  return inOrder(
    plan,
    results.filter(({ id }) => settled.includes(id)),
  )
}

function told(score: number): string {
  return String(Math.round(score * 100) / 100)
}
