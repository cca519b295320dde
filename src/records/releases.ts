/**
 * Releases: which versions a start draws. Each deployment that changed something records one, for good; one pointer names
 * the current. Publishes nothing on AWS itself.
 */
import * as z from 'zod'
import { canonicalJson } from '../audit/canonical.ts'
import { Conflict, RecordsCorrupt } from '../errors.ts'
import { Sha256 } from '../schema/ids.ts'
import type { Json, JsonObject } from '../schema/json.ts'
import { Lockfile } from '../schema/run.ts'
import type { Condition, Item, Records, Write } from './records.ts'

export const Release = z.strictObject({
  /** From 1, without gaps. */
  sequence: z.int().positive(),
  teamSha256: Sha256,
  lock: Lockfile,
  at: z.iso.datetime(),
})
export type Release = z.infer<typeof Release>

export interface NewRelease extends Pick<Release, 'teamSha256' | 'lock' | 'at'> {
  readonly team: string
}

export interface Releases {
  current(team: string): Promise<Release | undefined>
  /** The current one, where it is the same. @throws Conflict where others publish without end. */
  publish(release: NewRelease): Promise<Release>
  /** Newest first. */
  list(team: string, options?: { readonly limit?: number; readonly after?: string }): Promise<ReleasePage>
}

export interface ReleasePage {
  readonly releases: readonly Release[]
  readonly next?: string
}

/** Rounds against other publishers of the same team. */
const PUBLISH_ROUNDS = 5
const PREFIX = 'RELEASE#'
const SEQUENCE_DIGITS = 12

export function openReleases(records: Records): Releases {
  async function current(team: string): Promise<Release | undefined> {
    const item = await records.get({ partition: partitionOf(team), sort: 'CURRENT' })
    return item === undefined ? undefined : releaseOf(item)
  }
  return {
    current,
    async publish({ team, ...release }) {
      for (let round = 0; round < PUBLISH_ROUNDS; round += 1) {
        const before = await current(team)
        if (before !== undefined && isSame(before, release)) return before
        const next: Release = { ...release, sequence: (before?.sequence ?? 0) + 1 }
        if ((await records.transact(writesOf(team, before, next))).ok) return next
      }
      throw new Conflict({
        message: `the release of team ${team} could not be recorded in ${PUBLISH_ROUNDS} rounds: others are recorded too`,
        next: 'Deploy the team again, one deployment at a time.',
      })
    },
    async list(team, { limit = 50, after } = {}) {
      const options = { prefix: PREFIX, reverse: true, limit, ...(after === undefined ? {} : { after }) }
      const { items, next } = await records.query(partitionOf(team), options)
      return { releases: items.map(releaseOf), ...(next === undefined ? {} : { next }) }
    },
  }
}

function writesOf(team: string, before: Release | undefined, next: Release): readonly Write[] {
  const partition = partitionOf(team)
  const attributes = next as unknown as JsonObject
  const sort = `${PREFIX}${String(next.sequence).padStart(SEQUENCE_DIGITS, '0')}`
  const unchanged: Condition =
    before === undefined ? { kind: 'absent' } : { kind: 'equals', attribute: 'sequence', value: before.sequence }
  return [
    { kind: 'put', item: { partition, sort, attributes }, condition: { kind: 'absent' } },
    { kind: 'put', item: { partition, sort: 'CURRENT', attributes }, condition: unchanged },
  ]
}

function isSame(a: Pick<Release, 'lock' | 'teamSha256'>, b: Pick<Release, 'lock' | 'teamSha256'>): boolean {
  return a.teamSha256 === b.teamSha256 && canonicalJson(a.lock as Json) === canonicalJson(b.lock as Json)
}

function partitionOf(team: string): string {
  return `REG#${team}`
}

function releaseOf({ partition, sort, attributes }: Item): Release {
  const release = Release.safeParse(attributes)
  if (release.success) return release.data
  throw new RecordsCorrupt({
    message: `${partition} ${sort} is no release: ${release.error.issues[0]?.message}`,
    next: 'Deploy the team again with the Baton version that wrote it, or restore the table.',
    cause: release.error,
  })
}
