/**
 * Releases: which versions a start draws. Each deployment that changed something records one, for good; one pointer names
 * the stable one, and a canary beside it. Publishes nothing on AWS itself.
 */
import { canonicalJson } from '../audit/canonical.ts'
import { crashPoint } from '../crash-point.ts'
import { Conflict, InvalidRequest, NotFound, RecordsCorrupt } from '../errors.ts'
import type { Records } from '../records/records.ts'
import type { Json } from '../schema/json.ts'
import type { Arm, Canary, Content, Contents, Guard, Move, PointerView, Release } from '../schema/versions.ts'
import { contentKey } from './contents.ts'
import { type EndedRun, newCountItem, type ReadUsage, readCounts, recordRunEnd } from './count-runs.ts'
import { armOf } from './draw.ts'
import { earlierStable } from './earlier-stable.ts'
import { movePointer, type OnMove, readPointer, type SeenPointer, tryMove } from './move-pointer.ts'
import { openRegistry, statusesOf } from './registry.ts'
import {
  itemOf,
  MOVE_PREFIX,
  moveOf,
  partitionOf,
  RELEASE_PREFIX,
  releaseKey,
  releaseOf,
  statusKey,
} from './version-items.ts'

export { Release } from '../schema/versions.ts'

export interface NewRelease extends Pick<Release, 'teamSha256' | 'lock' | 'at' | 'bundle'> {
  readonly team: string
  /** What is registered with it: see `contentsOf`. @default nothing */
  readonly contents?: readonly Content[] | undefined
  /** @default 'deployment' */
  readonly by?: string | undefined
  /** @default 'published' */
  readonly reason?: string | undefined
  /** Refuses changed content under a number that is taken. @default false */
  readonly strict?: boolean | undefined
  /** Recorded only, for a canary or later: starts do not take it, unless it is the first. @default false */
  readonly held?: boolean | undefined
}

export interface PageQuery {
  readonly limit?: number | undefined
  /** `next` of the page before. */
  readonly after?: string | undefined
}

export interface ReleasePage {
  readonly releases: readonly Release[]
  readonly next?: string
}

export interface MovePage {
  readonly moves: readonly Move[]
  readonly next?: string
}

interface Why {
  readonly by: string
  readonly reason: string
  /** ISO time. */
  readonly at: string
}

export interface Rollback extends Why {
  /** @default the newest release before that starts have taken */
  readonly to?: number | undefined
}

export interface StartCanary extends Why {
  readonly release: number
  /** Of starts, 1 to 99. */
  readonly percent: number
  readonly guard?: Guard | undefined
}

export interface EndCanary extends Why {
  readonly outcome: 'promoted' | 'stopped'
}

export interface Drawn {
  readonly release: Release
  readonly arm: Arm
}

/** All methods may reject with RecordsUnavailable and RecordsCorrupt. */
export interface Releases {
  /** The stable one. */
  current(team: string): Promise<Release | undefined>
  /**
   * Registers the contents and records a release. The one that there is, where it is the same. Unless `held`, starts take
   * it from now on, and a canary that is on ends. @throws Conflict where others publish without end, and by `strict`.
   */
  publish(release: NewRelease): Promise<Release>
  /** Newest first. */
  list(team: string, options?: PageQuery): Promise<ReleasePage>
  /** @throws NotFound */
  read(team: string, sequence: number): Promise<Release>
  /** With what the canary has been seen to do. Undefined: nothing was released yet. */
  pointer(team: string): Promise<PointerView | undefined>
  /** Who moved the pointer and why, newest first. */
  moves(team: string, options?: PageQuery): Promise<MovePage>
  /** Starts take an earlier release from now on; a canary that is on ends. @throws NotFound, Conflict */
  rollback(team: string, rollback: Rollback): Promise<Move>
  /**
   * A share of starts takes another release. For the release of the canary that is on, it begins anew with another share.
   * @throws NotFound, InvalidRequest; Conflict where another canary is on, or the release holds what is archived
   */
  startCanary(team: string, canary: StartCanary): Promise<Move>
  /** @throws Conflict where no canary is on. */
  endCanary(team: string, end: EndCanary): Promise<Move>
  /** What a run takes: the same for the same run as long as the pointer stays. Undefined: nothing was released yet. */
  draw(team: string, runId: string): Promise<Drawn | undefined>
  /**
   * Counts an ended run once, where a canary is on and the run began in it; then judges the guard.
   * @param readUsage Asked where the run itself does not say what it used.
   * @returns the move, where that ended the canary
   */
  recordRunEnd(team: string, run: EndedRun, readUsage?: ReadUsage): Promise<Move | undefined>
}

