/** What an update makes of an item. It creates the item where there is none and the condition allows that. */
import { InvalidRequest } from '../errors.ts'
import type { Json, JsonObject } from '../schema/json.ts'
import type { Item, Write } from './records.ts'

/** @throws InvalidRequest where a number is added to something else. */
export function updated(write: Extract<Write, { kind: 'update' }>, stored: Item | undefined): Item {
  const attributes: Record<string, Json> = { ...stored?.attributes, ...write.set }
  for (const [name, amount] of Object.entries(write.add ?? {})) attributes[name] = sum(name, stored?.attributes, amount)
  for (const name of write.remove ?? []) delete attributes[name]
  const index = stored?.index
  return { ...write.key, attributes, ...(index === undefined ? {} : { index }) }
}

function sum(name: string, stored: JsonObject | undefined, amount: number): number {
  const before = stored?.[name] ?? 0
  if (typeof before === 'number') return before + amount
  throw new InvalidRequest({
    message: `the records refused a request: ${amount} was to be added to ${name}, which is no number: ${JSON.stringify(before)}`,
    next: 'Correct the request.',
  })
}
