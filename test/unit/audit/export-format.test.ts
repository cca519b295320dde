import { describe, expect, it } from 'vitest'
import { exportLines, parseExport } from '../../../src/audit/export-format.ts'
import { compareLogs } from '../../../src/audit/log-lines.ts'
import { verifyRun } from '../../../src/audit/verify-run.ts'
import type { RunAudit } from '../../../src/schema/run-audit.ts'
import { logOfRow } from '../../../src/telemetry/row-log.ts'
import { sealedRun } from './recorded-run.ts'

const AT = '2026-01-03T00:00:00.000Z'
const fileOf = (audit: RunAudit) => [...exportLines(audit, AT)]

describe('an export', () => {
  it('has all that verifies it, and comes back as it was', async () => {
    const audit = await (await sealedRun()).audit()
    const lines = fileOf(audit)
    expect(parseExport(lines.join('\n'))).toEqual({ audit, exportedAt: AT, findings: [] })
    expect(lines).toHaveLength(1 + 1 + 2 + 15 + Object.keys(audit.bodies ?? {}).length + 1)
  })

  it('is known by its lines where some are gone, added or changed', async () => {
    const lines = fileOf(await (await sealedRun()).audit())
    for (const index of lines.keys()) {
      const { audit, findings } =
        index === 0 ? { audit: undefined, findings: [] } : parseExport(lines.toSpliced(index, 1).join('\n'))
      const isContent = lines[index]?.startsWith('{"body"')
      if (index === 0) expect(() => parseExport(lines.slice(1).join('\n'))).toThrow(/no audit export/)
      // Content may be erased.
      else if (isContent) expect(verifyRun(audit as RunAudit).status).toBe('intact')
      else expect([...findings, ...verifyRun(audit as RunAudit).findings], lines[index]?.slice(0, 60)).not.toEqual([])
    }
    const twice = parseExport([...lines, lines[5] ?? ''].join('\n'))
    expect(twice.findings).toMatchObject([{ kind: 'broken', what: expect.stringContaining('follows the end') }])
    const odd = parseExport(lines.map((line) => line.replace('"event":"turn"', '"event":"other"')).join('\n'))
    expect(odd.findings[0]).toMatchObject({ kind: 'broken', what: expect.stringMatching(/^line \d+: .*row\.event/s) })
  })

  it('keeps what looks alike apart, and 1 MB values whole', async () => {
    const { audit, journal, run, step } = await sealedRun()
    await step('late', 1)
    const { records } = await journal.readStep(run.runId, 'late' as never)
    expect(records).toHaveLength(3)
    const record = await audit()
    const content = { latin: 'a', cyrillic: 'а', wide: 'ａ', large: 'x'.repeat(1_000_000) }
    const parsed = parseExport(fileOf({ ...record, bodies: { ['b'.repeat(64)]: content } }).join('\n'))
    expect(parsed.audit.bodies).toEqual({ ['b'.repeat(64)]: content })
    expect(verifyRun(parsed.audit).findings).toMatchObject([{ kind: 'badBody' }])
  })
})

describe('lines of the log', () => {
  const linesOf = ({ rows }: RunAudit) => rows.map((row) => ({ ...logOfRow(row).fields, message: row.event }))
  const SHAPES: readonly (readonly [string, (lines: readonly object[]) => string])[] = [
    ['JSON Lines', (lines) => lines.map((line) => JSON.stringify(line)).join('\n')],
    [
      'filter-log-events',
      (lines) => JSON.stringify({ events: lines.map((line) => ({ message: JSON.stringify(line) })) }),
    ],
    [
      'results of a query by fields',
      (lines) => {
        const fields = (line: object) => Object.entries(line).map(([field, value]) => ({ field, value: String(value) }))
        return JSON.stringify({ results: lines.map(fields), status: 'Complete' })
      },
    ],
    [
      'results of a query by message',
      (lines) => JSON.stringify({ results: lines.map((line) => [{ field: '@message', value: JSON.stringify(line) }]) }),
    ],
  ]
  it.each(SHAPES)('are held against the rows: %s', async (_, written) => {
    const audit = await (await sealedRun()).audit()
    const lines = linesOf(audit)
    expect(compareLogs(written(lines), audit, AT)).toEqual({ lines: 15, rowsWithoutLine: 0, findings: [] })
    expect(compareLogs(written(lines.slice(2)), audit, AT)).toEqual({ lines: 13, rowsWithoutLine: 2, findings: [] })
    const changed = lines.with(3, { ...lines[3], hash: 'c'.repeat(64) } as never)
    expect(compareLogs(written(changed), audit, AT).findings).toMatchObject([{ kind: 'logMismatch' }])
    const without = { ...audit, rows: audit.rows.slice(0, -1) }
    expect(compareLogs(written(lines), without, AT).findings).toMatchObject([{ kind: 'logWithoutRow', stepId: 'work' }])
  })

  it('of other runs, and what is none, count for nothing', async () => {
    const audit = await (await sealedRun('run-2')).audit()
    const other = linesOf(await (await sealedRun('run-1')).audit())
    const text = ['no JSON', '{"a":1}', '[]', ...other.map((line) => JSON.stringify(line))].join('\n')
    expect(compareLogs(text, audit, AT)).toMatchObject({ lines: 0, rowsWithoutLine: 15, findings: [] })
  })
})
