/** Where brakes are, and the runs that they stop: a folder of this machine, or a team that runs elsewhere. */
import type { Run } from '../schema/run.ts'
import { brakesHere, type PlaceOfBrakes } from './brakes-here.ts'
import type { Parsed } from './command.ts'
import { localPlace } from './local-place.ts'
import type { Place } from './place.ts'
import { openRemote } from './remote/open-remote.ts'
import { remotePlace } from './remote/remote-place.ts'
import { remoteTarget } from './remote/remote-target.ts'
import { resumerHere } from './resume-here.ts'
import { openData, openExistingData } from './session.ts'

export interface BrakePlaceOpened {
  readonly brakes: PlaceOfBrakes
  readonly place: Place
  /** Resolves with the run as it ended, or where it goes on elsewhere, as it is. */
  readonly resume: (run: Run) => Promise<Run>
  readonly close: () => Promise<void>
}

/**
 * @param mustExist Whether a data folder without runs is a wrong one.
 * @throws NotFound where it is; InvalidRequest
 */
export function openBrakePlace(values: Parsed['values'], mustExist: boolean): BrakePlaceOpened {
  const target = remoteTarget(values)
  if (target !== undefined) {
    const runs = openRemote(target)
    const brakes: PlaceOfBrakes = {
      list: () => runs.brakes(),
      set: (what, reason) => runs.setBrake(what, { reason, by: '' }),
      release: (what) => runs.releaseBrake(what),
    }
    return {
      brakes,
      place: remotePlace(target, values),
      resume: ({ runId }) => runs.resume(runId),
      close: async () => undefined,
    }
  }
  const data = mustExist ? openExistingData(values) : openData(values)
  const { resume, release } = resumerHere(data, values)
  return { brakes: brakesHere(data, values), place: localPlace(data, values), resume, close: release }
}
