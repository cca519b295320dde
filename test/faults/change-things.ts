/**
 * Makes the same calls in each process: lines at the end of a file, and sums in a database. Says each that it has
 * made.
 */
import { fileTools, sqlTools } from 'baton/tools'
import * as z from 'zod'
import { contextOf } from '../unit/integrations/tool-context.ts'

const [folder = '', calls = '0', fence = '1'] = process.argv.slice(2)
const { append } = fileTools({ name: 'notes', root: { folder }, write: {} })
const { pay } = sqlTools({
  name: 'books',
  open: { file: `${folder}/books.db` },
  queries: {
    pay: {
      description: 'Pays',
      sql: ['UPDATE sums SET cents = cents + :cents', 'INSERT INTO payments (cents) VALUES (:cents)'],
      input: z.strictObject({ cents: z.int() }),
      effect: 'write',
      changes: 2,
    },
  },
})

for (let call = 1; call <= Number(calls); call += 1) {
  const given = { fence: Number(fence) }
  // Long enough that a line is not one page.
  const line = `${call} ${'x'.repeat((call * 997) % 9_000)}\n`
  await append.run({ file: 'log.txt', text: line }, contextOf(`append-${call}`, given))
  await pay.run({ cents: call }, contextOf(`pay-${call}`, given))
  process.stdout.write('.')
}
