import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { sqlTools } from '../../../src/integrations/sql-tools.ts'
import { contextOf } from './tool-context.ts'
import { billing, books, notes, orders, postgres, sendInvoice, shop } from './tools-page.ts'

it('docs/tools.md shows this code, word for word', () => {
  const page = readFileSync('docs/tools.md', 'utf8')
  const code = readFileSync(join(import.meta.dirname, 'tools-page.ts'), 'utf8')
  const blocks = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1] ?? '')
  expect(blocks.length).toBeGreaterThan(5)
  for (const block of blocks) expect(code).toContain(block)
})

it('its tools are what it says', () => {
  const effects = (tools: object) =>
    Object.fromEntries(Object.values(tools).map(({ name, effect }) => [name, effect] as const))
  expect({ ...effects(shop), ...effects(books), ...effects(orders), ...effects(notes) }).toEqual({
    shop_getOrder: 'read',
    shop_createRefund: 'keyed',
    books_findOrder: 'read',
    books_refund: 'keyed',
    orders_get: 'read',
    orders_recent: 'read',
    orders_close: 'keyed',
    notes_list: 'read',
    notes_read: 'read',
    notes_write: 'keyed',
    notes_append: 'keyed',
    notes_delete: 'keyed',
  })
  const { when } = shop.createRefund.approval ?? {}
  if (typeof when !== 'function') throw new Error('a predicate is expected')
  expect([when({ body: { cents: 10_001 } }), when({ body: { cents: 1 } })]).toEqual([true, false])
})

it('its invoice is sent, asked for and taken back', async () => {
  const context = contextOf('call-1')
  expect(await sendInvoice.run({ order: 'o-1' }, context)).toEqual({ invoice: 'i-o-1' })
  const found = { happened: 'yes', output: { invoice: 'i-o-1' } }
  expect(await sendInvoice.reconcile?.({ order: 'o-1' }, context)).toEqual(found)
  await sendInvoice.undo?.({ input: { order: 'o-1' }, output: { invoice: 'i-o-1' } }, context)
  expect(await sendInvoice.reconcile?.({ order: 'o-1' }, context)).toEqual({ happened: 'no' })
  expect(billing.invoices.size).toBe(0)
  await expect(sendInvoice.run({ order: 'unknown' }, contextOf('c'))).rejects.toMatchObject({ name: 'NotActed' })
  await expect(sendInvoice.run({ order: 'slow' }, contextOf('d'))).rejects.toMatchObject({ name: 'EffectUnknown' })
})

it('its Postgres makes one transaction of a write, and rolls a failing one back', async () => {
  const said: string[] = []
  const client = {
    async query(sql: string) {
      said.push(sql.split(' (')[0] ?? '')
      if (sql.startsWith('UPDATE orders')) return { rows: [], rowCount: 0, command: 'UPDATE' }
      return { rows: [], rowCount: 1, command: sql.split(' ')[0] ?? '' }
    },
    release: () => void said.push('release'),
  }
  const queries = { refund: { ...REFUND, changes: 2 } }
  const { refund } = sqlTools({ name: 'books', open: () => postgres({ connect: async () => client }), queries })
  await expect(refund.run({ id: 'o' }, contextOf('c'))).rejects.toThrow(/0 rows would have been changed, not 2/)
  expect(said).toEqual([
    ...['BEGIN READ ONLY', 'SELECT call_id FROM baton_calls WHERE 1 = 0', 'COMMIT', 'release'],
    ...['BEGIN', 'SELECT result FROM baton_calls WHERE call_id = $1', 'INSERT INTO baton_calls'],
    ...['UPDATE orders SET cents = 0 WHERE id = $1', 'ROLLBACK', 'release'],
    ...['BEGIN READ ONLY', 'SELECT result FROM baton_calls WHERE call_id = $1', 'COMMIT', 'release'],
  ])
})

const REFUND = {
  description: 'x',
  sql: 'UPDATE orders SET cents = 0 WHERE id = :id',
  input: books.findOrder.input as never,
  effect: 'write',
} as const
