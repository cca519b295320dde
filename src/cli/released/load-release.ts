/** What a release of a data folder runs. */
import type { Stores } from '../../engine/host-stores.ts'
import { NotFound } from '../../errors.ts'
import type { Run } from '../../schema/run.ts'
import type { Release } from '../../schema/versions.ts'
import { openReleases } from '../../versions/releases.ts'
import { type LoadedTeam, loadTeam } from '../load-team.ts'
import { bundlePath } from './bundles.ts'

/** @throws NotFound, RecordsCorrupt where its bundle is gone or not what was released. */
export async function loadRelease(
  team: string,
  { sequence, bundle }: Pick<Release, 'sequence' | 'bundle'>,
  { folder }: Pick<Stores, 'folder'>,
): Promise<LoadedTeam> {
  if (bundle !== undefined) return loadTeam(bundlePath(folder, bundle))
  throw new NotFound({
    message: `Release ${sequence} of team ${team} has no bundle here: it was made by a deployment`,
    next: 'Release the team file in this folder: baton release --team FILE',
  })
}

/** The team that a run was started with: its release's, wherever the data folder lies by now, or its file's. */
export async function startedTeam(run: Run, stores: Pick<Stores, 'folder' | 'records'>): Promise<LoadedTeam> {
  if (run.release === undefined) return loadTeam(run.teamFile)
  const release = await openReleases(stores.records).read(run.team, run.release.sequence)
  return loadRelease(run.team, release, stores)
}
