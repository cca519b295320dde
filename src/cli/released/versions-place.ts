/** Where releases are: a folder of this machine, or a team that runs elsewhere. */
import type { RunService } from '../../api/run-service.ts'
import { changeCanary, readVersions, rollbackRelease } from '../../api/versions.ts'
import { systemClock } from '../../clock.ts'
import { InvalidRequest } from '../../errors.ts'
import { TeamName } from '../../schema/ids.ts'
import { openReleases } from '../../versions/releases.ts'
import { principalHere } from '../approvals-here.ts'
import type { Options, Parsed } from '../command.ts'
import { hasUsualTeam, loadTeam } from '../load-team.ts'
import { openRemote } from '../remote/open-remote.ts'
import { REMOTE_OPTIONS, remoteTarget } from '../remote/remote-target.ts'
import { DATA_OPTION, type Data, openExistingData, TEAM_OPTION, text } from '../session.ts'

export interface VersionsPlace extends Pick<RunService, 'versions'> {
  rollback(request: Parameters<RunService['rollback']>[0]): ReturnType<RunService['rollback']>
  changeCanary(request: Parameters<RunService['changeCanary']>[0]): ReturnType<RunService['changeCanary']>
}

export const VERSIONS_OPTIONS: Options = {
  name: { type: 'string', hint: 'NAME', description: 'The team, by its name' },
  ...TEAM_OPTION,
  ...DATA_OPTION,
  ...REMOTE_OPTIONS,
}

/**
 * Here the team is the one of `--name`, of `--team`, of the usual file, or of the newest run: in this order.
 * @throws NotFound where the data folder has nothing; InvalidRequest where no team is named
 */
export async function openVersions(values: Parsed['values']): Promise<VersionsPlace> {
  const target = remoteTarget(values)
  if (target !== undefined) {
    const runs = openRemote(target)
    return {
      versions: (query) => runs.versions(query),
      // Who that is says the API.
      rollback: (request) => runs.rollback(request, ''),
      changeCanary: (request) => runs.changeCanary(request, ''),
    }
  }
  const data = openExistingData(values)
  const { records } = data.stores
  const team = { name: await teamName(values, data) }
  const dependencies = { team, records, releases: openReleases(records), clock: systemClock }
  return {
    versions: (query = {}) => readVersions(query, dependencies),
    rollback: (request) => rollbackRelease(request, principalHere(), dependencies),
    changeCanary: (request) => changeCanary(request, principalHere(), dependencies),
  }
}

async function teamName(values: Parsed['values'], { stores }: Data): Promise<TeamName> {
  const [name, file] = [text(values, 'name'), text(values, 'team')]
  if (name !== undefined) {
    const parsed = TeamName.safeParse(name)
    if (parsed.success) return parsed.data
    throw new InvalidRequest({
      message: `--name ${JSON.stringify(name)} cannot be the name of a team`,
      next: 'Give the name that the team file has: defineTeam({ name })',
    })
  }
  const [newest] = file === undefined && !hasUsualTeam() ? (await stores.runs.list({ limit: 1 })).runs : []
  return newest?.team ?? TeamName.parse((await loadTeam(file)).team.name)
}
