/** How shared state lies in the records: a partition for each key of a run, with a head, and an item for each write. */
import * as z from 'zod'
import { RecordsCorrupt } from '../errors.ts'
import type { Item, Key } from '../records/records.ts'
import { AgentName, type RunId, StepId, WorkflowName } from '../schema/ids.ts'
import { Json, type JsonObject } from '../schema/json.ts'
import { StateKeyName, StateRules, type StateVersion } from '../schema/state.ts'
import type { KeyOfRun, StatePlace } from './shared-state.ts'

/** Changed with every write. */
const Head = z.strictObject({
  version: z.int().positive(),
  /** Of all writes. */
  bytes: z.int().nonnegative(),
  /** Of the latest write. */
  at: z.iso.datetime(),
  rules: StateRules,
})
export type Head = z.infer<typeof Head>

/** Never changed. Holds what was written, not what it came to, so that bytes do not grow with the square of the writes. */
const Stored = z.strictObject({
  at: z.iso.datetime(),
  agent: AgentName.optional(),
  stepId: StepId,
  delta: Json,
  isTainted: z.boolean(),
  labels: z.array(z.string()).optional(),
})
type Stored = z.infer<typeof Stored>

export const VERSIONS = { prefix: 'V#' }
/** Enough for any number that a key may reach, so that sort keys are in order. */
const DIGITS = 6

/** In the records table. Neither name holds a dot. */
export function statePartition({ runId, workflow }: StatePlace, key: string): string {
  return `RUN#${runId}#STATE#${workflow}.${key}`
}

export function headKey(place: StatePlace, key: string): Key {
  return { partition: statePartition(place, key), sort: 'HEAD' }
}

/** Says at which version a write became durable. */
export function writeKey(place: StatePlace, key: string, writeId: string): Key {
  return { partition: statePartition(place, key), sort: `W#${writeId}` }
}

export function versionKey(place: StatePlace, key: string, version: number): Key {
  return { partition: statePartition(place, key), sort: `${VERSIONS.prefix}${String(version).padStart(DIGITS, '0')}` }
}

/** In the index, the keys of a run are listed. */
export function keysOfRun(runId: RunId): string {
  return `STATE#${runId}`
}

export function headItem(place: StatePlace, key: string, head: Head): Item {
  const index = { partition: keysOfRun(place.runId), sort: `${place.workflow}.${key}` }
  return { ...headKey(place, key), attributes: plain(head), index }
}

export function versionItem(place: StatePlace, key: string, version: number, stored: Stored): Item {
  return { ...versionKey(place, key, version), attributes: plain(stored) }
}

/** Without fields that are undefined. */
function plain(value: object): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject
}

/** @throws RecordsCorrupt */
export function readHead(item: Item): Head {
  return known(Head, item)
}

/** @throws RecordsCorrupt */
export function readVersion(item: Item): StateVersion {
  const { isTainted, ...stored } = known(Stored, item)
  const version = Number(item.sort.slice(VERSIONS.prefix.length))
  return { version, ...stored, ...(isTainted && { untrusted: true as const }) }
}

/** @throws RecordsCorrupt */
export function readKeyOfRun(runId: RunId, item: Item): KeyOfRun {
  const [workflow, key] = item.partition.slice(`RUN#${runId}#STATE#`.length).split('.')
  const place = z.object({ workflow: WorkflowName, key: StateKeyName }).safeParse({ workflow, key })
  if (!place.success) throw damaged(item)
  return { runId, ...place.data, rules: readHead(item).rules }
}

export function damaged({ partition, sort }: Key): RecordsCorrupt {
  return new RecordsCorrupt({
    message: `the record ${partition} ${sort} is damaged, or from a newer version`,
    next: 'Use the Baton version that wrote it, or restore the data folder from a copy.',
  })
}

function known<S extends z.ZodType>(schema: S, item: Item): z.output<S> {
  const parsed = schema.safeParse(item.attributes)
  if (parsed.success) return parsed.data
  throw damaged(item)
}
