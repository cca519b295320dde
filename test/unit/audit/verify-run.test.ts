import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { genesis, link } from '../../../src/audit/chain.ts'
import { verifyRun } from '../../../src/audit/verify-run.ts'
import type { RunId, StepId } from '../../../src/schema/ids.ts'
import type { JournalRow } from '../../../src/schema/journal-row.ts'
import type { RunAudit } from '../../../src/schema/run-audit.ts'
import { ACTOR, OUTPUT, recordedRun, sealedRun } from './recorded-run.ts'

const kindsOf = (audit: RunAudit, options = {}) => verifyRun(audit, options).findings.map(({ kind }) => kind)
const isOf =
  (stepId: string, attempt = 1) =>
  (row: JournalRow) =>
    row.stepId === stepId && row.attempt === attempt
const withRows = (audit: RunAudit, change: (rows: JournalRow[]) => JournalRow[]): RunAudit => ({
  ...audit,
  rows: change([...audit.rows]),
})

/** The chain of a step with other content, hashed and linked anew as its writer would have. */
function rewritten(rows: readonly JournalRow[], stepId: string): JournalRow[] {
  let prev: JournalRow['hash'] | undefined
  return rows.map((row) => {
    if (!isOf(stepId)(row)) return row
    const { prev: _prev, hash: _hash, ...content } = row
    const changed = content.event === 'turn' ? { ...content, reason: 'nothing happened' } : content
    prev ??= genesis(row, row.cause)
    const written = { ...changed, prev, hash: link(prev, changed) }
    prev = written.hash
    return written
  })
}

describe('no false alarm', () => {
  it('of a run that is sealed to its end', async () => {
    const { audit, run } = await sealedRun()
    const head = { ...run, status: 'succeeded' as const, output: OUTPUT }
    expect(verifyRun(await audit(), { head })).toEqual({
      status: 'intact',
      rows: 15,
      chains: 5,
      sealed: { seals: 2, rows: 15, until: '2026-01-01T00:00:03.000Z', by: ['local'] },
      findings: [],
    })
  })

  it('of one that goes on, was resumed, and has rows that come late', async () => {
    const { audit, step, seal, finish, runs, run } = await recordedRun()
    expect(verifyRun(await audit())).toMatchObject({ status: 'intact', rows: 1, sealed: { seals: 0 } })
    await step('plan', 1, false)
    await seal()
    await step('plan', 1)
    expect(verifyRun(await audit())).toMatchObject({
      status: 'intact',
      sealed: { seals: 1, rows: 3, unsealedSince: '2026-01-01T00:00:01.000Z' },
    })
    await finish()
    await step('late', 1)
    await runs.setExecution(run.runId, 2)
    await step('plan', 1)
    expect(verifyRun(await audit(), { head: run })).toMatchObject({ status: 'intact' })
    await finish()
    await seal()
    await seal()
    const { status, sealed } = verifyRun(await audit(), { head: { ...run, status: 'succeeded', output: OUTPUT } })
    expect([status, sealed.seals, sealed.unsealedSince]).toEqual(['intact', 2, undefined])
  })

  it('of attempts that died before they did anything, and of effects that are taken back', async () => {
    const { audit, journal, run, step, finish, seal } = await recordedRun()
    await step('work', 1, false)
    const stepId = 'work' as StepId
    const first = (await journal.readStep(run.runId, stepId)).records.at(-1)?.row
    const actor = first && { ...ACTOR, sha256: first.hash }
    const claim = { runId: run.runId, actor: actor ?? ACTOR, cause: first?.hash }
    await journal.claimAttempt({ ...claim, stepId, attempt: 2 })
    await journal.claimAttempt({ ...claim, stepId, attempt: 3 })
    for (const attempt of [1, 2]) await journal.claimAttempt({ ...claim, stepId: 'work:undo' as StepId, attempt })
    await finish()
    await seal()
    expect(verifyRun(await audit()).findings).toEqual([])
  })

  it('of a run that has only just begun', async () => {
    const { audit, run } = await recordedRun()
    expect(verifyRun({ ...(await audit()), rows: [] }, { head: run }).findings).toEqual([])
  })

  it('of content that was erased', async () => {
    const { audit } = await sealedRun()
    const { bodies: _bodies, ...erased } = await audit()
    expect(verifyRun(erased).status).toBe('intact')
  })
})

