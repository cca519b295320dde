/** Where versions, releases, the pointer and its moves lie in the records. Reads and writes nothing itself. */
import * as z from 'zod'
import { RecordsCorrupt } from '../errors.ts'
import type { Item, Key } from '../records/records.ts'
import type { JsonObject } from '../schema/json.ts'
import { type Content, Move, Pointer, RegisteredVersion, Release, VersionStatus } from '../schema/versions.ts'

export const RELEASE_PREFIX = 'RELEASE#'
export const MOVE_PREFIX = 'MOVE#'
export const VERSION_PREFIX = 'V#'
export const STATUS_PREFIX = 'STATUS#'
const DIGITS = 12

export function partitionOf(team: string): string {
  return `REG#${team}`
}

export function pointerKey(team: string): Key {
  return { partition: partitionOf(team), sort: 'CURRENT' }
}

export function releaseKey(team: string, sequence: number): Key {
  return { partition: partitionOf(team), sort: `${RELEASE_PREFIX}${padded(sequence)}` }
}

export function moveKey(team: string, revision: number): Key {
  return { partition: partitionOf(team), sort: `${MOVE_PREFIX}${padded(revision)}` }
}

/** Of every version of one content. */
export function versionPrefix({ type, name }: Pick<Content, 'type' | 'name'>): string {
  return `${VERSION_PREFIX}${type}#${name}#`
}

type Named = Pick<Content, 'type' | 'name' | 'version'>

export function versionKey(team: string, content: Named): Key {
  return { partition: partitionOf(team), sort: `${versionPrefix(content)}${content.version}` }
}

export function statusKey(team: string, { type, name, version }: Named): Key {
  return { partition: partitionOf(team), sort: `${STATUS_PREFIX}${type}#${name}#${version}` }
}

/** What the arms of a canary add up to. */
export function countKey(team: string, canaryId: number): Key {
  return { partition: partitionOf(team), sort: `ARM#${padded(canaryId)}` }
}

/** That a run was counted. */
export function countedKey(team: string, canaryId: number, runId: string): Key {
  return { partition: partitionOf(team), sort: `ARM#${padded(canaryId)}#${runId}` }
}

export function itemOf(key: Key, attributes: object): Item {
  return { ...key, attributes: attributes as JsonObject }
}

function padded(number: number): string {
  return String(number).padStart(DIGITS, '0')
}

export const releaseOf = (item: Item): Release => parsed(item, Release, 'release')
export const moveOf = (item: Item): Move => parsed(item, Move, 'move of the pointer')
export const versionOf = (item: Item): RegisteredVersion => parsed(item, RegisteredVersion, 'registered version')

/** With who set it and why. */
const StatusItem = z.strictObject({ status: VersionStatus, by: z.string(), reason: z.string(), at: z.iso.datetime() })
export const statusOf = (item: Item | undefined): VersionStatus =>
  item === undefined ? 'active' : parsed(item, StatusItem, 'status').status

/** Before there were canaries, the pointer was a copy of its release. */
export function isOldPointer({ attributes }: Item): boolean {
  return 'sequence' in attributes
}

export function pointerOf(item: Item): Pointer {
  if (!isOldPointer(item)) return parsed(item, Pointer, 'pointer')
  const { sequence } = parsed(item, Release, 'release')
  return { stable: sequence, revision: sequence }
}

function parsed<S extends z.ZodType>({ partition, sort, attributes }: Item, schema: S, what: string): z.output<S> {
  const result = schema.safeParse(attributes)
  if (result.success) return result.data
  throw new RecordsCorrupt({
    message: `${partition} ${sort} is no ${what}: ${result.error.issues[0]?.message}`,
    next: 'Use the Baton version that wrote it, or restore the records.',
    cause: result.error,
  })
}
