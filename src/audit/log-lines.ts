/**
 * Lines of the log against the rows of a run: each line has the hash of the row that it tells of. Takes them as they are
 * got out of CloudWatch, or as JSON Lines.
 */
import { isJsonObject, type Json, type JsonObject } from '../schema/json.ts'
import { parseJson } from '../schema/parse-json.ts'
import type { RunAudit } from '../schema/run-audit.ts'
import type { Finding } from './findings.ts'
import { chainKey } from './seal.ts'

export interface LogComparison {
  /** Lines that tell of a row of the run. */
  readonly lines: number
  /** Rows that no line tells of: logs are kept for a time, and the newest lines come late. No fault. */
  readonly rowsWithoutLine: number
  readonly findings: readonly Finding[]
}

interface LoggedRow {
  readonly stepId: string
  readonly attempt: number
  readonly seq: number
  readonly hash: string
  readonly at: string
}

/** @param readAt When the rows were read: lines of later rows are left out. @param text Output of `aws logs filter-log-events`, results of a Logs Insights query, or JSON Lines. */
export function compareLogs(text: string, { runId, rows }: RunAudit, readAt: string): LogComparison {
  const hashes = new Map(rows.map((row) => [`${chainKey(row)}#${row.seq}`, row.hash as string]))
  const told = new Set<string>()
  const findings: Finding[] = []
  let lines = 0
  for (const { stepId, attempt, seq, hash, at } of loggedRows(text, runId)) {
    if (at > readAt) continue
    lines += 1
    const key = `${stepId}#${attempt}#${seq}`
    told.add(key)
    const expected = hashes.get(key)
    if (expected === hash) continue
    const place = { stepId: stepId as Finding['stepId'] & string, attempt, seq }
    const what = expected === undefined ? 'a line of the log tells of it' : 'the line of the log has another hash'
    findings.push({ kind: expected === undefined ? 'logWithoutRow' : 'logMismatch', ...place, what })
  }
  return { lines, rowsWithoutLine: [...hashes.keys()].filter((key) => !told.has(key)).length, findings }
}

function loggedRows(text: string, runId: string): LoggedRow[] {
  const whole = parseJson(text)
  const lines = whole.ok ? linesIn(whole.value) : text.split('\n').flatMap((line) => linesIn(jsonIn(line)))
  return lines.flatMap((line) => {
    const { run, step, attempt, seq, hash, at } = line
    const [attemptNumber, seqNumber] = [Number(attempt), Number(seq)]
    if (run !== runId || typeof step !== 'string' || typeof hash !== 'string') return []
    if (!Number.isInteger(attemptNumber) || !Number.isInteger(seqNumber)) return []
    return [{ stepId: step, attempt: attemptNumber, seq: seqNumber, hash, at: typeof at === 'string' ? at : '' }]
  })
}

/** `{events: [{message}]}`, `{results: [[{field, value}]]}`, a list of either's entries, or one line itself. */
function linesIn(value: Json | undefined): JsonObject[] {
  if (Array.isArray(value)) {
    const fields = fieldsOf(value as readonly Json[])
    return fields === undefined ? (value as readonly Json[]).flatMap(linesIn) : linesIn(fields)
  }
  if (!isJsonObject(value)) return []
  const { events, results, message } = value
  if (Array.isArray(events)) return linesIn(events as readonly Json[])
  if (Array.isArray(results)) return linesIn(results as readonly Json[])
  if (typeof value['@message'] === 'string') return linesIn(jsonIn(value['@message']))
  // A line of the log has a message too: one word.
  if (typeof message === 'string' && message.includes('{')) return linesIn(jsonIn(message.slice(message.indexOf('{'))))
  return [value]
}

/** A result of Logs Insights: [{field, value}, …] */
function fieldsOf(list: readonly Json[]): JsonObject | undefined {
  const pairs = list.map((one) => (isJsonObject(one) && typeof one['field'] === 'string' ? one : undefined))
  if (pairs.length === 0 || pairs.includes(undefined)) return undefined
  return Object.fromEntries(pairs.map((pair) => [String(pair?.['field']), pair?.['value'] ?? null]))
}

function jsonIn(line: string): Json | undefined {
  const parsed = parseJson(line)
  return parsed.ok ? parsed.value : undefined
}
