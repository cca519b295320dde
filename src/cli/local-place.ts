/** The runs in the data folder. Loads no team and runs nothing. */
import { setTimeout as delay } from 'node:timers/promises'
import { followRun } from '../api/follow-run.ts'
import { listRuns, readHead, readRun } from '../api/read-run.ts'
import { NotFound } from '../errors.ts'
import type { RunId } from '../schema/ids.ts'
import type { Json } from '../schema/json.ts'
import type { Parsed } from './command.ts'
import type { Place } from './place.ts'
import { placeWords } from './place-words.ts'
import { outputOf } from './render-run.ts'
import { type Data, teamOf } from './session.ts'

/** Between looks at the journal, ms. */
const LOOK_MS = 250

export function localPlace(data: Data, values: Parsed['values']): Place {
  const { reading, stores } = data
  return {
    runs: {
      read: (runId) => readRun(runId, reading),
      output: (runId) => storedOutput(runId, data),
      list: (options) => listRuns(options, reading),
      cancel: async (runId) => (await import('./cancel-here.ts')).cancelHere(runId, data),
    },
    events: (runId, { isFollowed }) => followRun(runId, reading, isFollowed ? () => delay(LOOK_MS) : undefined),
    teamOf: async (run) => (await teamOf(run, values)).team,
    endsWithin: 'a second or so',
    name: stores.folder,
    words: placeWords(values),
  }
}

async function storedOutput(runId: RunId, { reading, stores }: Data): Promise<Json> {
  const run = await readHead(runId, reading)
  const output = await outputOf(run, (reference) => stores.artifacts.get(runId, reference))
  if (output !== undefined) return output
  throw new NotFound({ message: `Run ${runId} has no output: it is ${run.status}`, next: `baton show ${runId}` })
}
