/** What of a batch is fit to be loaded, what is wrong, and what is odd. Pure: the same batch and columns, the same outcome. */
import * as z from 'zod'
import { Column, knownColumn, Order, orderOf } from './order.ts'
import { Gate, gateOf, ODD } from './quality.ts'
import type { Batch, BatchFile } from './read-batch.ts'

export const FileColumns = z.strictObject({ file: z.string(), columns: z.array(Column).max(100) })
export type FileColumns = z.infer<typeof FileColumns>

const Place = { file: z.string(), line: z.int().positive() }
const Rejected = z.strictObject({ ...Place, problem: z.string() })
type Rejected = z.infer<typeof Rejected>

/** Valid, and yet hardly right: a person decides. */
export const Odd = z.strictObject({
  ...Place,
  ...Order.shape,
  rule: z.enum(['price', 'weight', 'quantity', 'date']),
  cause: z.string().describe('what is odd about it, by rule'),
})
export type Odd = z.infer<typeof Odd>

/** Of the rejected rows, those that are shown; all of them go into the warehouse's table of rejected rows. */
const MOST_SHOWN = 20
export const MOST_ODD = 40

export const Intake = z.strictObject({
  sha256: z.string().describe('of all that was read: nothing else is loaded'),
  rows: z.int(),
  clean: z.int().describe('orders that are loaded without a question'),
  rejected: z.int(),
  repeated: z.int().describe('rows that say again what another has said'),
  leftOut: z.array(z.string()).max(100).describe('columns that nobody has a use for, as file: column'),
  examples: z.array(Rejected).max(MOST_SHOWN),
  odd: z.array(Odd).max(MOST_ODD),
  gate: Gate,
})
export type Intake = z.infer<typeof Intake>

export interface Inspected {
  readonly clean: readonly Placed[]
  readonly odd: readonly Odd[]
  readonly rejected: readonly Rejected[]
  readonly intake: Intake
}
export interface Placed {
  readonly file: string
  readonly line: number
  readonly order: Order
}

/** Known columns are what they are; of the others what was said last counts. */
function columnsOf({ file, columns }: BatchFile, said: readonly FileColumns[]): Column[] {
  const ours = said.filter((one) => one.file === file).flatMap((one) => one.columns)
  return columns.map((column) => {
    const known = knownColumn(column) ?? ours.findLast((one) => one.column === column)
    return known ?? { column, field: null, unit: null }
  })
}

export function inspectBatch(batch: Batch, said: readonly FileColumns[]): Inspected {
  const rejected: Rejected[] = []
  const placed: Placed[] = []
  const leftOut: string[] = []
  let strangers = 0
  for (const file of batch.files) {
    const columns = columnsOf(file, said)
    const unused = columns.filter(({ field }) => field === null)
    leftOut.push(...unused.map(({ column }) => `${file.file}: ${column}`))
    rejected.push(...file.broken.map((one) => ({ file: file.file, ...one })))
    for (const { line, values } of file.rows) {
      const read = orderOf(values, columns, batch.rates)
      const place = { file: file.file, line }
      if ('problems' in read) rejected.push({ ...place, problem: read.problems.join('; ') })
      else if (!batch.customers.has(read.order.customer)) {
        strangers += 1
        rejected.push({ ...place, problem: `customer ${read.order.customer} is unknown` })
      } else placed.push({ ...place, order: read.order })
    }
  }
  const { once, repeated, torn } = withoutRepetitions(placed)
  rejected.push(...torn)
  rejected.sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1))
  const odd = oddOnes(once)
  const isOdd = new Set(odd.map(({ order }) => order))
  const clean = once.filter(({ order }) => !isOdd.has(order.order))
  const rows = batch.files.reduce((sum, file) => sum + file.rows.length + file.broken.length, 0)
  const gate = gateOf({ rows, rejected: rejected.length, strangers, odd: odd.length, mostOdd: MOST_ODD })
  const intake: Intake = {
    sha256: batch.sha256,
    rows,
    clean: clean.length,
    rejected: rejected.length,
    repeated,
    leftOut: leftOut.slice(0, 100),
    examples: rejected.slice(0, MOST_SHOWN),
    odd: odd.slice(0, MOST_ODD),
    gate,
  }
  return { clean, odd, rejected, intake }
}

/** The same order twice counts once; two that differ under one number are both turned down, as nobody knows which holds. */
function withoutRepetitions(placed: readonly Placed[]) {
  const byOrder = Map.groupBy(placed, ({ order }) => order.order)
  const once: Placed[] = []
  const torn: Rejected[] = []
  for (const [number, [first, ...others]] of byOrder) {
    if (first === undefined) continue
    const isSame = others.every(({ order }) => JSON.stringify(order) === JSON.stringify(first.order))
    if (isSame) once.push(first)
    else {
      const places = [first, ...others].map(({ file, line }) => `${file}:${line}`).join(', ')
      const problem = `order ${number} is there in several versions: ${places}`
      torn.push(...[first, ...others].map(({ file, line }) => ({ file, line, problem })))
    }
  }
  return { once, torn, repeated: placed.length - once.length - torn.length }
}

function oddOnes(placed: readonly Placed[]): Odd[] {
  const ofProduct = Map.groupBy(placed, ({ order }) => order.product)
  const quantity = median(placed.map(({ order }) => order.quantity))
  const day = median(placed.map(({ order }) => Date.parse(order.date)))
  return placed.flatMap(({ file, line, order }): Odd[] => {
    const peers = ofProduct.get(order.product) ?? []
    const found = ruleFor(order)
    return found === undefined ? [] : [{ file, line, ...order, ...found }]

    function ruleFor({ unitCents, grams, date }: Order): Pick<Odd, 'rule' | 'cause'> | undefined {
      const usual = {
        cents: median(peers.map((peer) => peer.order.unitCents)),
        grams: median(peers.map((peer) => peer.order.grams)),
      }
      const isKnown = peers.length >= ODD.leastPeers
      if (isKnown && isOff(unitCents, usual.cents, ODD.priceTimes)) {
        return {
          rule: 'price',
          cause: `EUR ${euros(unitCents)} each; ${order.product} usually costs EUR ${euros(usual.cents)}`,
        }
      }
      if (isKnown && isOff(grams, usual.grams, ODD.weightTimes)) {
        return {
          rule: 'weight',
          cause: `${grams} g each; ${order.product} usually weighs ${Math.round(usual.grams)} g`,
        }
      }
      if (order.quantity > ODD.quantityTimes * quantity) {
        return { rule: 'quantity', cause: `${order.quantity} pieces; an order usually has ${quantity}` }
      }
      const days = Math.abs(Date.parse(date) - day) / 86_400_000
      if (days <= ODD.days) return undefined
      return { rule: 'date', cause: `of ${date}, ${Math.round(days)} days away from the rest` }
    }
  })
}

function isOff(value: number, usual: number, times: number): boolean {
  return value > usual * times || value * times < usual
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}

function euros(cents: number): string {
  return (cents / 100).toFixed(2)
}
