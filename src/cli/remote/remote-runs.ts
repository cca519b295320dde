/** A `RunService` that asks another: that of a deployed team, or of `baton serve`. Knows the routes, not the wire. */
import * as z from 'zod'
import type { BrakeTarget, BrakeChange as Changed } from '../../api/brakes.ts'
import {
  AgentList,
  ApprovalPage,
  ApprovalView,
  BrakeChange,
  BrakeList,
  EventPage,
  Health,
  PointerMove,
  RunDetails,
  RunPage,
  VersionList,
  WorkflowList,
} from '../../api/http/bodies.ts'
import type { RunService } from '../../api/run-service.ts'
import type { Clock } from '../../clock.ts'
import { BudgetView } from '../../schema/budget.ts'
import { EffectList } from '../../schema/effect.ts'
import type { RunId } from '../../schema/ids.ts'
import { Json, type JsonObject } from '../../schema/json.ts'
import { MessageList } from '../../schema/mailbox.ts'
import { Run, type StartRun } from '../../schema/run.ts'
import { AuditPage } from '../../schema/run-audit.ts'
import { StateView } from '../../schema/state.ts'
import type { Endpoint, Question } from './endpoint.ts'
import { knownEvent } from './event-connection.ts'
import { followRemote } from './follow-remote.ts'
import { parseAnswer } from './parse-answer.ts'

export interface RemoteRuns extends RunService {
  /** What may be started, and with which settings. Asked once. */
  describeWorkflows(): Promise<WorkflowDescriptions>
  health(): Promise<z.output<typeof Health>>
}
export type WorkflowDescriptions = z.output<typeof WorkflowList>

interface RemoteRunsOptions {
  readonly clock: Clock
  readonly random: () => number
}

/** What the API has on a page at most. */
const PAGE_RUNS = 100
const PAGE_APPROVALS = 100
/** Those of a kind that this version does not know are left out one by one. */
const AnyEventPage = EventPage.extend({ events: z.array(z.unknown()) })

