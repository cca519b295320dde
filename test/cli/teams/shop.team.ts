/** A clerk with a tool of each kind for what a user has already. Where that is, the test says. */
import { defineAgent, defineTeam, defineWorkflow, step } from 'baton'
import { bearer, fileTools, httpTools, sqlTools } from 'baton/tools'
import * as z from 'zod'
import { SHOP_DOCUMENT } from '../../unit/integrations/shop-server.ts'

const { SHOP_URL = 'http://127.0.0.1:9/v1', SHOP_FOLDER = '/tmp' } = process.env

const shop = httpTools({
  name: 'shop',
  document: SHOP_DOCUMENT,
  baseUrl: SHOP_URL,
  auth: bearer({ secret: 'shop-token' }),
  operations: { getOrder: {}, createRefund: { idempotencyHeader: 'Idempotency-Key' } },
})
const books = sqlTools({
  name: 'books',
  open: { file: `${SHOP_FOLDER}/books.db` },
  queries: {
    refund: {
      description: 'Books a refund',
      sql: 'UPDATE orders SET cents = cents - :cents WHERE id = :id',
      input: z.strictObject({ id: z.string(), cents: z.int() }),
      effect: 'write',
      changes: 1,
    },
  },
})
const notes = fileTools({ name: 'notes', root: { folder: SHOP_FOLDER }, write: {} })

const clerk = defineAgent({
  name: 'clerk',
  version: '1.0.0',
  role: 'Clerk',
  goal: 'Refund.',
  instructions: 'Refund, book it, note it.',
  model: { id: 'any' },
  tools: [...Object.values(shop), books.refund, notes.append],
  input: z.string(),
  output: z.strictObject({ done: z.boolean() }),
  limits: { turns: 6, seconds: 60 },
})

const refund = defineWorkflow({
  name: 'refund',
  version: '1.0.0',
  input: z.string(),
  output: clerk.output,
  steps: ({ run }) => step('refund', clerk, { input: run.input }),
})

export default defineTeam({ name: 'shop', agents: [clerk], workflows: [refund] })
