/** The versions that a run on this host uses: the team as it is loaded. On AWS the registry draws them. */
import type { Team } from '../define/team.ts'
import type { Json } from '../schema/json.ts'
import type { Lockfile } from '../schema/run.ts'
import type { Contents } from '../schema/versions.ts'
import { compileWorkflow } from '../workflow/compile.ts'

/**
 * @param released What the team was released as: its versions stand where a declared number was taken already. Hashes are
 *   always the loaded team's own.
 */
export function lockfileOf(team: Team, released: Contents = {}): Lockfile {
  return {
    control: { functionName: controlName(team) },
    agents: Object.fromEntries(
      team.agents.map(({ name, version, sha256 }) => [
        name,
        {
          functionName: `${team.name}-${name}`,
          version: released[`agent/${name}`] ?? version,
          sha256: sha256 as Lockfile['agents'][string]['sha256'],
        },
      ]),
    ),
    workflows: Object.fromEntries(
      team.workflows.map((workflow) => [
        workflow.name,
        {
          stateMachineArn: localArn(team.name, workflow.name),
          version: released[`workflow/${workflow.name}`] ?? workflow.version,
          sha256: compileWorkflow(workflow).sha256 as Lockfile['workflows'][string]['sha256'],
        },
      ]),
    ),
  }
}

export function controlName(team: Pick<Team, 'name'>): string {
  return `${team.name}-control`
}

/** What stands for a state machine's ARN on this host. */
export function localArn(team: string, workflow: string): string {
  return `arn:aws:states:local:000000000000:stateMachine:${team}-${workflow}`
}

/** What a child execution runs. */
export function machineFor(team: Team, arn: string): { readonly arn: string; readonly definition: Json } | undefined {
  const workflow = team.workflows.find(({ name }) => localArn(team.name, name) === arn)
  return workflow && { arn, definition: compileWorkflow(workflow).definition as unknown as Json }
}
