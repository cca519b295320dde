/** The text of an item's attributes as SQLite keeps it: its own, and apart from it what it has in common with others. */
import type { Json } from '../schema/json.ts'
import { attributesText, ITEM_BYTES } from './limits.ts'
import type { Item } from './records.ts'

export interface ItemText {
  readonly own: string
  /** The attributes with `@`, as one text. */
  readonly common: string | undefined
}

/** Longer texts repeat too rarely to be kept apart. */
const COMMON_LENGTH = 2048

/** @throws InvalidRequest where the item is too large. */
export function itemText(item: Item): ItemText {
  let common: Record<string, Json> | undefined
  for (const name in item.attributes) {
    if (name.startsWith('@')) common = { ...common, [name]: item.attributes[name] as Json }
  }
  if (common === undefined) return { own: attributesText(item), common: undefined }
  const commonText = attributesText({ ...item, attributes: common })
  if (commonText.length > COMMON_LENGTH) return { own: attributesText(item), common: undefined }
  const own: Record<string, Json> = {}
  for (const name in item.attributes) if (!name.startsWith('@')) own[name] = item.attributes[name] as Json
  const ownText = attributesText({ ...item, attributes: own })
  // Together they may be too large where neither is.
  if ((ownText.length + COMMON_LENGTH) * 3 > ITEM_BYTES) attributesText(item)
  return { own: ownText, common: commonText }
}
