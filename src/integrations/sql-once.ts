/**
 * A transaction that happens once for a call, however often it is tried: a row of `baton_calls`, keyed by the call,
 * becomes durable with its effect, and holds its result.
 */
import * as z from 'zod'
import { EffectUnknown, NotActed } from '../errors.ts'
import type { Json } from '../schema/json.ts'
import { parseJson } from '../schema/parse-json.ts'
import type { RunSql, SqlConnection } from './sql-connection.ts'

/** Rows may be deleted once no run that made them can go on any more. */
export const CALLS_TABLE =
  'CREATE TABLE baton_calls (call_id VARCHAR(64) PRIMARY KEY, tool VARCHAR(64) NOT NULL, ' +
  'called_at VARCHAR(32) NOT NULL, result TEXT)'

interface Once {
  readonly connection: SqlConnection
  readonly tool: string
  readonly callId: string
  readonly fence: number
  readonly now: Date
  /** Throws for what is not to be done: nothing of it is kept then. */
  readonly work: (run: RunSql) => Promise<Json>
}

/** What a row holds: the result, or why nothing was or will be done. */
const Kept = z.union([z.strictObject({ result: z.json() }), z.strictObject({ refused: z.string() })])
type Kept = z.infer<typeof Kept>

/** @throws NotActed where nothing was done, and nothing will be; EffectUnknown where that cannot be said. */
export async function once(call: Once): Promise<Json> {
  const { connection, work } = call
  let isWorking = true
  try {
    await makeTable(connection)
    return await connection.transaction('write', async (run) => {
      const known = await find(run, call)
      if (known) return resultOf(known)
      // First, so that whoever else makes this call waits here for how it ends.
      await insert(run, call, null)
      const result = await work(run)
      await run(`UPDATE baton_calls SET result = ${at(call, 1)} WHERE call_id = ${at(call, 2)}`, [
        JSON.stringify({ result }),
        call.callId,
      ])
      isWorking = false
      return result
    })
  } catch (error) {
    if (error instanceof KnownRefusal) throw error
    if (isWorking) return afterRollback(call, error)
    throw unknown(error)
  }
}

class KnownRefusal extends NotActed {}

/** Nothing of this try was kept. Another try of the same call may have been, or be on its way. */
async function afterRollback(call: Once, error: unknown): Promise<Json> {
  const { message } = error as Error
  const { connection, fence } = call
  let kept: Kept
  try {
    kept = await connection.transaction(fence === 1 ? 'read' : 'write', async (run) => {
      const known = await find(run, call)
      if (known) return known
      const refused = { refused: message }
      // So that no earlier try can still act once this one has said that it did not.
      if (fence > 1) await insert(run, call, refused)
      return refused
    })
  } catch (failure) {
    if (fence === 1) throw refusal(message, error)
    throw unknown(failure)
  }
  if ('refused' in kept && kept.refused === message) throw refusal(message, error)
  return resultOf(kept)
}

function refusal(message: string, cause?: unknown): KnownRefusal {
  const next = cause instanceof NotActed ? cause.next : 'Correct the arguments, or look at the database.'
  return new KnownRefusal({ message, next, cause })
}

function unknown(cause: unknown): EffectUnknown {
  return new EffectUnknown({
    message: `whether the transaction was committed is not known: ${(cause as Error).message}`,
    next: 'The same call again gives its result, or does it once.',
    cause,
  })
}

async function find(run: RunSql, call: Once): Promise<Kept | undefined> {
  const { rows } = await run(`SELECT result FROM baton_calls WHERE call_id = ${at(call, 1)}`, [call.callId])
  const parsed = rows[0] === undefined ? undefined : parseJson(String(rows[0]['result']))
  return parsed?.ok ? Kept.parse(parsed.value) : undefined
}

async function insert(run: RunSql, call: Once, kept: Kept | null): Promise<void> {
  const values = [call.callId, call.tool, call.now.toISOString(), kept === null ? null : JSON.stringify(kept)]
  const places = values.map((_, index) => at(call, index + 1)).join(', ')
  await run(`INSERT INTO baton_calls (call_id, tool, called_at, result) VALUES (${places})`, values)
}

function resultOf(kept: Kept): Json {
  if ('result' in kept) return kept.result
  throw refusal(kept.refused)
}

const made = new WeakSet<SqlConnection>()

/** Looked for first: a role that may write rows often may make no table. */
async function makeTable(connection: SqlConnection): Promise<void> {
  if (made.has(connection)) return
  const isThere = await connection
    .transaction('read', async (run) => run('SELECT call_id FROM baton_calls WHERE 1 = 0', []))
    .then(
      () => true,
      () => false,
    )
  if (isThere) {
    made.add(connection)
    return
  }
  // Another process may be first: what counts is that it is there when the call is made.
  await connection.transaction('write', async (run) => run(CALLS_TABLE, [])).catch(() => undefined)
}

function at({ connection }: Once, number: number): string {
  return connection.placeholder === '?' ? '?' : `$${number}`
}
