/** The code of docs/tools.md, word for word: type-checked here, and run by its test. */
import { defineTool, EffectUnknown, NotActed } from 'baton'
import { bearer, dynamodbTools, fileTools, httpTools, type SqlConnection, sqlTools } from 'baton/tools'
import * as z from 'zod'
import { SHOP_DOCUMENT as document } from './shop-server.ts'

const shop = httpTools({
  name: 'shop',
  document,
  baseUrl: 'https://api.shop.example/v1',
  auth: bearer({ secret: 'shop-token' }),
  rateLimit: { calls: 20, perSeconds: 1 },
  operations: {
    getOrder: {},
    createRefund: {
      idempotencyHeader: 'Idempotency-Key',
      approval: { role: 'clerk', when: ({ body }) => Number((body as { cents: number }).cents) > 10_000 },
    },
  },
})

const books = sqlTools({
  name: 'books',
  open: { file: 'data/books.db' },
  queries: {
    findOrder: {
      description: 'Finds an order by its number',
      sql: 'SELECT id, cents FROM orders WHERE id = :id',
      input: z.strictObject({ id: z.string() }),
      effect: 'read',
    },
    refund: {
      description: 'Books a refund of an order',
      sql: [
        'UPDATE orders SET cents = cents - :cents WHERE id = :id AND cents >= :cents',
        'INSERT INTO refunds (order_id, cents) VALUES (:id, :cents)',
      ],
      input: z.strictObject({ id: z.string(), cents: z.int().positive() }),
      effect: 'write',
      changes: 2,
    },
  },
})

const postgres = (pool: Pool): SqlConnection => ({
  placeholder: '$',
  async transaction(mode, work) {
    const client = await pool.connect()
    try {
      await client.query(mode === 'read' ? 'BEGIN READ ONLY' : 'BEGIN')
      const done = await work(async (sql, values) => {
        const { rows, rowCount, command } = await client.query(sql, [...values])
        return { rows, changed: command === 'SELECT' ? 0 : (rowCount ?? 0) }
      })
      await client.query('COMMIT')
      return done
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined)
      throw error
    } finally {
      client.release()
    }
  },
})

const orders = dynamodbTools({
  name: 'orders',
  table: 'arn:aws:dynamodb:eu-west-1:111122223333:table/orders',
  key: { partition: 'customer', sort: 'order' },
  markers: { expires: { attribute: 'expires', days: 30 } },
  operations: {
    get: { kind: 'get', description: 'Gives an order' },
    recent: { kind: 'query', description: "Lists a customer's orders, newest first", descending: true },
    close: {
      kind: 'update',
      description: 'Closes an open order',
      set: { status: z.literal('closed') },
      when: { status: 'open' },
    },
  },
})

const notes = fileTools({ name: 'notes', root: { setting: 'notes' }, write: { mostBytes: 100_000 } })

const sendInvoice = defineTool({
  name: 'send_invoice',
  description: 'Sends the invoice of an order to its customer.',
  input: z.strictObject({ order: z.string() }),
  output: z.strictObject({ invoice: z.string() }),
  effect: 'lookup',
  secrets: ['billing-token'],
  run: async ({ order }, { callId, secret, signal }) => {
    const token = await secret('billing-token')
    const sent = await billing.send({ order, reference: callId, token, signal })
    if (sent === 'refused') throw new NotActed({ message: `${order} has no address`, next: 'Ask the customer.' })
    if (sent === 'cut off') throw new EffectUnknown({ message: 'no answer came', next: 'Look at the invoices.' })
    return sent
  },
  reconcile: async (_, { callId }) => {
    const output = await billing.find({ reference: callId })
    return output ? { happened: 'yes', output } : { happened: 'no' }
  },
  undo: async ({ output }, { callId }) => billing.cancel({ invoice: output.invoice, reference: callId }),
})

// What stands for the other side, and for `pg`: none of it is shown. ---------------------------------------

interface Pool {
  connect(): Promise<Client>
}
interface Client {
  query(
    sql: string,
    values?: unknown[],
  ): Promise<{ rows: Record<string, unknown>[]; rowCount: number | null; command: string }>
  release(): void
}

const billing = {
  invoices: new Map<string, { readonly invoice: string }>(),
  async send(given: { order: string; reference: string; token: string; signal: AbortSignal }) {
    if (given.order === 'unknown') return 'refused' as const
    const sent = { invoice: `i-${given.order}` }
    billing.invoices.set(given.reference, sent)
    return given.order === 'slow' ? ('cut off' as const) : sent
  },
  find: async ({ reference }: { reference: string }) => billing.invoices.get(reference),
  async cancel({ reference }: { invoice: string; reference: string }) {
    billing.invoices.delete(reference)
  },
}

export { billing, books, notes, orders, postgres, sendInvoice, shop }