export type { EndedRun, ReadUsage } from './count-runs.ts'

/** Rounds against other publishers of the same team. */
const PUBLISH_ROUNDS = 8
/** Releases remembered at most: they never change. */
const REMEMBERED = 16

export function openReleases(records: Records, { onMove }: { readonly onMove?: OnMove } = {}): Releases {
  const registry = openRegistry(records, { ...(onMove && { onMove }) })
  const remembered = new Map<string, Release>()

  async function find(team: string, sequence: number): Promise<Release | undefined> {
    const key = releaseKey(team, sequence)
    const id = `${key.partition} ${key.sort}`
    const known = remembered.get(id)
    if (known !== undefined) return known
    const item = await records.get(key)
    if (item === undefined) return undefined
    const [oldest] = remembered.keys()
    if (remembered.size >= REMEMBERED && oldest !== undefined) remembered.delete(oldest)
    const release = releaseOf(item)
    remembered.set(id, release)
    return release
  }

  async function read(team: string, sequence: number): Promise<Release> {
    const release = await find(team, sequence)
    if (release !== undefined) return release
    throw new NotFound({
      message: `Team ${team} has no release ${sequence}`,
      next: 'Look which there are: baton versions',
    })
  }

  async function pointed(team: string, sequence: number): Promise<Release> {
    const release = await find(team, sequence)
    if (release !== undefined) return release
    throw new RecordsCorrupt({
      message: `the pointer of team ${team} names release ${sequence}, which is not there`,
      next: 'Restore the records, or release the team again.',
    })
  }

  async function list(team: string, { limit = 50, after }: PageQuery = {}): Promise<ReleasePage> {
    const options = { prefix: RELEASE_PREFIX, reverse: true, limit, ...(after === undefined ? {} : { after }) }
    const { items, next } = await records.query(partitionOf(team), options)
    return { releases: items.map(releaseOf), ...(next === undefined ? {} : { next }) }
  }

  /** @throws NotFound, Conflict where something in it is archived */
  async function usable(team: string, sequence: number): Promise<Release> {
    const release = await read(team, sequence)
    await refuseArchived(records, team, release.contents, `Release ${sequence}`)
    return release
  }

  async function mustSee(team: string): Promise<Required<SeenPointer>> {
    const { item, pointer } = await readPointer(records, team)
    if (item !== undefined && pointer !== undefined) return { item, pointer }
    throw new Conflict({
      message: `Team ${team} has no release yet`,
      next: 'Deploy the team; on a laptop: baton release --team FILE',
    })
  }

  return {
    read,
    list,
    async current(team) {
      const { pointer } = await readPointer(records, team)
      return pointer && pointed(team, pointer.stable)
    },
    async publish({ team, contents: declared, by, reason = 'published', strict, held = false, ...given }) {
      const { at } = given
      const registered = declared && (await registry.register(team, declared, { at, strict }))
      const contents = registered && Object.fromEntries(registered.map((one) => [contentKey(one), one.version]))
      await refuseArchived(records, team, contents, 'What is to be published')
      for (let round = 0; round < PUBLISH_ROUNDS; round += 1) {
        const seen = await readPointer(records, team)
        const { pointer } = seen
        const [newest] = (await list(team, { limit: 1 })).releases
        const release: Release = {
          sequence: (newest?.sequence ?? 0) + 1,
          ...given,
          ...(contents && { contents }),
          ...(by === undefined ? {} : { by }),
        }
        const isHeld = held && pointer !== undefined
        const same = isHeld ? newest : pointer && (await pointed(team, pointer.stable))
        if (same !== undefined && isSame(same, release)) return same
        const item = itemOf(releaseKey(team, release.sequence), release)
        const put = { kind: 'put', item, condition: { kind: 'absent' } } as const
        crashPoint('release.publish.before')
        const why = { kind: 'published' as const, by: by ?? 'deployment', reason, at }
        const isDone = isHeld
          ? (await records.write(put)).ok
          : await tryMove(records, team, seen, { stable: release.sequence }, why, { beside: [put], onMove })
        crashPoint('release.publish.after')
        if (isDone) return release
      }
      throw new Conflict({
        message: `the release of team ${team} could not be recorded in ${PUBLISH_ROUNDS} rounds: others are recorded too`,
        next: 'Release the team again, once the others are through.',
      })
    },
    async pointer(team) {
      const { pointer } = await readPointer(records, team)
      if (pointer?.canary === undefined) return pointer
      return { ...pointer, seen: await readCounts(records, team, pointer.canary.id) }
    },
    async moves(team, { limit = 50, after } = {}) {
      const options = { prefix: MOVE_PREFIX, reverse: true, limit, ...(after === undefined ? {} : { after }) }
      const { items, next } = await records.query(partitionOf(team), options)
      return { moves: items.map(moveOf), ...(next === undefined ? {} : { next }) }
    },
    async rollback(team, { to, ...why }) {
      const seen = await mustSee(team)
      const stable = to ?? (await earlierStable(records, team, seen.pointer.stable))
      await usable(team, stable)
      if (stable === seen.pointer.stable) {
        throw new Conflict({ message: `Release ${stable} is the stable one already`, next: 'Name another release.' })
      }
      return movePointer(records, team, seen, { stable }, { kind: 'rolledBack', ...why }, { onMove })
    },
    async startCanary(team, { release, percent, guard, ...why }) {
      const seen = await mustSee(team)
      const { stable, canary, revision } = seen.pointer
      refusePercent(percent)
      if (canary !== undefined && canary.release !== release) {
        throw new Conflict({
          message: `A canary of release ${canary.release} is on, started by ${canary.by}: ${canary.reason}`,
          next: 'Promote or stop it first.',
        })
      }
      if (release === stable) {
        throw new Conflict({ message: `Release ${release} is the stable one`, next: 'Name another release.' })
      }
      await usable(team, release)
      const id = revision + 1
      const { by, reason, at: startedAt } = why
      const next: Canary = { id, release, percent, ...(guard && { guard }), startedAt, by, reason }
      const beside = [{ kind: 'put', item: newCountItem(team, id), condition: { kind: 'absent' } }] as const
      const kind = 'canaryStarted'
      return movePointer(records, team, seen, { stable, canary: next }, { kind, ...why }, { beside, onMove })
    },
    async endCanary(team, { outcome, ...why }) {
      const seen = await mustSee(team)
      const { stable, canary } = seen.pointer
      if (canary === undefined) {
        throw new Conflict({ message: `No canary of team ${team} is on`, next: 'Look what is: baton versions' })
      }
      const isPromoted = outcome === 'promoted'
      if (isPromoted) await usable(team, canary.release)
      const to = { stable: isPromoted ? canary.release : stable }
      const kind = isPromoted ? 'canaryPromoted' : 'canaryStopped'
      return movePointer(records, team, seen, to, { kind, ...why }, { onMove })
    },
    async draw(team, runId) {
      const { pointer } = await readPointer(records, team)
      if (pointer === undefined) return undefined
      const { stable, canary } = pointer
      const arm = canary === undefined ? 'stable' : armOf(runId, canary.percent)
      return { release: await pointed(team, arm === 'canary' && canary ? canary.release : stable), arm }
    },
    recordRunEnd: (team, run, readUsage) => recordRunEnd(records, team, run, { onMove, readUsage }),
  }
}

