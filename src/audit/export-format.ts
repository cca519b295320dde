/**
 * The audit record of a run as a file: JSON Lines, one line for each row, seal, key and piece of content, and one at the end
 * that says how many there were. Whoever has it needs nothing else to verify it.
 */
import * as z from 'zod'
import { InvalidRequest } from '../errors.ts'
import { RunId, Sha256 } from '../schema/ids.ts'
import { JournalRow } from '../schema/journal-row.ts'
import { Json } from '../schema/json.ts'
import { parseJson } from '../schema/parse-json.ts'
import { type RunAudit, Seal, SealKey, Unreadable } from '../schema/run-audit.ts'
import { canonicalJson } from './canonical.ts'
import type { Finding } from './findings.ts'

const Header = z.strictObject({
  baton: z.literal('audit'),
  version: z.literal(1),
  runId: RunId,
  exportedAt: z.iso.datetime(),
})

/** One of these. */
const Line = z
  .strictObject({
    row: JournalRow,
    seal: Seal,
    key: SealKey,
    body: z.strictObject({ sha256: Sha256, content: Json }),
    unreadable: Unreadable,
    end: z.strictObject({ rows: z.int(), seals: z.int() }),
  })
  .partial()

/** Each without its line break. Lone surrogates are written as U+FFFD, as everywhere. */
export function* exportLines(audit: RunAudit, exportedAt: string): Generator<string> {
  const { runId, rows, seals, keys, bodies = {}, unreadable = [] } = audit
  yield lineOf({ baton: 'audit', version: 1, runId, exportedAt })
  for (const key of keys) yield lineOf({ key })
  for (const seal of seals) yield lineOf({ seal })
  for (const row of rows) yield lineOf({ row })
  for (const [sha256, content] of Object.entries(bodies)) yield lineOf({ body: { sha256, content } })
  for (const one of unreadable) yield lineOf({ unreadable: one })
  yield lineOf({ end: { rows: rows.length, seals: seals.length } })
}

function lineOf(value: object): string {
  return canonicalJson(value as Json)
}

export interface ParsedExport {
  readonly audit: RunAudit
  readonly exportedAt: string
  /** Lines that are none of an export, and an end that is not there or says otherwise. */
  readonly findings: readonly Finding[]
}

/** @throws InvalidRequest where it does not begin as an export does. */
export function parseExport(text: string): ParsedExport {
  const [first = '', ...rest] = text.split('\n').filter((line) => line.trim() !== '')
  const header = Header.safeParse(jsonOf(first))
  if (!header.success) {
    throw new InvalidRequest({
      message: `it is no audit export: ${z.prettifyError(header.error).slice(0, ISSUE_CHARACTERS)}`,
      next: 'Export the run again: baton audit export RUN --out FILE',
    })
  }
  const rows: JournalRow[] = []
  const seals: Seal[] = []
  const keys: SealKey[] = []
  const bodies: [string, Json][] = []
  const unreadable: Unreadable[] = []
  const findings: Finding[] = []
  let end: { readonly rows: number; readonly seals: number } | undefined
  for (const [index, text] of rest.entries()) {
    const line = Line.safeParse(jsonOf(text))
    if (end !== undefined || !line.success) {
      const why = end !== undefined ? 'it follows the end' : z.prettifyError(line.error as z.ZodError)
      findings.push({ kind: 'broken', what: `line ${index + 2}: ${why.slice(0, ISSUE_CHARACTERS)}` })
      continue
    }
    const { data } = line
    if (data.row) rows.push(data.row)
    if (data.seal) seals.push(data.seal)
    if (data.key) keys.push(data.key)
    if (data.body) bodies.push([data.body.sha256, data.body.content])
    if (data.unreadable) unreadable.push(data.unreadable)
    end = data.end
  }
  if (end === undefined) findings.push({ kind: 'cutOff', what: 'the file has no end: some of it is missing' })
  else if (end.rows !== rows.length || end.seals !== seals.length) {
    const what = `its end tells of ${end.rows} rows and ${end.seals} seals; there are ${rows.length} and ${seals.length}`
    findings.push({ kind: 'missing', what })
  }
  const { runId, exportedAt } = header.data
  const content = bodies.length > 0 && { bodies: Object.fromEntries(bodies) }
  const damage = unreadable.length > 0 && { unreadable }
  return { audit: { runId, rows, seals, keys, ...content, ...damage }, exportedAt, findings }
}

const ISSUE_CHARACTERS = 300

function jsonOf(line: string): Json | undefined {
  const parsed = parseJson(line)
  return parsed.ok ? parsed.value : undefined
}