describe('what it tells', () => {
  const cases: readonly (readonly [what: string, change: (audit: RunAudit) => RunAudit, finding: object])[] = [
    [
      'an edited row',
      (audit) =>
        withRows(audit, (rows) => rows.map((row) => (isOf('plan')(row) && row.seq === 1 ? { ...row, turn: 9 } : row))),
      { kind: 'broken', stepId: 'plan', attempt: 1, seq: 1 },
    ],
    [
      'a row in the middle that is gone',
      (audit) => withRows(audit, (rows) => rows.filter((row) => !(isOf('work')(row) && row.seq === 2))),
      { kind: 'missing', stepId: 'work', attempt: 1, seq: 2 },
    ],
    [
      'a row that is there twice',
      (audit) =>
        withRows(audit, (rows) => rows.flatMap((row) => (isOf('plan')(row) && row.seq === 2 ? [row, row] : [row]))),
      { kind: 'duplicate', stepId: 'plan', seq: 2 },
    ],
    [
      'rows in another order',
      (audit) =>
        withRows(audit, (rows) => [
          ...rows.filter(isOf('plan')).toReversed(),
          ...rows.filter((row) => !isOf('plan')(row)),
        ]),
      { kind: 'reordered', stepId: 'plan', seq: 2 },
    ],
    [
      'rows that stand in each other’s place',
      (audit) =>
        withRows(audit, (rows) => {
          const [one, other] = rows.filter((row) => isOf('plan')(row) && row.event === 'turn')
          if (one === undefined || other === undefined) throw new Error('there are two turns')
          const swapped = new Map([
            [one, { ...other, seq: one.seq, prev: one.prev }],
            [other, { ...one, seq: other.seq, prev: other.hash }],
          ])
          return rows.map((row) => swapped.get(row) ?? row)
        }),
      { kind: 'reordered', stepId: 'plan', seq: 1 },
    ],
    [
      'a chain without its end',
      (audit) => withRows(audit, (rows) => rows.filter((row) => !(isOf('plan')(row) && row.seq > 1))),
      { kind: 'cutOff', stepId: 'plan', seq: 2 },
    ],
    [
      'an attempt that is gone, and the next is there',
      (audit) =>
        withRows({ ...audit, seals: [] }, (rows) => rows.filter((row) => !isOf('work', 1)(row) && row.event !== 'end')),
      { kind: 'missing', stepId: 'work', attempt: 1 },
    ],
    [
      'a step that is gone',
      (audit) => withRows(audit, (rows) => rows.filter((row) => row.stepId !== 'plan')),
      { kind: 'missing', stepId: 'plan' },
    ],
    ['no rows', (audit) => withRows(audit, () => []), { kind: 'emptied' }],
    ['no rows, and no seals', (audit) => ({ ...audit, rows: [], seals: [] }), { kind: 'emptied' }],
    [
      'a chain that was written anew',
      (audit) => withRows(audit, (rows) => rewritten(rows, 'plan')),
      { kind: 'rewritten', stepId: 'plan', seq: 3 },
    ],
    [
      'a chain that was written anew before anybody sealed it',
      (audit) => withRows({ ...audit, seals: [] }, (rows) => rewritten(rows, 'plan')),
      { kind: 'rewritten', stepId: 'plan', seq: 3 },
    ],
    ['a seal that is gone', (audit) => ({ ...audit, seals: audit.seals.slice(1) }), { kind: 'badSeal' }],
    [
      'an edited seal',
      (audit) => ({ ...audit, seals: audit.seals.map((seal) => ({ ...seal, at: '2025-01-01T00:00:00.000Z' })) }),
      { kind: 'badSeal' },
    ],
    [
      'what the sealer saw',
      (audit) => ({ ...audit, seals: audit.seals.map((seal) => ({ ...seal, faults: ['MODIFY of plan 1#2'] })) }),
      { kind: 'tampering' },
    ],
    [
      'content that is not its hash’s',
      (audit) => ({ ...audit, bodies: { ...audit.bodies, [Object.keys(audit.bodies ?? {})[0] ?? '']: 'other' } }),
      { kind: 'badBody' },
    ],
  ]
  it.each(cases)('%s', async (_, change, finding) => {
    const { audit } = await sealedRun()
    const verdict = verifyRun(change(await audit()))
    expect(verdict.status).toBe('broken')
    expect(verdict.findings).toContainEqual(expect.objectContaining(finding))
  })

  it('two runs whose records were swapped', async () => {
    const [one, other] = [await (await sealedRun('run-1')).audit(), await (await sealedRun('run-2')).audit()]
    const swapped = { ...other, runId: one.runId }
    expect(new Set(kindsOf(swapped))).toEqual(new Set(['foreign']))
    // With the other's id written over, the rows are not what was hashed, and the seals not what was signed.
    const renamed = <T>(value: T): T => JSON.parse(JSON.stringify(value).replaceAll('run-2', 'run-1'))
    expect(new Set(kindsOf(renamed(other)))).toEqual(new Set(['broken', 'badSeal']))
  })

  it('a head that says otherwise than the rows', async () => {
    const { audit, run } = await sealedRun()
    const record = await audit()
    const head = { ...run, status: 'succeeded' as const, output: OUTPUT }
    expect(kindsOf(record, { head: { ...head, input: { question: 'what' } } })).toEqual(['badHead'])
    expect(kindsOf(record, { head: { ...head, status: 'failed' } })).toEqual(['badHead'])
    expect(kindsOf(record, { head: { ...head, output: 'forged' } })).toEqual(['badHead'])
    expect(kindsOf(record, { head: { ...head, output: undefined } })).toEqual(['badHead'])
    const withoutEnd = withRows({ ...record, seals: [] }, (rows) => rows.filter((row) => !isOf(':run', 2)(row)))
    expect(kindsOf(withoutEnd, { head })).toEqual(['badHead'])
    expect(kindsOf(withoutEnd)).toEqual([])
  })

  it('a key that is not to be trusted', async () => {
    const record = await (await sealedRun()).audit()
    const strangers = await (await sealedRun()).audit()
    expect(kindsOf(record, { keys: strangers.keys })).toEqual(['badSeal', 'badSeal'])
    // Sealed again by somebody else, after it was written anew: only a trusted key tells.
    expect(kindsOf(record, { keys: [] })).toEqual(['badSeal', 'badSeal'])
  })
})

it('finds any one change of any row', async () => {
  const { audit } = await sealedRun()
  const record = await audit()
  const rows = fc.integer({ min: 0, max: record.rows.length - 1 })
  const field = fc.constantFrom('reason', 'rule', 'at', 'turn', 'status', 'costUsd', 'prev', 'hash', 'cause', 'options')
  const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('ａ', 'а', '\ud800', 'x'.repeat(100_000)))
  fc.assert(
    fc.property(rows, field, text, (index, name, value) => {
      const row = record.rows[index] as JournalRow
      fc.pre(JSON.stringify(row[name]) !== JSON.stringify(value))
      const changed = record.rows.with(index, { ...row, [name]: value } as JournalRow)
      expect(verifyRun({ ...record, rows: changed }).status).toBe('broken')
    }),
    { numRuns: 100 },
  )
})

it('finds any row that is gone', async () => {
  const record = await (await sealedRun()).audit()
  for (const index of record.rows.keys()) {
    expect(verifyRun({ ...record, rows: record.rows.toSpliced(index, 1) }).status, `row ${index}`).toBe('broken')
  }
  expect(verifyRun({ ...record, runId: 'run-9' as RunId }).status).toBe('broken')
})
