/**
 * A declared statement: its `:name` parameters, and how a driver takes them. Reads no more of SQL than what is quoted.
 */
import { isJsonObject, type Json } from '../schema/json.ts'
import type { SqlConnection, SqlValue } from './sql-connection.ts'

/** Quoted texts and names, comments and casts, in which a colon is no parameter; then a parameter. */
const PARTS = new RegExp(
  [
    /'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\[[^\]\n]*\]/,
    /--[^\n]*|\/\*[\s\S]*?\*\/|\$\w*\$[\s\S]*?\$\w*\$/,
    /::|:([A-Za-z_]\w*)/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'g',
)

/** Names of the parameters, each once. */
export function parametersOf(sql: string): readonly string[] {
  return [...new Set([...sql.matchAll(PARTS)].flatMap(([, name]) => (name === undefined ? [] : [name])))]
}

/** Whether it is one statement that begins with SELECT or WITH. What holds it to reading is the connection. */
export function isOneSelect(sql: string): boolean {
  const bare = sql.replaceAll(PARTS, (part) => (/^(--|\/\*)/.test(part) ? ' ' : 'x'))
  return /^\s*(select|with)\b/i.test(bare) && !bare.trim().replace(/;$/, '').includes(';')
}

export interface BoundStatement {
  readonly sql: string
  readonly values: readonly SqlValue[]
}

/** Each place of a parameter gets a value of its own, so that every driver can take them. */
export function bind(
  sql: string,
  input: Readonly<Record<string, Json>>,
  placeholder: SqlConnection['placeholder'],
): BoundStatement {
  const values: SqlValue[] = []
  const text = sql.replaceAll(PARTS, (part: string, name: string | undefined) => {
    if (name === undefined) return part
    values.push(sqlValue(input[name] ?? null))
    return placeholder === '?' ? '?' : `$${values.length}`
  })
  return { sql: text, values }
}

/** Lists and objects go as JSON text. */
function sqlValue(value: Json): SqlValue {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : value
}

/** What drivers give → JSON: whole numbers that JSON cannot hold become text, times ISO text, bytes Base64. */
export function jsonOf(value: unknown): Json {
  if (value === undefined || value === null) return null
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString()
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof value === 'string' || typeof value === 'boolean') return value
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (Array.isArray(value)) return value.map(jsonOf)
  if (isJsonObject(value)) return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, jsonOf(part)]))
  return String(value)
}
