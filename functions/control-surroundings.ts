/** What the functions that start, look at and end runs reach: composed once for each environment. */
import { SFNClient } from '@aws-sdk/client-sfn'
import type { ServiceDependencies } from '../src/api/bind-run-service.ts'
import type { DrawLockfile } from '../src/api/ports.ts'
import type { ControlDependencies } from '../src/api/run-control-task.ts'
import { openApprovals } from '../src/approval/approvals.ts'
import { openBrakes } from '../src/brake/open-brakes.ts'
import { newRunId } from '../src/cli/run-id.ts'
import { systemClock } from '../src/clock.ts'
import { controlEnvironment } from '../src/config.ts'
import type { Team } from '../src/define/team.ts'
import { Conflict, NotFound } from '../src/errors.ts'
import { parseModelSetting } from '../src/models/choose.ts'
import { openReleases, type Releases } from '../src/versions/releases.ts'
import { lazySeals } from './lazy-seals.ts'
import { stepFunctionsExecutions, stopAfterGrace } from './step-functions-executions.ts'
import { stepFunctionsTokens } from './step-functions-tokens.ts'
import { openStores } from './stores.ts'
import { createTelemetry, loggingOf, type Telemetry } from './telemetry.ts'

export interface ControlSurroundings {
  readonly dependencies: ServiceDependencies & ControlDependencies
  readonly telemetry?: Pick<Telemetry, 'operation' | 'fault'>
}

const CONNECTION = { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true }

/** Steps that one answer of the API tells: a read each, within the time that API Gateway waits. */
const MOST_STEPS = 1_000

/** @throws InvalidRequest naming the variable that is missing or impossible. */
export function openControlSurroundings(team: Team): ControlSurroundings {
  const environment = controlEnvironment()
  const { BATON_MODEL, BATON_CANCEL_MACHINE_ARN } = environment
  const clock = systemClock
  const client = new SFNClient({ requestHandler: CONNECTION })
  const stores = openStores(environment, clock, { requestHandler: client.config.requestHandler })
  const { records } = stores
  const telemetry = createTelemetry({ team: team.name, ...loggingOf(environment) })
  const releases = openReleases(records, { onMove: telemetry.moved })
  return {
    telemetry,
    dependencies: {
      ...stores,
      ...lazySeals(environment),
      brakes: openBrakes({ records, clock }),
      approvals: openApprovals({ records, clock }),
      // Of the control function alone: no other may answer one.
      tokens: stepFunctionsTokens(client),
      onRow: telemetry.row,
      onDecided: telemetry.decided,
      team,
      model: parseModelSetting(BATON_MODEL).kind,
      executions: stepFunctionsExecutions(client),
      releases,
      drawLockfile: lockfileOfRelease(team, releases),
      newRunId,
      clock,
      now: () => clock.now(),
      // An execution needs no process of ours: a run that is not over goes on.
      isHeld: async () => true,
      retainsVersions: true,
      mostSteps: MOST_STEPS,
      ...(BATON_CANCEL_MACHINE_ARN && { stopLater: stopAfterGrace(client, BATON_CANCEL_MACHINE_ARN) }),
    },
  }
}

/** One consistent read a start, and one more for a release that this process has not seen. */
export function lockfileOfRelease(team: Team, releases: Pick<Releases, 'draw' | 'current'>): DrawLockfile {
  return async (runId, workflow) => {
    const drawn = await releases.draw(team.name, runId)
    if (drawn === undefined) {
      throw new Conflict({
        message: `team ${team.name} has no release yet: its deployment has not come to its end`,
        next: 'Wait for `cdk deploy` to finish, then start the run again.',
      })
    }
    const { release, arm } = drawn
    if (release.lock.workflows[workflow] !== undefined) {
      return { lock: release.lock, release: { sequence: release.sequence, arm } }
    }
    // What a canary no longer has, the stable release still may.
    const stable = arm === 'canary' ? await releases.current(team.name) : undefined
    if (stable?.lock.workflows[workflow] !== undefined) {
      return { lock: stable.lock, release: { sequence: stable.sequence, arm: 'stable' } }
    }
    // E.g. an agent alone: a laptop makes up a workflow for it, a deployment does not.
    throw new NotFound({
      message: `workflow ${workflow} of team ${team.name} is not deployed`,
      next: `Name one of: ${Object.keys(release.lock.workflows).join(', ')}`,
    })
  }
}
