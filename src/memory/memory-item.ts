/** How memory lies in the records: a partition for each space of a team, with a head and numbered rows. */
import * as z from 'zod'
import { RecordsCorrupt } from '../errors.ts'
import type { Item, Key } from '../records/records.ts'
import type { JsonObject } from '../schema/json.ts'
import { Fact, Forgotten, Tombstone } from '../schema/memory.ts'

/** Changed with every write: it orders all writers to a space. */
const Head = z.strictObject({ last: z.int().positive() })

/** `writeId`: the same for every repetition of a write. */
const FactRow = Fact.extend({
  kind: z.literal('fact'),
  writeId: z.string(),
  vector: z.string().optional(),
  embedder: z.string().optional(),
})
const TombstoneRow = Tombstone.extend({ kind: z.literal('tombstone'), writeId: z.string(), mark: z.int().positive() })
/** All facts of it that were written before are forgotten, whether or not their rows are erased yet. */
const MarkRow = z.strictObject({
  kind: z.literal('mark'),
  ...{ source: z.string().optional(), subject: z.string().optional() },
  forgotten: Forgotten,
  /** Whether the source may be written again. */
  allow: z.boolean(),
})
const Row = z.discriminatedUnion('kind', [FactRow, TombstoneRow, MarkRow])
export type FactRow = z.infer<typeof FactRow>
export type TombstoneRow = z.infer<typeof TombstoneRow>
export type MarkRow = z.infer<typeof MarkRow>
export type Row = z.infer<typeof Row>

export const ROWS = { prefix: 'V#' }
/** Enough for any number that a space may reach, so that sort keys are in order. */
const DIGITS = 9

export function headKey(partition: string): Key {
  return { partition, sort: 'HEAD' }
}

export function rowKey(partition: string, number: number): Key {
  return { partition, sort: `${ROWS.prefix}${String(number).padStart(DIGITS, '0')}` }
}

export function rowItem(partition: string, number: number, row: Row): Item {
  return { ...rowKey(partition, number), attributes: JSON.parse(JSON.stringify(row)) as JsonObject }
}

export function numberOf(item: Item): number {
  return Number(item.sort.slice(ROWS.prefix.length))
}

/** @throws RecordsCorrupt */
export function readRow(item: Item): Row {
  return known(Row, item)
}

/** The number of the latest row. @throws RecordsCorrupt */
export function readHead(item: Item | undefined): number {
  return item === undefined ? 0 : known(Head, item).last
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
