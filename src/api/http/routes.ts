/** The HTTP API as data: the app answers by it, the OpenAPI document and API Gateway's validation are made from it. */
import * as z from 'zod'
import { ApprovalId } from '../../schema/approval.ts'
import { BudgetView, RaiseBudget } from '../../schema/budget.ts'
import { EffectList, SettleEffect } from '../../schema/effect.ts'
import { AgentName, RunId } from '../../schema/ids.ts'
import { Json } from '../../schema/json.ts'
import { MessageList } from '../../schema/mailbox.ts'
import { Run } from '../../schema/run.ts'
import { AuditPage, AuditQuery } from '../../schema/run-audit.ts'
import { EventId } from '../../schema/run-event.ts'
import { StateQuery, StateView } from '../../schema/state.ts'
import {
  AgentList,
  ApprovalPage,
  ApprovalView,
  BrakeBody,
  BrakeChange,
  BrakeList,
  CanaryBody,
  DecideBody,
  EventPage,
  Health,
  PointerMove,
  RollbackBody,
  RunDetails,
  RunPage,
  StartRunBody,
  VersionList,
  WorkflowList,
} from './bodies.ts'

export interface Answer {
  readonly description: string
  /** Absent: there is no content. */
  readonly schema?: z.ZodType
  /** Other than JSON, for the same. */
  readonly alsoAs?: { readonly contentType: string; readonly schema: z.ZodType }
  readonly headers?: Readonly<Record<string, string>>
}

export interface Route {
  readonly method: 'GET' | 'POST'
  /** Parameters in braces, as OpenAPI and API Gateway write them. */
  readonly path: string
  readonly operationId: string
  readonly summary: string
  readonly description?: string
  readonly params?: z.ZodObject
  readonly query?: z.ZodObject
  /** By their names in lower case. */
  readonly headers?: z.ZodObject
  readonly body?: { readonly model: string; readonly schema: z.ZodObject }
  readonly answers: Readonly<Record<number, Answer>>
  /** Statuses of the problems that a client may cause here, beside those of every route. */
  readonly problems: readonly number[]
}

/** Most runs on a page, and most events. */
const PAGE_RUNS = 100
const PAGE_EVENTS = 5_000
const PAGE_APPROVALS = 100
const PAGE_RELEASES = 100

const LOCATION = { Location: 'Of the run, relative to this path.' }
const params = z.strictObject({ runId: RunId.meta({ description: 'The run’s id.' }) })
const approvalParams = z.strictObject({ approvalId: ApprovalId.meta({ description: 'The approval’s id.' }) })
const limit = (most: number, usual: number) =>
  z.coerce.number<string>().int().min(1).max(most).default(usual).meta({ description: 'How many at most.' })

