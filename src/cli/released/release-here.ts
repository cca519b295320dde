/** Publishes a team file as a release of a data folder: its bundle first, then its versions, then what starts take. */
import { systemClock } from '../../clock.ts'
import { lockfileOf } from '../../engine/host-lockfile.ts'
import type { Release } from '../../schema/versions.ts'
import { contentsOf } from '../../versions/contents.ts'
import { openReleases } from '../../versions/releases.ts'
import { principalHere } from '../approvals-here.ts'
import { loadTeam } from '../load-team.ts'
import type { Data } from '../session.ts'
import { bundleTeam } from './bundle-team.ts'
import { bundlePath, writeBundle } from './bundles.ts'

export interface ReleaseHere {
  readonly reason?: string | undefined
  /** Refuses content that changed under a version that is taken. */
  readonly isStrict: boolean
  /** Recorded only: starts do not take it. */
  readonly isHeld: boolean
}

export interface ReleasedHere {
  readonly team: string
  readonly release: Release
  /** False: what starts take is the same already. */
  readonly isNew: boolean
  /** Whether starts take it. */
  readonly isStable: boolean
}

/**
 * Cut off in the middle it leaves at most a bundle that no release names, and the same command again completes it.
 * @param file Absolute.
 * @param open Opens the data folder, once there is something to put there.
 * @throws InvalidRequest, InvalidDefinition for a team that cannot be bundled; Conflict, also by `isStrict`
 */
export async function releaseHere(file: string, open: () => Data, how: ReleaseHere): Promise<ReleasedHere> {
  const bytes = await bundleTeam(file)
  const { stores } = open()
  const bundle = await writeBundle(stores.folder, bytes)
  // What is registered is what will run.
  const { team } = await loadTeam(bundlePath(stores.folder, bundle))
  const releases = openReleases(stores.records)
  const [newest] = (await releases.list(team.name, { limit: 1 })).releases
  const release = await releases.publish({
    ...{ team: team.name, teamSha256: team.sha256 as Release['teamSha256'], lock: lockfileOf(team), bundle },
    ...{ contents: contentsOf(team), at: systemClock.now().toISOString(), by: principalHere() },
    ...{ reason: how.reason, strict: how.isStrict, held: how.isHeld },
  })
  const pointer = await releases.pointer(team.name)
  return {
    team: team.name,
    release,
    isNew: release.sequence > (newest?.sequence ?? 0),
    isStable: pointer?.stable === release.sequence,
  }
}