type Same = Pick<Release, 'lock' | 'teamSha256' | 'contents' | 'bundle'>

function isSame(a: Same, b: Same): boolean {
  const text = ({ lock, teamSha256, contents, bundle }: Same) =>
    canonicalJson({ lock, teamSha256, ...(contents && { contents }), ...(bundle && { bundle }) } as Json)
  return text(a) === text(b)
}

function refusePercent(percent: number): void {
  if (Number.isInteger(percent) && percent >= 1 && percent <= 99) return
  throw new InvalidRequest({
    message: `A canary takes 1 to 99 percent of starts, and ${percent} is given`,
    next: 'Give a whole number from 1 to 99; for all starts, promote it.',
  })
}

/** @throws Conflict */
async function refuseArchived(
  records: Records,
  team: string,
  contents: Contents | undefined,
  what: string,
): Promise<void> {
  if (contents === undefined) return
  const statuses = await statusesOf(records, team)
  for (const [key, version] of Object.entries(contents)) {
    const [type, name] = key.split('/') as [Content['type'], string]
    if (statuses.get(statusKey(team, { type, name, version }).sort) !== 'archived') continue
    throw new Conflict({
      message: `${what} holds ${key} ${version}, which is archived`,
      next: 'Choose a release without it, or raise the version and publish again.',
    })
  }
}
