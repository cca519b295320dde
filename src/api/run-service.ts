/**
 * `RunService`: the use cases bound to a host. The HTTP app serves one; the embedded host and the functions on AWS are
 * one, and so is a client of the HTTP API. Knows neither HTTP nor where runs are kept.
 *
 * All methods may reject with RecordsUnavailable, and those that take a run's id with NotFound.
 */

import type { Vote } from '../approval/approval-state.ts'
import type { BrakeState } from '../brake/brake.ts'
import type { RunPage } from '../records/runs.ts'
import type { BudgetView, RaiseBudget } from '../schema/budget.ts'
import type { EffectList, SettleEffect } from '../schema/effect.ts'
import type { AgentName, RunId } from '../schema/ids.ts'
import type { Json } from '../schema/json.ts'
import type { MessageList } from '../schema/mailbox.ts'
import type { Run, StartRun } from '../schema/run.ts'
import type { AuditPage, AuditQuery } from '../schema/run-audit.ts'
import type { EventId, StreamedEvent } from '../schema/run-event.ts'
import type { StateQuery, StateView } from '../schema/state.ts'
import type { TeamDescription } from '../schema/team-description.ts'
import type { Move } from '../schema/versions.ts'
import type { ApprovalsQuery, ApprovalView, ApprovalViews } from './approvals.ts'
import type { BrakeChange, BrakeReason, BrakeTarget } from './brakes.ts'
import type { RunDetails } from './read-run.ts'
import type { StartedRun } from './start-run.ts'
import type { CanaryRequest, RollbackRequest, VersionsQuery, VersionsView } from './versions.ts'

export interface RunService {
  /** @throws NotFound for an unknown workflow; InvalidRequest; Conflict: see `startRun`. */
  start(request: StartRun): Promise<StartedRun>
  read(runId: RunId): Promise<RunDetails>
  /** The output itself, also where the run's head holds a reference to it. @throws NotFound where the run has none. */
  output(runId: RunId): Promise<Json>
  /** Newest first. @param options.after `next` of the page before. */
  list(options: { readonly limit: number; readonly after?: string }): Promise<RunPage>
  /** What there is now. */
  events(runId: RunId, options?: EventsOptions): Promise<EventPage>
  /** What there is and what comes, until the run ends or the signal aborts. Ends without an error either way. */
  follow(runId: RunId, options?: FollowOptions): AsyncIterable<StreamedEvent>
  /** @param by Who asks. @throws Conflict where the run is over. */
  cancel(runId: RunId, by?: string): Promise<Run>
  /** @param by Who asks. @throws Conflict: see `resumeRun`. */
  resume(runId: RunId, by?: string): Promise<Run>
  budget(runId: RunId): Promise<BudgetView>
  /** Resumes nothing. @param by Who asks. @throws Conflict, InvalidRequest: see `raiseBudget`. */
  raiseBudget(runId: RunId, raise: RaiseBudget, by?: string): Promise<BudgetView>
  /** What its tools did to the world, oldest first. */
  effects(runId: RunId): Promise<EffectList>
  /** What proves what happened, chain by chain. @throws InvalidRequest for an unknown cursor. */
  audit(runId: RunId, query?: AuditQuery): Promise<AuditPage>
  /** @param by Who says so. @throws Conflict where its fate is known: see `settleEffect`. */
  settleEffect(runId: RunId, settle: SettleEffect, by?: string): Promise<EffectList>
  /** What its agents sent each other, or what one of them sent or was sent. Oldest first. */
  messages(runId: RunId, agent?: AgentName): Promise<MessageList>
  /** What its agents share. @throws NotFound for an unknown key or version, too; InvalidRequest: see `readRunState`. */
  state(runId: RunId, query?: StateQuery): Promise<StateView>
  /** Pending ones, or those of a run. Oldest first. */
  listApprovals(query: ApprovalsQuery): Promise<ApprovalViews>
  readApproval(approvalId: string): Promise<ApprovalView>
  /** @param principal Who decides. @throws NotFound, Forbidden, Conflict, InvalidRequest: see `decideApproval`. */
  decideApproval(approvalId: string, vote: Vote, principal: string): Promise<ApprovalView>
  describeTeam(): Promise<TeamDescription>
  /** The brakes that are on for the team, the widest first. */
  brakes(): Promise<readonly BrakeState[]>
  /** @throws NotFound for a name that the team does not have; InvalidRequest without a reason. */
  setBrake(target: BrakeTarget, why: BrakeReason): Promise<BrakeChange>
  /** Resumes nothing. */
  releaseBrake(target: BrakeTarget): Promise<BrakeChange>
  /** What is registered and released, and which release starts take. A page of releases, newest first. */
  versions(query?: VersionsQuery): Promise<VersionsView>
  /** @param by Who asks. @throws NotFound, Conflict, InvalidRequest: see `rollbackRelease`. */
  rollback(request: RollbackRequest, by: string): Promise<Move>
  /** Starts, promotes or stops one. @param by Who asks. @throws NotFound, Conflict, InvalidRequest: see `changeCanary`. */
  changeCanary(request: CanaryRequest, by: string): Promise<Move>
}

export interface EventsOptions {
  /** Only what comes after this event, and what of the last moments before it may have come late. Unknown: everything. */
  readonly after?: EventId | undefined
  /** Of what comes after it. @default 1000 */
  readonly limit?: number | undefined
}

export interface FollowOptions extends Pick<EventsOptions, 'after'> {
  readonly signal?: AbortSignal | undefined
}

export interface EventPage {
  /** In order of time. At least once: a watcher drops those whose ids it knows. */
  readonly events: readonly StreamedEvent[]
  /** `after` for the next page. */
  readonly next: EventId
  /** There is more at once. */
  readonly more: boolean
  /** The run is over, and this page tells its end: there will be no more, unless somebody resumes it. */
  readonly ended: boolean
}
