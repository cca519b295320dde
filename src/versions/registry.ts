/** `openRegistry`: each version of each content of a team, kept for good under a number that is never given twice. */
import { crashPoint } from '../crash-point.ts'
import { Conflict, NotFound } from '../errors.ts'
import type { Records } from '../records/records.ts'
import type { Content, Move, RegisteredVersion, VersionStatus } from '../schema/versions.ts'
import { contentKey } from './contents.ts'
import { movePointer, type OnMove, readPointer } from './move-pointer.ts'
import {
  itemOf,
  partitionOf,
  pointerKey,
  releaseKey,
  releaseOf,
  STATUS_PREFIX,
  statusKey,
  statusOf,
  VERSION_PREFIX,
  versionKey,
  versionOf,
  versionPrefix,
} from './version-items.ts'

export interface RegisterOptions {
  /** ISO time. */
  readonly at: string
  /** Changed content under a number that is taken is refused instead of numbered anew. @default false */
  readonly strict?: boolean | undefined
}

export interface VersionWithStatus extends RegisteredVersion {
  readonly status: VersionStatus
}

export interface StatusChange {
  readonly type: Content['type']
  readonly name: string
  readonly version: string
  readonly status: VersionStatus
  readonly by: string
  readonly reason: string
  /** ISO time. */
  readonly at: string
}

/** All methods may reject with RecordsUnavailable and RecordsCorrupt. */
export interface Registry {
  /**
   * In the order given. Known content has the number it has; other content has the declared one, or, where that is taken,
   * the next free patch number. @throws Conflict where `strict` refuses that, and where others register without end.
   */
  register(team: string, contents: readonly Content[], options: RegisterOptions): Promise<readonly RegisteredVersion[]>
  /** Every version, by type, name and number as text. */
  list(team: string): Promise<readonly VersionWithStatus[]>
  /**
   * @returns the move that records it; undefined where it was so before, or nothing was released yet.
   * @throws NotFound for an unknown version; Conflict for one that starts take, and for an archived one.
   */
  setStatus(team: string, change: StatusChange): Promise<Move | undefined>
}

/** Against others that register the same content. */
const ROUNDS = 8
const PAGE = 1_000
/** Pages of versions that are read at most. */
const PAGES = 100

export function openRegistry(records: Records, { onMove }: { readonly onMove?: OnMove } = {}): Registry {
  return {
    async register(team, contents, options) {
      const registered: RegisteredVersion[] = []
      for (const content of contents) registered.push(await registerOne(records, team, content, options))
      return registered
    },
    async list(team) {
      const archived = await statusesOf(records, team)
      const versions = (await readAll(records, team, VERSION_PREFIX)).map(versionOf)
      return versions.map((version) => ({
        ...version,
        status: archived.get(statusKey(team, version).sort) ?? 'active',
      }))
    },
    setStatus: (team, change) => setStatus(records, team, change, onMove),
  }
}

/** Those that are not active, by their sort key. */
export async function statusesOf(records: Records, team: string): Promise<ReadonlyMap<string, VersionStatus>> {
  const items = await readAll(records, team, STATUS_PREFIX)
  return new Map(items.map((item) => [item.sort, statusOf(item)]))
}

async function readAll(records: Records, team: string, prefix: string) {
  const found = []
  let after: string | undefined
  for (let page = 0; page < PAGES; page += 1) {
    const options = { prefix, limit: PAGE, ...(after === undefined ? {} : { after }) }
    const { items, next } = await records.query(partitionOf(team), options)
    found.push(...items)
    if (next === undefined) break
    after = next
  }
  return found
}

async function registerOne(
  records: Records,
  team: string,
  content: Content,
  { at, strict = false }: RegisterOptions,
): Promise<RegisteredVersion> {
  for (let round = 1; round <= ROUNDS; round += 1) {
    const known = (await readAll(records, team, versionPrefix(content))).map(versionOf)
    const same = known.filter(({ sha256 }) => sha256 === content.sha256)
    const found = same.find(({ version }) => version === content.version) ?? same[0]
    if (found !== undefined) return found
    const version = freeNumber(content, known, strict)
    const next: RegisteredVersion = { ...content, version, at }
    crashPoint('version.register.before')
    const item = itemOf(versionKey(team, next), next)
    const outcome = await records.write({ kind: 'put', item, condition: { kind: 'absent' } })
    crashPoint('version.register.after')
    if (outcome.ok) return next
  }
  throw new Conflict({
    message: `${contentKey(content)} of team ${team} could not be registered in ${ROUNDS} rounds: others register it too`,
    next: 'Release the team again, once the others are through.',
  })
}

/** The declared one, or one patch above all of its major and minor. @throws Conflict */
function freeNumber(content: Content, known: readonly RegisteredVersion[], strict: boolean): string {
  const { version } = content
  if (known.every((other) => other.version !== version)) return version
  if (strict) {
    throw new Conflict({
      message: `${contentKey(content)} ${version} is registered with other content`,
      next: 'Raise its version, e.g. the minor one, then register it again.',
    })
  }
  const line = version.slice(0, version.lastIndexOf('.') + 1)
  const patches = known.filter((other) => other.version.startsWith(line)).map((other) => patchOf(other.version))
  return `${line}${Math.max(...patches) + 1}`
}

function patchOf(version: string): number {
  return Number(version.slice(version.lastIndexOf('.') + 1))
}

async function setStatus(
  records: Records,
  team: string,
  change: StatusChange,
  onMove: OnMove | undefined,
): Promise<Move | undefined> {
  const { type, name, version, status, by, reason, at } = change
  const label = `${contentKey(change)} ${version}`
  if ((await records.get(versionKey(team, change))) === undefined) {
    throw new NotFound({ message: `Team ${team} has no ${label}`, next: 'Look which there are: baton versions' })
  }
  const before = await readPointer(records, team)
  const key = statusKey(team, change)
  const stored = await records.get(key)
  const was = statusOf(stored)
  if (was === status) return undefined
  if (was === 'archived') {
    throw new Conflict({
      message: `${label} is archived, which is for good: what it needs may be gone`,
      next: 'Register its content again under another version.',
    })
  }
  const { pointer } = before
  const taken = pointer && [pointer.stable, ...(pointer.canary ? [pointer.canary.release] : [])]
  for (const sequence of status === 'active' ? [] : (taken ?? [])) {
    const item = await records.get(releaseKey(team, sequence))
    if (item === undefined || releaseOf(item).contents?.[contentKey(change)] !== version) continue
    throw new Conflict({
      message: `${label} is current: starts take it with release ${sequence}`,
      next: 'Publish, promote or roll back to a release without it first.',
    })
  }
  const put = {
    kind: 'put' as const,
    item: itemOf(key, { status, by, reason, at }),
    condition:
      stored === undefined
        ? { kind: 'absent' as const }
        : ({ kind: 'equals', attribute: 'status', value: was } as const),
  }
  if (pointer !== undefined) {
    const why = { kind: 'statusChanged' as const, by, reason, at, status: { type, name, version, status } }
    return movePointer(records, team, before, pointer, why, { beside: [put], onMove })
  }
  crashPoint('release.move.before')
  const outcome = await records.transact([put, { kind: 'check', key: pointerKey(team), condition: { kind: 'absent' } }])
  crashPoint('release.move.after')
  if (outcome.ok) return undefined
  throw new Conflict({ message: `The first release of team ${team} came meanwhile`, next: 'Look, then try again.' })
}
