/** Where mails come from and where orders, refunds and letters are kept: files and a SQLite database, made from orders.csv. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { InvalidRequest, NotActed, type ToolContext } from 'baton'
import { DocumentSettings } from 'baton/documents'
import { type RunSql, type SqlConnection, sqliteConnection, sqlOnce } from 'baton/tools'
import * as z from 'zod'

const OWN_DATA = fileURLToPath(new URL('./data', import.meta.url))

export const Settings = z.looseObject({
  documents: DocumentSettings.shape.documents
    .default(join(OWN_DATA, 'knowledge'))
    .meta({ format: 'path', description: 'Folder of the knowledge base. Default: that of the example' }),
  inbox: z
    .string()
    .min(1)
    .default(OWN_DATA)
    .meta({ format: 'path', description: 'Folder of tickets.json and orders.csv. Default: the data of the example' }),
  desk: z
    .string()
    .min(1)
    .default('.baton/desk.db')
    .meta({ description: 'SQLite file of orders, refunds and letters; made from orders.csv where it is not there' }),
})
export type Settings = z.infer<typeof Settings>

export const TicketId = z.string().regex(/^T-\d{1,9}$/, 'a ticket such as T-1001')

export const Mail = z.strictObject({
  from: z.string(),
  date: z.iso.date(),
  subject: z.string(),
  text: z.string().max(10_000),
})
export type Mail = z.infer<typeof Mail>

export const Order = z.strictObject({
  order: z.string(),
  day: z.iso.date(),
  item: z.string(),
  cents: z.int().describe('what was paid'),
  delivered: z.iso.date().nullable(),
  isFinalSale: z.boolean(),
  isRefunded: z.boolean(),
})
export type Order = z.infer<typeof Order>

const Inbox = z.array(z.strictObject({ ticket: TicketId, ...Mail.shape }))

/** @throws InvalidRequest where there is no such ticket. */
export function mailOf(ticket: string, { inbox }: Pick<Settings, 'inbox'>): Mail {
  const mails = Inbox.parse(JSON.parse(readFileSync(join(inbox, 'tickets.json'), 'utf8')))
  const found = mails.find((mail) => mail.ticket === ticket)
  if (found === undefined) {
    throw new InvalidRequest({ message: `there is no ticket ${ticket} in ${inbox}`, next: 'Name one of tickets.json.' })
  }
  const { ticket: _, ...mail } = found
  return mail
}

export async function ordersOf(customer: string, settings: Settings): Promise<Order[]> {
  const sql = `SELECT orders.*, refunds.order_number IS NOT NULL AS refunded FROM orders
    LEFT JOIN refunds USING (order_number) WHERE customer = ? ORDER BY order_number`
  const connection = await openDesk(settings)
  const { rows } = await connection.transaction('read', (run) => run(sql, [customer]))
  return rows.map((row) => ({
    order: String(row['order_number']),
    day: String(row['day']),
    item: String(row['item']),
    cents: Number(row['cents']),
    delivered: row['delivered'] === '' ? null : String(row['delivered']),
    isFinalSale: Number(row['final_sale']) === 1,
    isRefunded: Number(row['refunded']) === 1,
  }))
}

export const Refunded = z.strictObject({ order: z.string(), cents: z.int() })
export type Refunded = z.infer<typeof Refunded>

/** The refund that a ticket has led to. */
export async function refundOf(ticket: string, settings: Settings): Promise<Refunded | null> {
  const connection = await openDesk(settings)
  const sql = 'SELECT order_number, cents FROM refunds WHERE ticket = ?'
  const { rows } = await connection.transaction('read', (run) => run(sql, [ticket]))
  return rows[0] ? { order: String(rows[0]['order_number']), cents: Number(rows[0]['cents']) } : null
}

type Call = ToolContext<Settings>

/** Once for a call, and once for an order, whoever asks for it. @throws NotActed where it was refunded already. */
export function bookRefund(ticket: string, { order, cents }: Refunded, context: Call): Promise<unknown> {
  return change('refund_order', context, async (run) => {
    const sql = 'INSERT INTO refunds (order_number, ticket, cents) VALUES (?, ?, ?) ON CONFLICT DO NOTHING'
    const { changed } = await run(sql, [order, ticket, cents])
    if (changed === 0) throw new NotActed({ message: `${order} was refunded already`, next: 'Tell the customer so.' })
    return { refunded: { order, cents } }
  })
}

/** Once for a call, and once for a ticket. Where your mails go out, give the other side `callId` as the key of the request. */
export function postLetter(ticket: string, to: string, letter: string, context: Call): Promise<unknown> {
  return change('send_letter', context, async (run) => {
    const sql = 'INSERT INTO letters (ticket, recipient, letter) VALUES (?, ?, ?) ON CONFLICT DO NOTHING'
    const { changed } = await run(sql, [ticket, to, letter])
    if (changed === 0) throw new NotActed({ message: `${ticket} was answered already`, next: 'Leave it at that.' })
    return { sent: { to, ticket } }
  })
}

async function change(
  tool: string,
  { callId, fence, now, settings }: Call,
  work: Parameters<typeof sqlOnce>[0]['work'],
) {
  return sqlOnce({ connection: await openDesk(settings), tool, callId, fence, now: now(), work })
}

const TABLES = [
  `CREATE TABLE IF NOT EXISTS orders (order_number TEXT PRIMARY KEY, customer TEXT NOT NULL, day TEXT NOT NULL,
    item TEXT NOT NULL, cents INTEGER NOT NULL, delivered TEXT NOT NULL, final_sale INTEGER NOT NULL)`,
  'CREATE TABLE IF NOT EXISTS refunds (order_number TEXT PRIMARY KEY, ticket TEXT UNIQUE NOT NULL, cents INTEGER NOT NULL)',
  'CREATE TABLE IF NOT EXISTS letters (ticket TEXT PRIMARY KEY, recipient TEXT NOT NULL, letter TEXT NOT NULL)',
]
const opened = new Map<string, Promise<SqlConnection>>()

function openDesk({ desk, inbox }: Settings): Promise<SqlConnection> {
  const known = opened.get(desk) ?? makeDesk(desk, inbox)
  opened.set(desk, known)
  known.catch(() => opened.delete(desk))
  return known
}

/** An empty file is an empty database; orders that are there already stay as they are. */
async function makeDesk(file: string, inbox: string): Promise<SqlConnection> {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, '', { flag: 'a' })
  const connection = sqliteConnection(file)
  const [, ...lines] = readFileSync(join(inbox, 'orders.csv'), 'utf8').trim().split(/\r?\n/)
  await connection.transaction('write', async (run: RunSql) => {
    for (const table of TABLES) await run(table, [])
    const sql = 'INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING'
    for (const line of lines) await run(sql, line.split(','))
  })
  return connection
}
