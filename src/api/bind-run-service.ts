/** `bindRunService`: the use cases with what a host gives them. Chooses no adapter. */
import type { Brakes } from '../brake/open-brakes.ts'
import type { Team } from '../define/team.ts'
import { NotFound } from '../errors.ts'
import type { Artifacts } from '../records/artifacts.ts'
import type { RunId } from '../schema/ids.ts'
import type { Json } from '../schema/json.ts'
import { Reference } from '../schema/step.ts'
import type { TeamDescription } from '../schema/team-description.ts'
import type { Releases } from '../versions/releases.ts'
import { type ApprovalDependencies, decideApproval, listApprovals, readApproval } from './approvals.ts'
import { listBrakes, releaseBrake, setBrake } from './brakes.ts'
import { type CancelDependencies, cancelRun } from './cancel-run.ts'
import { describeTeam } from './describe-team.ts'
import { endUnnoticed } from './end-unnoticed.ts'
import { finishedChains } from './finished-chains.ts'
import { followRun, readEvents } from './follow-run.ts'
import { raiseBudget } from './raise-budget.ts'
import { readBudget } from './read-budget.ts'
import { listRuns, readHead, readRun } from './read-run.ts'
import { type ResumeDependencies, resumeRun } from './resume-run.ts'
import { type AuditDependencies, readAudit } from './run-audit.ts'
import { readEffects, settleEffect } from './run-effects.ts'
import { readMessages } from './run-messages.ts'
import type { RunService } from './run-service.ts'
import { readRunState } from './run-state.ts'
import { type StartDependencies, startRun } from './start-run.ts'
import { changeCanary, readVersions, rollbackRelease } from './versions.ts'

export interface ServiceDependencies
  extends StartDependencies,
    ResumeDependencies,
    CancelDependencies,
    ApprovalDependencies,
    Pick<AuditDependencies, 'seals' | 'sealKeys'> {
  readonly team: Team
  readonly artifacts: Artifacts
  readonly brakes: Brakes
  readonly releases: Releases
}

/** Between looks at the journal of a run that is followed, ms. */
const LOOK_MS = 250

export function bindRunService(dependencies: ServiceDependencies): RunService {
  const { team, clock, artifacts } = dependencies
  const reading = { ...dependencies, finished: finishedChains() }
  let description: TeamDescription | undefined
  return {
    start: (request) => startRun(request, dependencies),
    async read(runId) {
      const details = await readRun(runId, dependencies)
      return (await endUnnoticed(details, dependencies)) ? readRun(runId, dependencies) : details
    },
    output: async (runId) => outputOf(runId, dependencies, artifacts),
    list: (options) => listRuns(options, dependencies),
    events: (runId, options) => readEvents(runId, reading, options),
    follow(runId, { after, signal } = {}) {
      const pause = async () => {
        // An abort cuts the sleep short and is no failure.
        await clock.sleep(LOOK_MS, signal).catch(() => undefined)
        return signal?.aborted !== true
      }
      return followRun(runId, reading, pause, after)
    },
    cancel: (runId, by) => cancelRun(runId, dependencies, by),
    resume: (runId, by) => resumeRun(runId, dependencies, by),
    budget: (runId) => readBudget(runId, dependencies),
    raiseBudget: (runId, raise, by) => raiseBudget(runId, raise, dependencies, by),
    effects: (runId) => readEffects(runId, dependencies),
    audit: (runId, query = {}) => readAudit(runId, query, dependencies),
    settleEffect: (runId, settle, by) => settleEffect(runId, settle, dependencies, by),
    messages: (runId, agent) => readMessages(runId, dependencies, agent),
    state: (runId, query) => readRunState(runId, dependencies, query),
    listApprovals: (query) => listApprovals(query, dependencies),
    readApproval: (approvalId) => readApproval(approvalId, dependencies),
    decideApproval: (approvalId, vote, principal) => decideApproval(approvalId, vote, principal, dependencies),
    async describeTeam() {
      description ??= describeTeam(team)
      return description
    },
    brakes: () => listBrakes(dependencies),
    setBrake: (target, why) => setBrake(target, why, dependencies),
    releaseBrake: (target) => releaseBrake(target, dependencies),
    versions: (query = {}) => readVersions(query, dependencies),
    rollback: (request, by) => rollbackRelease(request, by, dependencies),
    changeCanary: (request, by) => changeCanary(request, by, dependencies),
  }
}

async function outputOf(runId: RunId, dependencies: ServiceDependencies, artifacts: Artifacts): Promise<Json> {
  const { output, status } = await readHead(runId, dependencies)
  if (output === undefined) {
    throw new NotFound({ message: `Run ${runId} has no output: it is ${status}`, next: `baton show ${runId}` })
  }
  const reference = Reference.safeParse(output)
  return reference.success ? artifacts.get(runId, reference.data) : output
}
