/**
 * The end of a deployment, as a custom resource: publishes a version of each state machine and records the release that
 * starts draw from now on. What was released stays so: deleting the resource removes the artifacts of a stage that keeps
 * no data, and nothing else.
 */
import * as z from 'zod'
import { canonicalJson } from '../src/audit/canonical.ts'
import type { Clock } from '../src/clock.ts'
import { workflowNamed } from '../src/define/agent-workflow.ts'
import type { Team } from '../src/define/team.ts'
import { InvalidRequest } from '../src/errors.ts'
import { Sha256 } from '../src/schema/ids.ts'
import type { Json } from '../src/schema/json.ts'
import type { Lockfile } from '../src/schema/run.ts'
import { contentsOf } from '../src/versions/contents.ts'
import type { NewRelease, Release, Releases } from '../src/versions/releases.ts'
import { answerCustomResource, type Outcome } from './custom-resource.ts'
import type { EmptyBucket } from './empty-bucket-s3.ts'
import { type Handler, opened } from './lambda.ts'
import { observed } from './observed.ts'
import { openReleaseSurroundings } from './release-surroundings.ts'
import type { PublishVersion } from './step-functions-versions.ts'
import type { Telemetry } from './telemetry.ts'

export interface ReleaseSurroundings {
  readonly releases: Pick<Releases, 'publish' | 'list'>
  readonly publishVersion: PublishVersion
  readonly emptyBucket: EmptyBucket
  readonly clock: Clock
  readonly telemetry?: Pick<Telemetry, 'operation'>
}

/** What the construct says was deployed. */
const Deployed = z.looseObject({
  team: z.string(),
  /** ARN of the function's version, by agent. */
  agents: z.record(z.string(), z.string()),
  /** Of the version of the function that asks people. */
  control: z.string(),
  /** ARN of the state machine, by workflow. */
  workflows: z.record(z.string(), z.string()),
  /** SHA-256 of the compiled definition, by workflow. */
  definitions: z.record(z.string(), Sha256),
})
/** Given where the bucket goes with the stack. */
const Deleted = z.looseObject({
  bucketToEmpty: z.string().min(1).optional(),
  /** Whose objects are locked. */
  sealsToEmpty: z.string().min(1).optional(),
})
type Deployed = z.infer<typeof Deployed>

export interface Released {
  readonly status: 'SUCCESS' | 'FAILED'
}

export function releaseHandler({ team }: { readonly team: Team }, open = openReleaseSurroundings): Handler<Released> {
  const surroundings = opened(() => open(team))
  return async (event, context) => {
    const { releases, publishVersion, emptyBucket, clock, telemetry } = await surroundings()
    return observed(
      telemetry?.operation('release', context),
      () =>
        answerCustomResource(
          event,
          { clock, remainingMs: context.getRemainingTimeInMillis() },
          async ({ RequestType, PhysicalResourceId, ResourceProperties }) => {
            const physicalResourceId = PhysicalResourceId ?? `release-${team.name}`
            if (RequestType === 'Delete') {
              const { bucketToEmpty, sealsToEmpty } = Deleted.parse(ResourceProperties)
              if (bucketToEmpty !== undefined) await emptyBucket(bucketToEmpty)
              if (sealsToEmpty !== undefined) await emptyBucket(sealsToEmpty, { isLocked: true })
              return { physicalResourceId }
            }
            const lock = await lockOf(team, acceptDeployed(ResourceProperties, team), publishVersion)
            const at = clock.now().toISOString()
            const contents = contentsOf(team)
            const release = { team: team.name, teamSha256: team.sha256 as Sha256, lock, at, contents }
            const { sequence } = (await sameAsNewest(release, releases)) ?? (await releases.publish(release))
            return { physicalResourceId, data: { sequence: String(sequence) } } satisfies Outcome
          },
        ),
      ({ status, error }) => ({ status, error }),
    )
  }
}

/** A deployment that changes nothing moves no pointer: what was rolled back stays so. */
async function sameAsNewest(
  { team, teamSha256, lock }: Pick<NewRelease, 'team' | 'teamSha256' | 'lock'>,
  releases: Pick<Releases, 'list'>,
): Promise<Release | undefined> {
  const [newest] = (await releases.list(team, { limit: 1 })).releases
  if (newest?.teamSha256 !== teamSha256) return undefined
  return canonicalJson(newest.lock as Json) === canonicalJson(lock as Json) ? newest : undefined
}

/** Versions and hashes of agents are the bundle's own; those of definitions are what was deployed. */
async function lockOf(team: Team, deployed: Deployed, publishVersion: PublishVersion): Promise<Lockfile> {
  const agents: Lockfile['agents'] = {}
  for (const { name, version, sha256 } of team.agents) {
    const functionName = required(deployed.agents, name, 'agent')
    agents[name] = { functionName, version, sha256: sha256 as Sha256 }
  }
  const workflows: Lockfile['workflows'] = {}
  for (const [name, machineArn] of Object.entries(deployed.workflows)) {
    const version = workflowNamed(team, name)?.version
    if (version === undefined) throw mixed(team, `workflow ${name}, which the bundle does not have,`)
    const sha256 = required(deployed.definitions, name, 'definition of workflow')
    workflows[name] = { stateMachineArn: await publishVersion(machineArn), version, sha256 }
  }
  for (const { name } of team.workflows) required(deployed.workflows, name, 'workflow')
  return { agents, workflows, control: { functionName: deployed.control } }
}

function acceptDeployed(properties: unknown, team: Team): Deployed {
  const deployed = Deployed.safeParse(properties)
  if (!deployed.success) throw mixed(team, `what does not fit: ${z.prettifyError(deployed.error)};`)
  if (deployed.data.team !== team.name) throw mixed(team, `team ${deployed.data.team}`)
  return deployed.data
}

function required<T>(of: Readonly<Record<string, T>>, name: string, kind: string): T {
  const found = of[name]
  if (found !== undefined) return found
  throw new InvalidRequest({
    message: `the deployment names no ${kind} ${name}, which the bundle has`,
    next: 'Deploy the team again with one version of Baton.',
  })
}

function mixed(team: Team, what: string): InvalidRequest {
  return new InvalidRequest({
    message: `the deployment names ${what} where the bundle is of team ${team.name}`,
    next: 'Deploy the team again with one version of Baton.',
  })
}
