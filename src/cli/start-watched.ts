/** What `run` and `agent` share: a workflow and what was typed become a run of this process, watched to its end. */
import { resolve } from 'node:path'
import { acceptRequest } from '../api/start-run.ts'
import type { Workflow } from '../define/workflow.ts'
import { announceModel } from './announce-model.ts'
import type { Parsed } from './command.ts'
import type { LoadedTeam } from './load-team.ts'
import { placeWords } from './place-words.ts'
import { inputFor, readInput } from './read-input.ts'
import { readLimits } from './read-limits.ts'
import { releasedHostHere } from './released/host-here.ts'
import { activeModel, hostOf, openData, text } from './session.ts'
import { refuseMissingPaths, settingsOf, settingsSchema } from './team-settings.ts'
import { watchHere } from './watch-here.ts'

/**
 * Looks at all that was given before it opens anything, so that a refused command leaves no data folder behind.
 * @param words The input as plain text, where there is one.
 * @returns the exit code
 */
export async function startWatched(
  { team, file }: LoadedTeam,
  workflow: Workflow,
  words: string | undefined,
  values: Parsed['values'],
): Promise<number> {
  const input = inputFor(workflow, readInput(words, text(values, 'input')))
  const idempotencyKey = text(values, 'idempotency-key')
  const budget = text(values, 'budget')
  const request = {
    workflow: workflow.name,
    input,
    settings: settingsOf(settingsSchema(team), values, (path) => resolve(path)),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    ...(budget === undefined ? {} : { budget: readLimits(budget, '--budget') }),
  }
  const { settings } = acceptRequest(request, team)
  refuseMissingPaths(team, settings, (option) => `Name a file or folder that can be read: ${option}`)
  const model = await activeModel(values)
  const { stores } = openData(values)
  const json = values['json'] === true
  if (!json) announceModel(model)
  const released = text(values, 'released')
  const host =
    released === undefined ? hostOf(team, file, model, stores) : releasedHostHere(released, { model, stores })
  return watchHere({ host, stores, team, json, words: placeWords(values) }, () => host.start(request))
}
