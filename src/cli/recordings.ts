/** The recording of a run, taken from the data folder or from where a team is deployed. */

import { executionName } from '../api/ports.ts'
import { readHead } from '../api/read-run.ts'
import { wholeAudit } from '../api/run-audit.ts'
import { systemClock } from '../clock.ts'
import { createEngine } from '../engine/engine.ts'
import { NotFound } from '../errors.ts'
import { historiesOf } from '../replay/replay-run.ts'
import { type TakenRecording, takeRecording } from '../replay/take-recording.ts'
import type { RunId } from '../schema/ids.ts'
import type { Parsed } from './command.ts'
import { localPlace } from './local-place.ts'
import { openPlace, type Place, runIdOf } from './place.ts'
import { remoteTarget } from './remote/remote-target.ts'
import { type Data, openExistingData } from './session.ts'

/** Approvals of one run that an answer tells. */
const REQUESTS = 1_000

/** @throws NotFound; InvalidRequest for what is no run id. */
export async function recordingOf(word: string | undefined, values: Parsed['values']): Promise<TakenRecording> {
  if (remoteTarget(values) !== undefined) {
    const place = await openPlace(values)
    return takeRecording(await runIdOf(word, place), reading(place))
  }
  const data = openExistingData(values)
  const place = localPlace(data, values)
  return recordingHere(await runIdOf(word, place), data, place)
}

export function recordingHere(runId: RunId, { stores, reading: here }: Data, place: Place): Promise<TakenRecording> {
  return takeRecording(runId, {
    ...reading(place),
    run: (id) => readHead(id, here),
    artifact: (id, reference) => stores.artifacts.get(id, reference),
    histories: (run) => {
      const engine = createEngine({
        history: stores.history,
        clock: systemClock,
        random: Math.random,
        machine: () => undefined,
        invokeFunction: async (name) => {
          throw new NotFound({ message: `${name} is not run while histories are read`, next: 'baton resume' })
        },
      })
      return historiesOf(engine, executionName(run.runId, run.execution))
    },
  })
}

function reading({ runs }: Place) {
  return {
    run: async (runId: RunId) => (await runs.read(runId)).run,
    audit: (runId: RunId) => wholeAudit(runId, (id, query) => runs.audit(id, query), { bodies: 'true' }),
    requests: async (runId: RunId) => {
      const { approvals } = await runs.listApprovals({ runId, limit: REQUESTS })
      return approvals.map(({ request }) => request)
    },
  }
}
