/** `baton run` for a team that runs elsewhere: what was typed becomes a request by what the team says of itself. */
import { randomUUID } from 'node:crypto'
import { InvalidRequest, NotFound } from '../../errors.ts'
import type { WorkflowDescription } from '../../schema/team-description.ts'
import type { Parsed } from '../command.ts'
import { inputFor, readInput } from '../read-input.ts'
import { readLimits } from '../read-limits.ts'
import { text } from '../session.ts'
import { settingsOf } from '../team-settings.ts'
import { announceTeam } from './announce-team.ts'
import { openRemote } from './open-remote.ts'
import { namedTeam } from './remote-place.ts'
import type { WorkflowDescriptions } from './remote-runs.ts'
import type { RemoteTarget } from './remote-target.ts'
import { watchThere } from './watch-there.ts'

/** @param words The input as plain text, where there is one. @returns the exit code */
export async function startThere(
  target: RemoteTarget,
  words: string | undefined,
  values: Parsed['values'],
): Promise<number> {
  const given = readInput(words, text(values, 'input'))
  const runs = openRemote(target)
  const described = await runs.describeWorkflows()
  const workflow = workflowNamed(described, text(values, 'workflow'))
  const budget = text(values, 'budget')
  const idempotencyKey = text(values, 'idempotency-key') ?? randomUUID()
  const request = {
    workflow: workflow.name,
    input: inputFor(workflow, given),
    // A path is one of the machine where the team runs: nothing here can tell what it stands for.
    settings: settingsOf(described.settingsSchema, values, (path) => path),
    idempotencyKey,
    ...(budget === undefined ? {} : { budget: readLimits(budget, '--budget') }),
  }
  const team = await namedTeam(described, values)
  const json = values['json'] === true
  if (!json) announceTeam(described.team, target)
  const unsure = `The same again with --idempotency-key ${idempotencyKey} finds the run, or begins it.`
  return watchThere({ runs, url: target.url, unsure, team, words: target.words, json }, async () => {
    const { run, isNew } = await runs.start(request)
    if (!isNew && !json) process.stderr.write(`Run ${run.runId} has begun before, with this idempotency key.\n`)
    return run
  })
}

function workflowNamed({ team, workflows }: WorkflowDescriptions, name: string | undefined): WorkflowDescription {
  const found = name === undefined ? workflows[0] : workflows.find((workflow) => workflow.name === name)
  if (found) return found
  const names = workflows.map((workflow) => workflow.name).join(', ')
  if (name === undefined) {
    throw new InvalidRequest({ message: `Team ${team} has no workflow to run`, next: 'Deploy it with one.' })
  }
  throw new NotFound({ message: `Team ${team} has no workflow ${JSON.stringify(name)}`, next: `Name one of: ${names}` })
}
