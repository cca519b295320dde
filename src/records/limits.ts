/** What every adapter refuses, in the same words: the limits of DynamoDB, so that a laptop finds what AWS would refuse. */
import { canonicalJson, wellFormed } from '../audit/canonical.ts'
import { InvalidRequest } from '../errors.ts'
import type { JsonObject } from '../schema/json.ts'
import type { Condition, IndexEntry, Item, Key, Write } from './records.ts'

export const ITEM_BYTES = 400 * 1024
export const TRANSACTION_WRITES = 100
export const DEFAULT_PAGE_ITEMS = 1000
const PARTITION_BYTES = 2048
const SORT_BYTES = 1024
/** Depth of `and` and `or`, and the number of parts in one: DynamoDB's expression has at most 4 KB. */
const CONDITION_PARTS = 30
/** Column names of the key and the index in DynamoDB. */
const RESERVED = new Set(['pk', 'sk', 'ipk', 'isk'])
/** DynamoDB's numbers; JavaScript's reach further. */
const LARGEST_NUMBER = 9.9e125
const SMALLEST_NUMBER = 1e-130

export function keyOf(write: Write): Key {
  return write.kind === 'put' ? write.item : write.key
}

/** @throws InvalidRequest */
export function checkWrites(writes: readonly Write[]): void {
  if (writes.length === 0 || writes.length > TRANSACTION_WRITES) {
    throw refuse(`a transaction has ${writes.length} writes, it may have 1 to ${TRANSACTION_WRITES}`)
  }
  for (const write of writes) checkWrite(write)
  const keys = new Set(writes.map((write) => `${keyOf(write).partition}\0${keyOf(write).sort}`))
  if (keys.size < writes.length) throw refuse('a transaction writes one key twice')
}

/** @throws InvalidRequest */
export function checkWrite(write: Write): void {
  checkKey(keyOf(write))
  if (countParts(write.condition) > CONDITION_PARTS) throw refuse(`a condition has more than ${CONDITION_PARTS} parts`)
  if (write.kind === 'put') {
    if (write.item.index !== undefined) checkKey(write.item.index)
    checkAttributes(write.item.attributes)
  } else if (write.kind === 'update') {
    const touched = [...Object.keys(write.set ?? {}), ...Object.keys(write.add ?? {}), ...(write.remove ?? [])]
    if (new Set(touched).size < touched.length)
      throw refuse(`an update touches an attribute twice: ${touched.join(', ')}`)
    checkAttributes(write.set ?? {})
    checkAttributes(write.add ?? {})
  }
}

/** @throws InvalidRequest */
export function checkKey({ partition, sort }: Key | IndexEntry): void {
  checkKeyPart('partition', partition, PARTITION_BYTES)
  checkKeyPart('sort', sort, SORT_BYTES)
}

export function checkLimit(limit = DEFAULT_PAGE_ITEMS): number {
  if (!Number.isSafeInteger(limit) || limit < 1) throw refuse(`a query asks for ${limit} items, expected 1 or more`)
  return limit
}

/**
 * The JSON text of the attributes as stored: well-formed Unicode.
 * @throws InvalidRequest where the item would be larger than 400 KB, counted as keys + this text.
 */
export function attributesText(item: Pick<Item, 'partition' | 'sort' | 'attributes' | 'index'>): string {
  let text = stringify(item.attributes)
  // JSON.stringify writes lone surrogates, and nothing else, as \uD8xx to \uDFxx.
  if (text.includes('\\ud')) text = stringify(wellFormed(item.attributes) as JsonObject)
  const rest =
    item.partition.length + item.sort.length + (item.index ? item.index.partition.length + item.index.sort.length : 0)
  if ((rest + text.length) * 3 > ITEM_BYTES && rest + Buffer.byteLength(text) > ITEM_BYTES) {
    throw refuse(
      `item ${item.partition} ${item.sort} has ${rest + Buffer.byteLength(text)} bytes, at most ${ITEM_BYTES} fit`,
    )
  }
  return text
}

function stringify(attributes: JsonObject): string {
  try {
    return JSON.stringify(attributes)
  } catch {
    // Nested too deeply for the stack, or a cycle; the canonical writer needs no stack and names the fault.
    return canonicalJson(attributes)
  }
}

function checkKeyPart(name: string, value: string, most: number): void {
  if (value.length === 0 || (value.length * 3 > most && Buffer.byteLength(value) > most)) {
    throw refuse(`a ${name} key has ${Buffer.byteLength(value)} bytes, expected 1 to ${most}`)
  }
  if (value.includes('\0') || !value.isWellFormed()) {
    throw refuse(`a ${name} key holds a NUL or half of a surrogate pair: ${JSON.stringify(value)}`)
  }
}

function checkAttributes(attributes: JsonObject): void {
  for (const name in attributes) {
    if (RESERVED.has(name) || name === '') throw refuse(`an attribute may not be called ${JSON.stringify(name)}`)
    const value = attributes[name]
    if (typeof value === 'number') checkNumber(name, value)
  }
}

function checkNumber(name: string, value: number): void {
  const size = Math.abs(value)
  if (size === 0 || (size >= SMALLEST_NUMBER && size <= LARGEST_NUMBER)) return
  throw refuse(`attribute ${name} is ${value}; numbers from 1e-130 to 9.9e125 can be stored`)
}

function countParts(condition: Condition): number {
  if (condition.kind !== 'and' && condition.kind !== 'or') return 1
  return condition.conditions.reduce((sum, part) => sum + countParts(part), 1)
}

function refuse(message: string): InvalidRequest {
  return new InvalidRequest({
    message: `the records refused a request: ${message}`,
    next: 'Make the items smaller (large content belongs in artifacts) or correct the request.',
  })
}