export function openRemoteRuns(endpoint: Endpoint, { clock, random }: RemoteRunsOptions): RemoteRuns {
  const { url } = endpoint
  let described: Promise<WorkflowDescriptions> | undefined

  async function ask<T extends z.ZodType>(schema: T, question: Question): Promise<z.output<T>> {
    const { body } = await endpoint.ask(question)
    return parseAnswer(schema, body, url)
  }

  async function start({ idempotencyKey, workflow, input, settings, budget }: StartRun) {
    const { status, body } = await endpoint.ask({
      method: 'POST',
      path: '/runs',
      body: { workflow, input, settings, ...(budget && { budget: budget as JsonObject }) },
      headers: idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey },
      isRepeatable: idempotencyKey !== undefined,
    })
    return { run: parseAnswer(Run, body, url), isNew: status === 202 }
  }

  async function list({ limit, after }: Parameters<RunService['list']>[0]) {
    const runs: Run[] = []
    let next = after
    do {
      const query = { limit: String(Math.min(limit - runs.length, PAGE_RUNS)), after: next }
      const page = await ask(RunPage, { method: 'GET', path: '/runs', query })
      runs.push(...page.runs)
      next = page.next
      // A page may be empty and not the last one, but not for ever.
      if (page.runs.length === 0) break
    } while (next !== undefined && runs.length < limit)
    return next === undefined ? { runs } : { runs, next }
  }

  async function events(runId: RunId, { after, limit }: Parameters<RunService['events']>[1] = {}) {
    const query = { after, limit: limit === undefined ? undefined : String(limit) }
    const page = await ask(AnyEventPage, { method: 'GET', path: `/runs/${runId}/events`, query })
    return { ...page, events: page.events.flatMap((event) => knownEvent(event) ?? []) }
  }

  /** Repeatable: a brake that is on, or off, stays so. Who sets it is who the API says that this is. */
  function changeBrake({ of, name, ...rest }: BrakeTarget & ({ on: false } | { on: true; reason: string })) {
    const body = { of, ...(name === undefined ? {} : { name }), ...rest }
    return ask(BrakeChange, { method: 'POST', path: '/brakes', body, isRepeatable: true }) as Promise<Changed>
  }

  function describeWorkflows(): Promise<WorkflowDescriptions> {
    described ??= ask(WorkflowList, { method: 'GET', path: '/workflows' })
    return described
  }

  return {
    start,
    read: (runId) => ask(RunDetails, { method: 'GET', path: `/runs/${runId}` }) as ReturnType<RunService['read']>,
    output: (runId) => ask(Json, { method: 'GET', path: `/runs/${runId}/output` }),
    list,
    events,
    follow: (runId, options = {}) =>
      followRemote(runId, options, { endpoint, clock, random, page: (after) => events(runId, { after }) }),
    cancel: (runId) => ask(Run, { method: 'POST', path: `/runs/${runId}/cancel`, isRepeatable: false }),
    resume: (runId) => ask(Run, { method: 'POST', path: `/runs/${runId}/resume`, isRepeatable: false }),
    budget: (runId) => ask(BudgetView, { method: 'GET', path: `/runs/${runId}/budget` }),
    raiseBudget: (runId, raise) =>
      ask(BudgetView, { method: 'POST', path: `/runs/${runId}/budget`, body: raise as JsonObject, isRepeatable: true }),
    effects: (runId) => ask(EffectList, { method: 'GET', path: `/runs/${runId}/effects` }),
    settleEffect: (runId, settle) =>
      ask(EffectList, { method: 'POST', path: `/runs/${runId}/effects`, body: settle, isRepeatable: false }),
    audit: (runId, query = {}) => ask(AuditPage, { method: 'GET', path: `/runs/${runId}/audit`, query }),
    state: (runId, query = {}) => ask(StateView, { method: 'GET', path: `/runs/${runId}/state`, query }),
    messages: (runId, agent) =>
      ask(MessageList, { method: 'GET', path: `/runs/${runId}/messages`, ...(agent && { query: { agent } }) }),
    async describeTeam() {
      const [workflows, { agents }] = await Promise.all([
        describeWorkflows(),
        ask(AgentList, { method: 'GET', path: '/agents' }),
      ])
      return { ...workflows, agents }
    },
    async brakes() {
      return (await ask(BrakeList, { method: 'GET', path: '/brakes' })).brakes
    },
    setBrake: (target, { reason }) => changeBrake({ ...target, on: true, reason }),
    releaseBrake: (target) => changeBrake({ ...target, on: false }),
    versions({ limit, after } = {}) {
      const query = { limit: limit === undefined ? undefined : String(limit), after }
      return ask(VersionList, { method: 'GET', path: '/versions', query })
    },
    rollback: (request) =>
      ask(PointerMove, {
        method: 'POST',
        path: '/versions/rollback',
        body: request as JsonObject,
        isRepeatable: false,
      }),
    changeCanary: (request) =>
      ask(PointerMove, { method: 'POST', path: '/versions/canary', body: request as JsonObject, isRepeatable: false }),
    async listApprovals({ runId, limit, after }) {
      const query = { runId, limit: String(Math.min(limit, PAGE_APPROVALS)), after }
      const { approvals, next } = await ask(ApprovalPage, { method: 'GET', path: '/approvals', query })
      return next === undefined ? { approvals } : { approvals, next }
    },
    readApproval: (approvalId) => ask(ApprovalView, { method: 'GET', path: `/approvals/${approvalId}` }),
    // Repeatable: the same of the same person counts once. Who decides is who the API says that this is.
    decideApproval: (approvalId, vote) =>
      ask(ApprovalView, {
        method: 'POST',
        path: `/approvals/${approvalId}`,
        body: vote as JsonObject,
        isRepeatable: true,
      }),
    describeWorkflows,
    health: () => ask(Health, { method: 'GET', path: '/health' }),
  }
}