export const ROUTES = {
  startRun: {
    method: 'POST',
    path: '/runs',
    operationId: 'startRun',
    summary: 'Start a run of a workflow',
    description:
      'Two starts of one caller with the same Idempotency-Key, workflow and body are the same run; with another body, the key is refused. Keys are each caller’s own; on AWS, a caller is the ARN that signed, the name of its session included.',
    headers: z.object({
      'idempotency-key': z
        .string()
        .regex(/^[\x21-\x7e](?:[\x20-\x7e]{0,198}[\x21-\x7e])?$/, '1 to 200 printable ASCII characters are expected')
        .optional()
        .meta({ description: 'Makes the start safe to repeat.', example: 'order-4711' }),
    }),
    body: { model: 'StartRun', schema: StartRunBody },
    answers: {
      202: { description: 'The run has begun.', schema: Run, headers: LOCATION },
      200: {
        description: 'The run that this key began before.',
        schema: Run,
        headers: LOCATION,
      },
    },
    problems: [404, 409, 413, 415],
  },
  listRuns: {
    method: 'GET',
    path: '/runs',
    operationId: 'listRuns',
    summary: 'List runs, newest first',
    query: z.strictObject({
      limit: limit(PAGE_RUNS, 50),
      after: z.string().max(200).optional().meta({ description: '`next` of the page before.' }),
    }),
    answers: { 200: { description: 'A page of runs.', schema: RunPage } },
    problems: [413],
  },
  readRun: {
    method: 'GET',
    path: '/runs/{runId}',
    operationId: 'readRun',
    summary: 'Read a run with its steps and its critical path',
    params,
    answers: { 200: { description: 'The run.', schema: RunDetails } },
    problems: [404, 413],
  },
  readOutput: {
    method: 'GET',
    path: '/runs/{runId}/output',
    operationId: 'readOutput',
    summary: 'Read the output of a run, also where it is too large for the run itself',
    params,
    answers: { 200: { description: 'The output.', schema: Json } },
    problems: [404, 413],
  },
  listEvents: {
    method: 'GET',
    path: '/runs/{runId}/events',
    operationId: 'listEvents',
    summary: 'Read what happened in a run, oldest first, or follow it',
    description:
      'Events come at least once: drop those whose ids you know, as the last seconds before `after` are told again. Asked for as text/event-stream, they come as server-sent events; where the answer ends before the run does, connect again after `retry` milliseconds with Last-Event-ID, as browsers do by themselves.',
    params,
    query: z.strictObject({
      after: EventId.optional().meta({ description: 'Only what comes after this event.' }),
      limit: limit(PAGE_EVENTS, 1_000),
    }),
    headers: z.object({
      'last-event-id': EventId.optional().meta({ description: 'The same as `after`, for server-sent events.' }),
    }),
    answers: {
      200: {
        description: 'A page of events, or a stream of them.',
        schema: EventPage,
        alsoAs: { contentType: 'text/event-stream', schema: z.string() },
      },
      204: { description: 'The stream is at its end: the run is over, and its end is known.' },
    },
    problems: [404, 413],
  },
  cancelRun: {
    method: 'POST',
    path: '/runs/{runId}/cancel',
    operationId: 'cancelRun',
    summary: 'Cancel a run: no further turn or tool begins, and what is finished stays',
    params,
    answers: { 202: { description: 'The run, which ends soon or has ended.', schema: Run } },
    problems: [404, 409],
  },
  resumeRun: {
    method: 'POST',
    path: '/runs/{runId}/resume',
    operationId: 'resumeRun',
    summary: 'Go on with a run that was cut off, failed, timed out or was cancelled',
    params,
    answers: { 202: { description: 'The run, which goes on.', schema: Run } },
    problems: [404, 409],
  },
  readBudget: {
    method: 'GET',
    path: '/runs/{runId}/budget',
    operationId: 'readBudget',
    summary: 'Read what a run may use, what it has used and what is handed out, from its team down to its steps',
    params,
    answers: { 200: { description: 'The budget.', schema: BudgetView } },
    problems: [404, 413],
  },
  raiseBudget: {
    method: 'POST',
    path: '/runs/{runId}/budget',
    operationId: 'raiseBudget',
    summary: 'Raise the budget of a run, or of a workflow in it',
    description:
      'New limits are given whole, so that it is safe to repeat. A run that has stopped goes on once it is resumed.',
    params,
    body: { model: 'RaiseBudget', schema: RaiseBudget },
    answers: { 200: { description: 'The budget as it is now.', schema: BudgetView } },
    problems: [404, 409, 413, 415],
  },
  listEffects: {
    method: 'GET',
    path: '/runs/{runId}/effects',
    operationId: 'listEffects',
    summary: 'List what the tools of a run did to the world, oldest first, and what nobody knows of',
    params,
    answers: { 200: { description: 'The calls with effects.', schema: EffectList } },
    problems: [404, 413],
  },
  settleEffect: {
    method: 'POST',
    path: '/runs/{runId}/effects',
    operationId: 'settleEffect',
    summary: 'Say what became of a call that nobody knows of',
    description: 'It is written into the journal of the run, with who said it. Nothing is made again by it.',
    params,
    body: { model: 'SettleEffect', schema: SettleEffect },
    answers: { 200: { description: 'The calls with effects as they are now.', schema: EffectList } },
    problems: [404, 409, 413, 415],
  },
  readAudit: {
    method: 'GET',
    path: '/runs/{runId}/audit',
    operationId: 'readAudit',
    summary: 'Read the audit record of a run: its rows, its seals, and the public keys that they are verified with',
    description: 'Some whole steps a page. `baton audit verify` judges it, on any machine.',
    params,
    query: AuditQuery,
    answers: { 200: { description: 'A page of the record.', schema: AuditPage } },
    problems: [404, 413],
  },
  listMessages: {
    method: 'GET',
    path: '/runs/{runId}/messages',
    operationId: 'listMessages',
    summary: 'List the messages that the agents of a run sent each other, oldest first',
    params,
    query: z.strictObject({
      agent: AgentName.optional().meta({ description: 'Only what this agent sent or was sent.' }),
    }),
    answers: { 200: { description: 'The messages.', schema: MessageList } },
    problems: [404, 413],
  },
  readState: {
    method: 'GET',
    path: '/runs/{runId}/state',
    operationId: 'readState',
    summary: 'Read the state that the agents of a run share, now, at a version or at a time',
    params,
    query: StateQuery,
    answers: { 200: { description: 'The keys that were written to.', schema: StateView } },
    problems: [404, 413],
  },
  listAgents: {
    method: 'GET',
    path: '/agents',
    operationId: 'listAgents',
    summary: 'Describe the agents of the team',
    answers: { 200: { description: 'The agents.', schema: AgentList } },
    problems: [],
  },
  listWorkflows: {
    method: 'GET',
    path: '/workflows',
    operationId: 'listWorkflows',
    summary: 'Describe the workflows of the team, with their schemas and worst cases',
    answers: { 200: { description: 'The workflows.', schema: WorkflowList } },
    problems: [],
  },
  listApprovals: {
    method: 'GET',
    path: '/approvals',
    operationId: 'listApprovals',
    summary: 'List what waits for people, oldest first; of one run, also what was decided',
    query: z.strictObject({
      runId: RunId.optional().meta({ description: 'Of this run only, however they ended.' }),
      limit: limit(PAGE_APPROVALS, 50),
      after: z.string().max(200).optional().meta({ description: '`next` of the page before.' }),
    }),
    answers: { 200: { description: 'A page of approvals.', schema: ApprovalPage } },
    problems: [413],
  },
  readApproval: {
    method: 'GET',
    path: '/approvals/{approvalId}',
    operationId: 'readApproval',
    summary: 'Read all of what somebody is asked: the whole arguments, who may decide, what was said so far',
    params: approvalParams,
    answers: { 200: { description: 'The approval.', schema: ApprovalView } },
    problems: [404],
  },
  decideApproval: {
    method: 'POST',
    path: '/approvals/{approvalId}',
    operationId: 'decideApproval',
    summary: 'Approve, with edited arguments or an answer where it takes them, or deny, with guidance',
    description:
      'Names the hash of what was seen. Said again by the same person, it counts once; where it has ended, is about something else, or was said otherwise before, it is refused.',
    params: approvalParams,
    body: { model: 'Decision', schema: DecideBody },
    answers: { 200: { description: 'The approval as it stands now.', schema: ApprovalView } },
    problems: [403, 404, 409, 413, 415],
  },
  listBrakes: {
    method: 'GET',
    path: '/brakes',
    operationId: 'listBrakes',
    summary: 'List the brakes that are on for the team, the widest first',
    answers: { 200: { description: 'The brakes.', schema: BrakeList } },
    problems: [],
  },
  changeBrake: {
    method: 'POST',
    path: '/brakes',
    operationId: 'changeBrake',
    summary: 'Set or release the brake of an agent, a workflow, the team or the fleet',
    description:
      'Under a brake no run starts or resumes, and what runs stops before its next turn or tools, for that reason; nothing in flight is thrown away, and a run that waits for a person goes on waiting. Release it, then resume the runs that it stopped.',
    body: { model: 'Brake', schema: BrakeBody },
    answers: { 200: { description: 'The brake as it is, or was.', schema: BrakeChange } },
    problems: [404, 409, 413, 415],
  },
  listVersions: {
    method: 'GET',
    path: '/versions',
    operationId: 'listVersions',
    summary: 'List what is registered and released, which release starts take, and who changed that',
    query: z.strictObject({
      limit: limit(PAGE_RELEASES, 20),
      after: z
        .string()
        .regex(/^RELEASE#\d{12}$/, 'it is no `next` of a page')
        .optional()
        .meta({ description: '`next` of the page of releases before.' }),
    }),
    answers: { 200: { description: 'The versions.', schema: VersionList } },
    problems: [413],
  },
  rollback: {
    method: 'POST',
    path: '/versions/rollback',
    operationId: 'rollback',
    summary: 'Have starts take an earlier release',
    description: 'Runs that are going on stay on what they began with. A canary that is on ends.',
    body: { model: 'Rollback', schema: RollbackBody },
    answers: { 200: { description: 'What was changed.', schema: PointerMove } },
    problems: [404, 409, 413, 415],
  },
  changeCanary: {
    method: 'POST',
    path: '/versions/canary',
    operationId: 'changeCanary',
    summary: 'Have a share of starts take another release; give it all starts, or none again',
    description:
      'Where its guard is broken, a canary stops by itself. Runs that are going on stay on what they began with.',
    body: { model: 'Canary', schema: CanaryBody },
    answers: { 200: { description: 'What was changed.', schema: PointerMove } },
    problems: [404, 409, 413, 415],
  },
  readOpenapi: {
    method: 'GET',
    path: '/openapi.json',
    operationId: 'readOpenapi',
    summary: 'Read this description of the API (OpenAPI 3.1)',
    answers: { 200: { description: 'The document.', schema: z.looseObject({ openapi: z.string() }) } },
    problems: [],
  },
  readHealth: {
    method: 'GET',
    path: '/health',
    operationId: 'readHealth',
    summary: 'Ask whether the API answers',
    answers: { 200: { description: 'It does.', schema: Health } },
    problems: [],
  },
} as const satisfies Readonly<Record<string, Route>>

export type OperationId = keyof typeof ROUTES

export const ALL_ROUTES: readonly Route[] = Object.values(ROUTES)
