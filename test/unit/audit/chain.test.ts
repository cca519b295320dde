import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ChainId, genesis, link, verifyChain } from '../../../src/audit/chain.ts'
import { RunId, Sha256, StepId } from '../../../src/schema/ids.ts'
import type { JournalRow } from '../../../src/schema/journal-row.ts'

const id: ChainId = { runId: RunId.parse('run-1'), stepId: StepId.parse('plan'), attempt: 1 }

function chainOf(reasons: readonly string[]): JournalRow[] {
  let prev = genesis(id, undefined)
  return reasons.map((reason, seq) => {
    const at = '2026-01-01T00:00:00.000Z'
    const row = { ...id, seq, at, event: seq === 0 ? ('start' as const) : ('decision' as const), reason }
    const linked = { ...row, prev, hash: link(prev, row) }
    prev = linked.hash
    return linked
  })
}

describe('the hash chain', () => {
  it('is what its definition says, computed by hand', () => {
    const sha = (data: string | Buffer) => createHash('sha256').update(data).digest()
    const start = sha('{"attempt":1,"runId":"run-1","stepId":"plan"}')
    const text =
      '{"at":"2026-01-01T00:00:00.000Z","attempt":1,"event":"start","reason":"é","runId":"run-1","seq":0,"stepId":"plan"}'
    const [row] = chainOf(['é'])
    expect(row?.prev).toBe(start.toString('hex'))
    expect(row?.hash).toBe(sha(Buffer.concat([start, Buffer.from(text)])).toString('hex'))
  })

  it('binds a chain to its place and cause', () => {
    const cause = Sha256.parse('b'.repeat(64))
    const places = [
      id,
      { ...id, attempt: 2 },
      { ...id, stepId: StepId.parse('plan2') },
      { ...id, runId: RunId.parse('r2') },
    ]
    const starts = [...places.map((place) => genesis(place, undefined)), genesis(id, cause)]
    expect(new Set(starts).size).toBe(5)
  })

  it('verifies untouched rows and finds any one change at its row', () => {
    const change = fc.record({ at: fc.nat(9), kind: fc.constantFrom('edit', 'drop', 'rehash', 'swap') })
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 11, maxLength: 11 }), change, (reasons, { at, kind }) => {
        const rows = chainOf(reasons)
        expect(verifyChain(id, rows)).toEqual({ status: 'intact', rows: 11, head: rows.at(-1)?.hash })
        expect(verifyChain(id, tampered(rows, at, kind))).toMatchObject({
          status: 'broken',
          seq: kind === 'rehash' ? at + 1 : at,
        })
      }),
    )
  })

  it('calls a chain without rows broken', () => {
    expect(verifyChain(id, [])).toMatchObject({ status: 'broken', seq: 0 })
  })
})

function tampered(rows: readonly JournalRow[], at: number, kind: string): JournalRow[] {
  const [row, next] = [rows[at], rows[at + 1]]
  if (row === undefined || next === undefined) throw new Error('a row before the last was to be changed')
  const edited = { ...row, reason: `${row.reason}!` }
  if (kind === 'edit') return rows.with(at, edited)
  if (kind === 'drop') return rows.toSpliced(at, 1)
  if (kind === 'swap') return rows.with(at, next).with(at + 1, row)
  const { prev: _, hash: __, ...content } = edited
  return rows.with(at, { ...edited, hash: link(row.prev, content) })
}
