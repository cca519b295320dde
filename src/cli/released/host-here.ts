/** The releases of a data folder as a host, and the team of the one that starts take. */
import type { DrawLockfile } from '../../api/ports.ts'
import { systemClock } from '../../clock.ts'
import { openHost } from '../../engine/host.ts'
import { thisProcess } from '../../engine/host-owner.ts'
import { openSecrets } from '../../engine/host-secrets.ts'
import type { Stores } from '../../engine/host-stores.ts'
import { InvalidRequest } from '../../errors.ts'
import { openReleases } from '../../versions/releases.ts'
import type { Options, Parsed } from '../command.ts'
import { type LoadedTeam, loadTeam } from '../load-team.ts'
import { newRunId } from '../run-id.ts'
import { type ActiveModel, openExistingData, text } from '../session.ts'
import { loadRelease } from './load-release.ts'
import { noRelease, type ReleasedHost, releasedHost } from './released-host.ts'

export const RELEASED_OPTION: Options = {
  released: {
    type: 'string',
    hint: 'NAME',
    description: 'A team as it was released with `baton release`, by its name, in place of a team file',
  },
}

/** What `releasedHostHere` has for each release. */
export interface HostParts {
  readonly model: ActiveModel
  readonly stores: Stores
}

export function releasedHostHere(team: string, { model, stores }: HostParts): ReleasedHost {
  const open = ({ team, file }: LoadedTeam, drawLockfile?: DrawLockfile) =>
    openHost({
      ...{ stores, team, teamFile: file, newRunId, ...(drawLockfile && { drawLockfile }) },
      ...{ model: model.model, priceOf: model.prices.priceOf },
      ...{ clock: systemClock, random: Math.random, owner: thisProcess() },
      readSecret: openSecrets(stores.folder).read,
    })
  return releasedHost({
    ...{ team, stores, newRunId, open },
    releases: openReleases(stores.records),
    load: (release) => loadRelease(team, release, stores),
    loadOf: (run) => loadTeam(run.teamFile),
  })
}

/**
 * The team that is to run: a file as it is now, or what was released.
 * @throws InvalidRequest where both are named; NotFound where there is no such release
 */
export async function teamToRun(values: Parsed['values']): Promise<LoadedTeam> {
  const [name, file] = [text(values, 'released'), text(values, 'team')]
  if (name === undefined) return loadTeam(file)
  if (file === undefined) return releasedTeam(name, values)
  throw new InvalidRequest({
    message: '--team runs a file as it is now, and --released runs what was released',
    next: 'Give one of them.',
  })
}

/** Of a canary's two the stable one. */
async function releasedTeam(name: string, values: Parsed['values']): Promise<LoadedTeam> {
  const { stores } = openExistingData(values)
  try {
    const release = await openReleases(stores.records).current(name)
    if (release === undefined) throw noRelease(name)
    return await loadRelease(name, release, stores)
  } finally {
    stores.close()
  }
}
