/**
 * What is kept of how agents' stated confidence turned out: one item for each agent of a team, sums that only grow. A
 * decision counts once: with it, in one transaction, a mark in the run says which records it was made by, so that who decides
 * it again, after a crash or beside another process, decides the same.
 */
import * as z from 'zod'
import type { Clock } from '../clock.ts'
import type { CalibrationRecord } from '../conflict/calibration.ts'
import { crashPoint } from '../crash-point.ts'
import { RecordsCorrupt, RecordsUnavailable } from '../errors.ts'
import type { Condition, Item, Key, Records, Write } from '../records/records.ts'
import type { RunId, StepId } from '../schema/ids.ts'
import type { JsonObject } from '../schema/json.ts'
import { sha256 } from '../schema/sha256.ts'

const Sums = z.object({ decisions: z.number(), agreed: z.number(), stated: z.number(), squared: z.number() })

/** By agent; who is not in it has none. */
export type CalibrationRecords = Readonly<Record<string, CalibrationRecord>>

export interface Place {
  readonly records: Records
  readonly clock: Clock
  readonly team: string
  readonly runId: RunId
  readonly stepId: StepId
}

/** Those that the decision of this step was made by, where it was made; else as they stand now. */
export async function readCalibration(place: Place, agents: readonly string[]): Promise<CalibrationRecords> {
  const { records } = place
  const mark = await records.get(markKey(place))
  if (mark !== undefined) return madeBy(mark)
  const items = await Promise.all(agents.map((agent) => records.get(keyOf(place.team, agent))))
  return Object.fromEntries(items.flatMap((item) => (item === undefined ? [] : [[item.sort, sumsIn(item)]])))
}

/** Against decisions that meet at the same agents' items. */
const ROUNDS = 4
const PAUSE_MS = 50

/**
 * Gives up, uncounted, where the records go on refusing: a sum is not worth a run.
 * @param by Agents' records that the decision was made by.
 * @returns undefined: nobody else's stands. Else it has counted already, made by these records.
 */
export async function recordCalibration(
  place: Place,
  scores: CalibrationRecords,
  by: CalibrationRecords,
): Promise<CalibrationRecords | undefined> {
  const writes = writesOf(place, scores, by)
  for (let round = 1; round <= ROUNDS; round += 1) {
    crashPoint('calibration.write.before')
    const outcome = await place.records.transact(writes).catch(unlessUnavailable)
    crashPoint('calibration.write.after')
    if (outcome?.ok) return undefined
    if (outcome !== undefined) return markedBy(place, outcome.item)
    if (round < ROUNDS) await place.clock.sleep(PAUSE_MS * 2 ** round * spreadOf(place))
  }
  return undefined
}

function unlessUnavailable(error: unknown): undefined {
  if (!(error instanceof RecordsUnavailable)) throw error
}

/** From 0 to 1, another for each step, so that those who met do not meet again. */
function spreadOf({ runId, stepId }: Place): number {
  return Number.parseInt(sha256(`${runId} ${stepId}`).slice(0, 4), 16) / 0xffff
}

function writesOf(place: Place, scores: CalibrationRecords, by: CalibrationRecords): readonly Write[] {
  const mark: Item = { ...markKey(place), attributes: { by: by as unknown as JsonObject } }
  return [
    { kind: 'put', item: mark, condition: { kind: 'absent' } },
    ...Object.entries(scores).map(([agent, score]): Write => {
      return { kind: 'update', key: keyOf(place.team, agent), condition: ALWAYS, add: { ...score } }
    }),
  ]
}

async function markedBy(place: Place, item: Item | undefined): Promise<CalibrationRecords | undefined> {
  const mark = item ?? (await place.records.get(markKey(place)))
  return mark === undefined ? undefined : madeBy(mark)
}

/** A sum is added to whatever there is: the mark beside it is what makes it count once. */
const ALWAYS: Condition = { kind: 'or', conditions: [{ kind: 'absent' }, { kind: 'exists' }] }

function keyOf(team: string, agent: string): Key {
  return { partition: `CALIBRATION#${team}`, sort: agent }
}

function markKey({ runId, stepId }: Pick<Place, 'runId' | 'stepId'>): Key {
  return { partition: `RUN#${runId}`, sort: `CALIBRATION#${stepId}` }
}

function sumsIn(item: Item): CalibrationRecord {
  return known(Sums, item.attributes, item)
}

function madeBy(mark: Item): CalibrationRecords {
  return known(z.record(z.string(), Sums), mark.attributes['by'], mark)
}

function known<S extends z.ZodType>(schema: S, value: unknown, { partition, sort }: Item): z.output<S> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new RecordsCorrupt({
    message: `the record ${partition} ${sort} is damaged, or from a newer version`,
    next: 'Use the Baton version that wrote it, or restore the data folder from a copy.',
  })
}
