/** What an order is once it is in the warehouse, and how the shops' own words for its fields are read. */
import * as z from 'zod'

export const FIELDS = ['order', 'date', 'customer', 'product', 'quantity', 'price', 'currency', 'weight'] as const
export const Field = z.enum(FIELDS)
export type Field = z.infer<typeof Field>

/** A column of a file and what it holds; `unit` for weights whose column is in no unit of its own. */
export const Column = z.strictObject({
  column: z.string().min(1).max(200).describe('as the file names it'),
  field: Field.nullable().describe('null: it is not loaded'),
  unit: z.enum(['kg', 'g', 'lb']).nullable().describe('of a weight; null for all other fields'),
})
export type Column = z.infer<typeof Column>

/** Money in cents of the euro, weights in grams, days as `YYYY-MM-DD`. */
export const Order = z.strictObject({
  order: z.string().regex(/^[A-Z]{2}-\d{5}$/, 'two letters, a dash and five digits are expected, e.g. BE-10023'),
  date: z.iso.date('a day of the calendar is expected, e.g. 2026-03-02 or 02.03.2026'),
  customer: z.string().regex(/^C\d{4}$/, 'a customer number is expected, e.g. C1042'),
  product: z.string().regex(/^[A-Z0-9][A-Z0-9-]{2,20}$/, 'a product number is expected, e.g. LAMP-01'),
  quantity: z.int('a whole number is expected').min(1, 'at least 1 is expected').max(1_000_000),
  unitCents: z.int('an amount of money is expected').min(1, 'more than 0 is expected').max(1_000_000_000),
  grams: z.int('a weight is expected').min(1, 'more than 0 is expected').max(100_000_000),
})
export type Order = z.infer<typeof Order>

/** Words for fields that need nobody to think: lower case, letters only. */
const KNOWN: Readonly<Record<Field, readonly string[]>> = {
  order: ['order', 'orderid', 'ordernumber', 'bestellnr', 'bestellnummer'],
  date: ['date', 'orderdate', 'orderedat', 'datum'],
  customer: ['customer', 'customerid', 'customernumber', 'kunde', 'kundennummer'],
  product: ['product', 'sku', 'productid', 'artikel', 'artikelnummer'],
  quantity: ['quantity', 'qty', 'menge', 'anzahl'],
  price: ['price', 'unitprice', 'einzelpreis', 'stückpreis'],
  currency: ['currency', 'währung'],
  weight: ['weight', 'weightkg', 'weightg', 'weightlb', 'gewicht', 'gewichtkg', 'gewichtg'],
}
const GRAMS = { kg: 1_000, g: 1, lb: 453.592_37 } as const

/** By the rules above; undefined: somebody has to look. */
export function knownColumn(column: string): Column | undefined {
  const word = column.toLowerCase().replaceAll(/[^\p{L}]/gu, '')
  const field = FIELDS.find((one) => KNOWN[one].includes(word))
  if (field === undefined) return undefined
  const unit = field === 'weight' ? (/(?:^|[^a-z])(kg|g|lb)$/.exec(column.toLowerCase())?.[1] ?? 'g') : null
  return { column, field, unit: unit as Column['unit'] }
}

/** Euros for one unit of a currency. */
export type Rates = Readonly<Record<string, number>>

/** A row as its file has it → an order, or what is wrong with it. A field that is not there is said to be missing. */
export function orderOf(
  row: Readonly<Record<string, unknown>>,
  columns: readonly Column[],
  rates: Rates,
): { readonly order: Order } | { readonly problems: readonly string[] } {
  const given = new Map<Field, string>()
  for (const { column, field } of columns) {
    const value = row[column]
    if (field !== null && value !== undefined && value !== null) given.set(field, String(value).trim())
  }
  const missing = FIELDS.filter((field) => (given.get(field) ?? '') === '')
  if (missing.length > 0) return { problems: missing.map((field) => `${field}: nothing is given`) }
  const text = (field: Field) => given.get(field) ?? ''
  const rate = rates[text('currency').toUpperCase()]
  if (rate === undefined) return { problems: [`currency: there is no rate for ${JSON.stringify(text('currency'))}`] }
  const unit = columns.find(({ field }) => field === 'weight')?.unit ?? 'g'
  const parsed = Order.safeParse({
    order: text('order').toUpperCase(),
    date: dayOf(text('date')),
    customer: text('customer').toUpperCase(),
    product: text('product').toUpperCase(),
    quantity: numberOf(text('quantity')),
    unitCents: Math.round(numberOf(text('price')) * 100 * rate),
    grams: Math.round(numberOf(text('weight')) * GRAMS[unit]),
  })
  if (parsed.success) return { order: parsed.data }
  return { problems: parsed.error.issues.map(({ path, message }) => `${sourceOf(String(path[0]))}: ${message}`) }

  /** The field as the file has it, with what stands there. */
  function sourceOf(key: string): string {
    const field = key === 'unitCents' ? 'price' : key === 'grams' ? 'weight' : (key as Field)
    return `${field} ${JSON.stringify(text(field).slice(0, 60))}`
  }
}

/** `02.03.2026` and `2026-03-02T10:15:00Z` → `2026-03-02`. Whether there is such a day is the schema's business. */
function dayOf(text: string): string {
  const german = /^(\d{1,2})\.(\d{1,2})\.(\d{4})$/.exec(text)
  if (german === null) return text.slice(0, 10)
  const [, day = '', month = '', year = ''] = german
  return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
}

/** `1.234,50`, `1,234.50` and `1234.5` → 1234.5, what is no number → NaN. A mark that stands alone is that of decimals. */
function numberOf(text: string): number {
  const last = Math.max(text.lastIndexOf(','), text.lastIndexOf('.'))
  const mark = text[last]
  const marks = [...text].filter((letter) => letter === ',' || letter === '.')
  const isDecimal = marks.length > 0 && marks.filter((one) => one === mark).length === 1
  const plain = isDecimal
    ? `${text.slice(0, last).replaceAll(/[.,]/g, '')}.${text.slice(last + 1)}`
    : text.replaceAll(/[.,]/g, '')
  return /^-?\d+(\.\d+)?$/.test(plain) ? Number(plain) : Number.NaN
}
