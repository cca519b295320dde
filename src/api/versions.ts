/** The versions' use cases, as a team's own: who may move what starts take is the host's business, and so is who `by` is. */
import * as z from 'zod'
import type { Clock } from '../clock.ts'
import type { Team } from '../define/team.ts'
import { InvalidRequest } from '../errors.ts'
import type { Records } from '../records/records.ts'
import { TeamName } from '../schema/ids.ts'
import { Guard, Move, PointerView, RegisteredVersion, Release, VersionStatus } from '../schema/versions.ts'
import { contentKey } from '../versions/contents.ts'
import { openRegistry } from '../versions/registry.ts'
import type { Releases } from '../versions/releases.ts'

export const RollbackRequest = z.strictObject({
  to: z.int().positive().optional().meta({ description: 'The release; absent: the one that starts took before.' }),
  reason: z.string().max(500).meta({ description: 'Why, for whoever finds it.' }),
})
export type RollbackRequest = z.infer<typeof RollbackRequest>

export const CanaryRequest = z.strictObject({
  action: z.enum(['start', 'promote', 'stop']),
  release: z.int().positive().optional().meta({ description: 'Needed to start.' }),
  percent: z.int().min(1).max(99).optional().meta({ description: 'Of starts. Needed to start.' }),
  guard: Guard.optional().meta({ description: 'What ends the canary by itself. Only to start.' }),
  reason: z.string().max(500).meta({ description: 'Why, for whoever finds it.' }),
})
export type CanaryRequest = z.infer<typeof CanaryRequest>

export const VersionsView = z.strictObject({
  team: TeamName,
  pointer: PointerView.optional().meta({ description: 'Which release starts take. Absent: nothing was released yet.' }),
  contents: z
    .array(RegisteredVersion.omit({ spec: true }).extend({ status: VersionStatus, isCurrent: z.boolean() }))
    .meta({ description: 'Every registered version; current: starts take it.' }),
  releases: z.array(Release),
  moves: z.array(Move).meta({ description: 'Who moved the pointer and why, newest first, the last 50.' }),
  next: z.string().optional().meta({ description: '`after` for the next page of releases; absent on the last one.' }),
})
export type VersionsView = z.infer<typeof VersionsView>

export interface VersionsDependencies {
  readonly team: Pick<Team, 'name'>
  readonly records: Records
  readonly releases: Releases
  readonly clock: Clock
}

export interface VersionsQuery {
  readonly limit?: number | undefined
  /** `next` of the page of releases before. */
  readonly after?: string | undefined
}

export async function readVersions(
  query: VersionsQuery,
  { team: { name: team }, records, releases }: VersionsDependencies,
): Promise<VersionsView> {
  const pointer = await releases.pointer(team)
  const [page, { moves }, versions] = await Promise.all([
    releases.list(team, query),
    releases.moves(team),
    openRegistry(records).list(team),
  ])
  const taken = pointer ? [pointer.stable, ...(pointer.canary ? [pointer.canary.release] : [])] : []
  const current = await Promise.all(taken.map((sequence) => releases.read(team, sequence)))
  const contents = versions.map(({ spec: _spec, ...version }) => {
    const isCurrent = current.some((release) => release.contents?.[contentKey(version)] === version.version)
    return { ...version, isCurrent }
  })
  const next = page.next === undefined ? {} : { next: page.next }
  return { team, ...(pointer && { pointer }), contents, releases: [...page.releases], moves: [...moves], ...next }
}

/** @throws NotFound, Conflict: see `Releases`; InvalidRequest without a reason */
export function rollbackRelease(
  { to, reason }: RollbackRequest,
  by: string,
  { team, releases, clock }: VersionsDependencies,
): Promise<Move> {
  return releases.rollback(team.name, { to, ...why(reason, by, clock) })
}

/** @throws NotFound, Conflict: see `Releases`; InvalidRequest without a reason, or without what a start needs */
export async function changeCanary(
  { action, release, percent, guard, reason }: CanaryRequest,
  by: string,
  { team, releases, clock }: VersionsDependencies,
): Promise<Move> {
  const told = why(reason, by, clock)
  if (action !== 'start') {
    if (release !== undefined || percent !== undefined || guard !== undefined) {
      throw new InvalidRequest({
        message: `To ${action} a canary takes a reason only`,
        next: 'Leave out release, percent and guard.',
      })
    }
    const outcome = action === 'promote' ? 'promoted' : 'stopped'
    return releases.endCanary(team.name, { outcome, ...told })
  }
  if (release !== undefined && percent !== undefined) {
    return releases.startCanary(team.name, { release, percent, guard, ...told })
  }
  throw new InvalidRequest({
    message: `A canary is started for a release with a share of starts, and ${release === undefined ? 'no release' : 'no percent'} is given`,
    next: 'Give `release` and `percent`, 1 to 99.',
  })
}

function why(given: string, by: string, clock: Clock) {
  const reason = given.trim()
  if (reason !== '') return { reason, by, at: clock.now().toISOString() }
  throw new InvalidRequest({
    message: 'What starts take is changed for a reason, and none is given',
    next: 'Say why, for whoever finds it: `reason` in the body.',
  })
}
