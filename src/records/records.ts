/**
 * The records port: conditional, transactional items. Small on purpose. An unconditional write is impossible by type;
 * an expected refusal is a value. Domain items (run heads, journal, leases) are written once, above this port.
 */
import type { Json, JsonObject } from '../schema/json.ts'

export interface Key {
  /** e.g. `RUN#<runId>` */
  readonly partition: string
  /** e.g. `HEAD`. Sorts by bytes. */
  readonly sort: string
}

/**
 * Attributes beside the key. `index` lists the item in a sparse index; an item without it is in none.
 * An attribute whose name starts with `@` takes few different values: an adapter may keep each value once for all items.
 */
export interface Item extends Key {
  readonly attributes: JsonObject
  readonly index?: IndexEntry
}

/** e.g. partition `RUNS`, sort = start time. */
export interface IndexEntry {
  readonly partition: string
  readonly sort: string
}

/** A typed condition on the stored item. Paths are top-level attribute names. */
export type Condition =
  | { readonly kind: 'absent' }
  | { readonly kind: 'exists' }
  | { readonly kind: 'equals'; readonly attribute: string; readonly value: Json }
  /** True as well where the attribute is missing. */
  | { readonly kind: 'notEquals'; readonly attribute: string; readonly value: Json }
  | { readonly kind: 'less'; readonly attribute: string; readonly than: number }
  | { readonly kind: 'atLeast'; readonly attribute: string; readonly value: number }
  | { readonly kind: 'and'; readonly conditions: readonly Condition[] }
  | { readonly kind: 'or'; readonly conditions: readonly Condition[] }

export type Write =
  | { readonly kind: 'put'; readonly item: Item; readonly condition: Condition }
  | {
      readonly kind: 'update'
      readonly key: Key
      readonly condition: Condition
      readonly set?: JsonObject
      /** Numbers to add; a missing attribute counts as 0. */
      readonly add?: Readonly<Record<string, number>>
      readonly remove?: readonly string[]
    }
  | { readonly kind: 'check'; readonly key: Key; readonly condition: Condition }
  | { readonly kind: 'delete'; readonly key: Key; readonly condition: Condition }

export type WriteOutcome =
  | { readonly ok: true }
  /** Nothing was written. `failed` = index of the first write whose condition did not hold; `item` = what is stored there. */
  | { readonly ok: false; readonly failed: number; readonly item: Item | undefined }

export interface QueryOptions {
  /** Only sort keys that start so. */
  readonly prefix?: string
  /** Only sort keys after this one (before it, when `reverse`): the cursor of the page before. */
  readonly after?: string
  readonly reverse?: boolean
  /** Items at most. @default 1000 */
  readonly limit?: number
}

export interface Page {
  readonly items: readonly Item[]
  /** Cursor for `after`; absent on the last page. */
  readonly next?: string
}

/**
 * All methods may reject with RecordsUnavailable. Reads are strongly consistent, except `queryIndex`, which may lag.
 * Limits, checked in every adapter: an item has at most 400 KB, a transaction at most 100 writes, each on another key.
 */
export interface Records {
  get(key: Key): Promise<Item | undefined>
  query(partition: string, options?: QueryOptions): Promise<Page>
  queryIndex(partition: string, options?: QueryOptions): Promise<Page>
  /** One conditional write. */
  write(write: Write): Promise<WriteOutcome>
  /** All or nothing. */
  transact(writes: readonly Write[]): Promise<WriteOutcome>
}
