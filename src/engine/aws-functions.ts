/** The six functions that AWS adds to JSONata, and the clock behind $now and $millis. */
import { createHash, randomUUID } from 'node:crypto'
import type jsonata from 'jsonata'

const HASHES: Readonly<Record<string, string>> = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
}
/** AWS's bound on $range. */
const LONGEST_RANGE = 1_000

export interface FunctionSources {
  readonly now: () => number
  readonly random: () => number
}

export function registerAwsFunctions(expression: jsonata.Expression, { now, random }: FunctionSources): void {
  expression.registerFunction('partition', partition, '<an:a>')
  expression.registerFunction('range', range, '<nnn:x>')
  expression.registerFunction('hash', hash, '<ss:s>')
  expression.registerFunction('random', (seed?: number) => (seed === undefined ? random() : seeded(seed)), '<n?:n>')
  expression.registerFunction('uuid', () => randomUUID(), '<:s>')
  expression.registerFunction('parse', (text: string) => (text === undefined ? undefined : JSON.parse(text)), '<s:x>')
  // Not in Step Functions: an expression that came in as data must stay data.
  expression.assign('eval', undefined)
  expression.registerFunction('millis', now, '<:n>')
  expression.registerFunction(
    'now',
    function (this: jsonata.Focus, picture?: string, timezone?: string) {
      return this.environment.lookup('fromMillis').implementation.call(this, now(), picture, timezone)
    },
    '<s?s?:s>',
  )
}

function partition(items: readonly unknown[] | undefined, size: number): unknown[] | undefined {
  if (items === undefined) return undefined
  if (!Number.isInteger(size) || size < 1) throw new RangeError(`$partition needs a positive integer, got ${size}`)
  const parts: unknown[][] = []
  for (let start = 0; start < items.length; start += size) parts.push(items.slice(start, start + size))
  return parts
}

/** A JSONata sequence: with one element it stands for that element, as recorded from AWS. */
function range(first: number, last: number, step: number): unknown {
  if (step === 0 || !Number.isFinite(step)) throw new RangeError('$range needs a step other than 0')
  const numbers: number[] = []
  for (let value = first; step > 0 ? value <= last : value >= last; value += step) {
    if (numbers.length >= LONGEST_RANGE) throw new RangeError(`$range gives more than ${LONGEST_RANGE} numbers`)
    numbers.push(value)
  }
  return numbers.length === 1 ? numbers[0] : numbers
}

function hash(text: string | undefined, algorithm: string): string | undefined {
  if (text === undefined) return undefined
  const name = HASHES[algorithm]
  if (name === undefined) {
    throw new RangeError(`$hash knows ${Object.keys(HASHES).join(', ')}, got ${algorithm}`)
  }
  return createHash(name).update(text).digest('hex')
}

/** mulberry32: the same number for the same seed; the number itself need not be AWS's. */
function seeded(seed: number): number {
  let state = (Math.trunc(seed) + 0x6d2b79f5) | 0
  state = Math.imul(state ^ (state >>> 15), state | 1)
  state ^= state + Math.imul(state ^ (state >>> 7), state | 61)
  return ((state ^ (state >>> 14)) >>> 0) / 4_294_967_296
}
