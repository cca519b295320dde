/** A tool by which a model reads with SQL of its own: one SELECT, on what refuses writes, bounded in rows and time. */
import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import * as z from 'zod'
import { defineTool, type Tool } from '../define/tool.ts'
import { InvalidRequest } from '../errors.ts'
import { Json, type JsonObject } from '../schema/json.ts'
import { parseJson } from '../schema/parse-json.ts'
import { sha256 } from '../schema/sha256.ts'
import { isOneSelect, jsonOf } from './sql-statement.ts'
import type { Connect, SqlTools } from './sql-tools.ts'

interface Explore {
  readonly name: string
  readonly open: SqlTools<string>['open']
  readonly connect: Connect
  readonly common: object
  readonly mostRows: number
}

const TIMEOUT_SECONDS = 10
const MOST_BYTES = 4 * 1024 * 1024
const Rows = z.array(z.record(z.string(), Json))

export function exploreTool({ name, open, connect, common, mostRows }: Explore): Tool {
  return defineTool({
    ...common,
    name,
    description: `Reads the database by one SELECT of yours. At most ${mostRows} rows: filter, aggregate, LIMIT.`,
    input: z.strictObject({ sql: z.string().min(1).max(10_000).describe('one SELECT, or WITH … SELECT') }),
    output: z.strictObject({ rows: Rows, isCut: z.boolean() }),
    effect: 'read',
    timeoutSeconds: TIMEOUT_SECONDS,
    run: async ({ sql }, context) => {
      if (!isOneSelect(sql)) {
        throw new InvalidRequest({
          message: 'only one SELECT is run',
          next: 'Write one statement, with SELECT or WITH.',
        })
      }
      const found =
        typeof open === 'function'
          ? await byConnection(sql, mostRows, await connect(context))
          : await byProcess({ file: resolve(open.file), sql, mostRows }, context.signal)
      const rows = Rows.parse(found.slice(0, mostRows).map(jsonOf))
      context.reads({ uri: `sql:${name}`, sha256: sha256(JSON.stringify(rows)) })
      return { rows, isCut: found.length > mostRows }
    },
  })
}

async function byConnection(
  sql: string,
  mostRows: number,
  connection: Awaited<ReturnType<Connect>>,
): Promise<readonly unknown[]> {
  // Wrapped, so that no driver fetches a whole table.
  const bounded = `SELECT * FROM (${sql.trim().replace(/;$/, '')}\n) AS explored LIMIT ${mostRows + 1}`
  return (await connection.transaction('read', (run) => run(bounded, [], mostRows + 1))).rows
}

/** SQLite runs in the thread that calls it, and nothing can stop it there: so it is a process, which can be killed. */
const READER = `
const sqlite = process.getBuiltinModule('node:sqlite')
const { file, sql, mostRows } = JSON.parse(process.argv[1])
const database = new sqlite.DatabaseSync(file, { readOnly: true, timeout: 2000 })
const statement = database.prepare(sql)
statement.setReadBigInts(true)
const rows = []
for (const row of statement.iterate()) {
  if (rows.push(row) > mostRows) break
}
const plain = (_, value) => typeof value === 'bigint'
  ? (Number.isSafeInteger(Number(value)) ? Number(value) : value.toString())
  : value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value
process.stdout.write(JSON.stringify(rows, plain))
`

function byProcess(
  asked: { readonly file: string; readonly sql: string; readonly mostRows: number },
  signal: AbortSignal,
): Promise<readonly JsonObject[]> {
  // Without this process's environment: nothing of it is the statement's business.
  const words = ['--no-warnings', '--max-old-space-size=256', '-e', READER, JSON.stringify(asked)]
  const child = spawn(process.execPath, words, {
    env: {},
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
    killSignal: 'SIGKILL',
  })
  const said = { out: '', error: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.out += text
    if (said.out.length > MOST_BYTES) child.kill('SIGKILL')
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (said.error.length < MOST_BYTES) said.error += text
  })
  return new Promise((done, fail) => {
    child.on('error', fail)
    child.on('close', () => {
      const parsed = parseJson(said.out)
      const rows = parsed.ok ? Rows.safeParse(parsed.value) : undefined
      if (rows?.success) return done(rows.data)
      const tooLong = said.out.length > MOST_BYTES ? `the rows are over ${MOST_BYTES} bytes` : undefined
      const reason = tooLong ?? /^(?:\w*Error): (.*)$/m.exec(said.error)?.[1] ?? 'the statement was ended'
      fail(new InvalidRequest({ message: reason.slice(0, 500), next: 'Correct the statement, or ask for less.' }))
    })
  })
}
