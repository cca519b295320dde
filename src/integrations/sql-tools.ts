/**
 * `sqlTools`: declared statements as tools. A model gives values of parameters, never SQL, but for `explore`, which
 * reads only. A statement that writes happens once, with its result, in one transaction.
 */
import * as z from 'zod'
import { defineTool, type Tool, type ToolApproval, type ToolContext } from '../define/tool.ts'
import { EffectUnknown, InvalidDefinition, type Issue, NotActed } from '../errors.ts'
import { Json, type JsonObject } from '../schema/json.ts'
import { sha256 } from '../schema/sha256.ts'
import { type IntegrationRate, rateOf } from './rate-of.ts'
import type { RunSql, SqlConnection } from './sql-connection.ts'
import { exploreTool } from './sql-explore.ts'
import { once } from './sql-once.ts'
import { bind, jsonOf, parametersOf } from './sql-statement.ts'
import { sqliteConnection } from './sqlite-connection.ts'

export interface SqlQuery {
  /** For the model. */
  readonly description: string
  /** One statement, or for a write several, all in one transaction. Parameters as `:name`, each a field of `input`. */
  readonly sql: string | readonly string[]
  readonly input: z.ZodObject
  readonly effect: 'read' | 'write'
  /** What a row is. @default any JSON object */
  readonly row?: z.ZodType<JsonObject>
  /** Rows that a write's statements must change together: with any other number, nothing is done. */
  readonly changes?: number
  readonly approval?: ToolApproval<JsonObject>
  readonly timeoutSeconds?: number
  readonly undo?: {
    readonly sql: string | readonly string[]
    /** The values of its parameters. */
    readonly input: (call: { readonly input: JsonObject; readonly output: SqlOutput }) => JsonObject
  }
}

export interface SqlOutput {
  readonly rows: readonly JsonObject[]
  /** True: there were more rows than are given. */
  readonly isCut: boolean
  /** Rows that were inserted, changed or removed. */
  readonly changed: number
}

export interface SqlTools<Name extends string, Explore extends boolean = boolean> {
  /** Tools are named `<name>_<query>`. */
  readonly name: string
  /** A SQLite file, or what opens a connection, once in a process. */
  readonly open:
    | { readonly file: string }
    | ((given: Pick<ToolContext, 'secret'>) => SqlConnection | Promise<SqlConnection>)
  readonly queries: Readonly<Record<Name, SqlQuery>>
  /** A further tool, `<name>_explore`, by which a model may read with SQL of its own. @default false */
  readonly explore?: Explore
  /** Names of the secrets that `open` asks for. */
  readonly secrets?: readonly string[]
  readonly rateLimit?: IntegrationRate
  /** Rows that a call gives at most. @default 100 */
  readonly mostRows?: number
}

const MOST_ROWS = 100

const Row: z.ZodType<JsonObject> = z.record(z.string(), Json)

/** @throws InvalidDefinition naming each query that cannot be a tool, and why. */
export function sqlTools<const Name extends string, const Explore extends boolean = false>(
  options: SqlTools<Name, Explore>,
): { readonly [Key in Name | (Explore extends true ? 'explore' : never)]: Tool } {
  const queries = Object.entries<SqlQuery>(options.queries)
  const issues = queries.flatMap(([id, query]) => queryIssues(`queries.${id}`, query))
  if (issues.length > 0) throw new InvalidDefinition(`SQL tools ${JSON.stringify(options.name)}`, issues)
  const connect = connector(options.open)
  const common = { secrets: options.secrets ?? [], ...rateOf(options.name, options.rateLimit) }
  const mostRows = options.mostRows ?? MOST_ROWS
  const tools = queries.map(([id, query]) => [
    id,
    queryTool(`${options.name}_${id}`, query, { connect, common, mostRows }),
  ])
  const explore = options.explore
    ? [['explore', exploreTool({ name: `${options.name}_explore`, open: options.open, connect, common, mostRows })]]
    : []
  return Object.fromEntries([...tools, ...explore])
}

export type Connect = (context: Pick<ToolContext, 'secret'>) => Promise<SqlConnection>

interface Surroundings {
  readonly connect: Connect
  readonly common: { readonly secrets: readonly string[] } & ReturnType<typeof rateOf>
  readonly mostRows: number
}

function queryTool(name: string, query: SqlQuery, { connect, common, mostRows }: Surroundings): Tool {
  const { undo, row = Row } = query
  const statements = listOf(query.sql)
  const output = z.strictObject({ rows: z.array(row).readonly(), isCut: z.boolean(), changed: z.int() })
  const act = (run: RunSql, input: JsonObject, connection: SqlConnection) =>
    runAll(run, statements, input, { placeholder: connection.placeholder, mostRows, row, changes: query.changes })
  const shared = {
    ...common,
    name,
    description: query.description,
    input: query.input,
    output,
    ...(query.timeoutSeconds !== undefined && { timeoutSeconds: query.timeoutSeconds }),
    ...(query.approval && { approval: query.approval as ToolApproval<Record<string, unknown>> }),
  }
  if (query.effect === 'read') {
    return defineTool({
      ...shared,
      effect: 'read',
      run: async (input, context) => {
        const connection = await connect(context)
        const found = await connection.transaction('read', (run) => act(run, input as JsonObject, connection))
        context.reads({ uri: `sql:${name}`, sha256: sha256(JSON.stringify(found.rows)) })
        return found
      },
    })
  }
  return defineTool({
    ...shared,
    effect: 'keyed',
    run: async (input, context) => {
      const { callId, fence } = context
      const connection = await opened(connect(context), fence)
      const work = async (run: RunSql) => (await act(run, input as JsonObject, connection)) as unknown as Json
      const done = await once({ connection, tool: name, callId, fence, now: context.now(), work })
      return done as unknown as z.input<typeof output>
    },
    ...(undo && {
      undo: async (call: { input: unknown; output: unknown }, context: ToolContext<unknown>) => {
        const connection = await connect(context)
        const values = undo.input(call as { input: JsonObject; output: SqlOutput })
        const { placeholder } = connection
        const work = (run: RunSql) => runAll(run, listOf(undo.sql), values, { placeholder, mostRows, row: Row })
        const { callId, fence } = context
        const key = sha256(`undo ${callId}`)
        const asJson = async (run: RunSql) => (await work(run)) as unknown as Json
        await once({ connection, tool: name, callId: key, fence, now: context.now(), work: asJson })
      },
    }),
  })
}

interface Running {
  readonly placeholder: SqlConnection['placeholder']
  readonly mostRows: number
  readonly row: z.ZodType<JsonObject>
  readonly changes?: number | undefined
}

/** @returns the last statement's rows. @throws NotActed, within the transaction, so that nothing of it is kept. */
async function runAll(
  run: RunSql,
  statements: readonly string[],
  input: JsonObject,
  { placeholder, mostRows, row, changes }: Running,
): Promise<SqlOutput> {
  let found: readonly unknown[] = []
  let changed = 0
  for (const statement of statements) {
    const { sql, values } = bind(statement, input, placeholder)
    const answer = await run(sql, values, mostRows + 1)
    found = answer.rows
    changed += answer.changed
  }
  if (changes !== undefined && changed !== changes) {
    const message = `${changed} rows would have been changed, not ${changes}; nothing was`
    throw new NotActed({ message, next: 'Look at the rows first.' })
  }
  const rows = z.array(row).safeParse(found.slice(0, mostRows).map(jsonOf))
  if (rows.success) return { rows: rows.data, isCut: found.length > mostRows, changed }
  throw new NotActed({ message: `rows off their schema:\n${z.prettifyError(rows.error)}`, next: 'Correct `row`.' })
}

/** One connection for all calls of a process; a failed opening is tried again by the next. */
function connector(open: SqlTools<string>['open']): Connect {
  let opened: Promise<SqlConnection> | undefined
  return (context) => {
    opened ??= (async () => (typeof open === 'function' ? open(context) : sqliteConnection(open.file)))()
    opened.catch(() => {
      opened = undefined
    })
    return opened
  }
}

/** Nothing was done by this try; what an earlier one did, only the database knows. */
async function opened<T>(opening: Promise<T>, fence: number): Promise<T> {
  return opening.catch((error: Error) => {
    const Kind = fence === 1 ? NotActed : EffectUnknown
    throw new Kind({ message: error.message, next: 'Look at the database and its secret.', cause: error })
  })
}

function queryIssues(path: string, { sql, input, effect }: SqlQuery): Issue[] {
  const fields = Object.keys(input.shape)
  const used = new Set(listOf(sql).flatMap(parametersOf))
  const unknown = [...used].filter((name) => !fields.includes(name))
  const unused = fields.filter((name) => !used.has(name))
  const several = effect === 'read' && listOf(sql).length !== 1
  return [
    ...unknown.map((name) => ({ path, message: `:${name} is no field of input`, remedy: `add ${name} to input` })),
    ...unused.map((name) => ({ path, message: `no statement uses ${name}`, remedy: `use :${name}, or remove it` })),
    ...(several ? [{ path, message: 'a read is one statement', remedy: 'make a query of each' }] : []),
  ]
}

function listOf(sql: string | readonly string[]): readonly string[] {
  return typeof sql === 'string' ? [sql] : sql
}
