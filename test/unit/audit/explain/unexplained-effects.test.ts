import { describe, expect, it } from 'vitest'
import { isEffect, unexplainedEffects } from '../../../../src/audit/explain/unexplained-effects.ts'
import type { Sha256 } from '../../../../src/schema/ids.ts'
import type { JournalRow } from '../../../../src/schema/journal-row.ts'
import type { RunAudit } from '../../../../src/schema/run-audit.ts'
import { deliveryRun, pipelineRun, researchRun, serviceRun, teams } from './example-runs.ts'

describe.each([
  ['a refund that a person allowed', () => serviceRun('approve'), teams.service, 2],
  ['a refund that a person denied', () => serviceRun('deny'), teams.service, 1],
  ['a batch that is loaded', pipelineRun, teams.pipeline, 1],
  ['a change that is delivered', deliveryRun, teams.delivery, 1],
  ['research, which changes nothing', researchRun, teams.research, 0],
] as const)('%s', (_, run, team, least) => {
  it('leaves no effect unexplained, of rows or of the ledger', async () => {
    const { audit, effects } = await run()
    expect(unexplainedEffects(audit, { team, effects })).toEqual([])
    expect(audit.rows.filter(isEffect).length).toBeGreaterThanOrEqual(least)
    const { bodies: _bodies, ...withoutContent } = audit
    expect(unexplainedEffects(withoutContent, { team, effects })).toEqual([])
  })
})

describe('where something is missing', () => {
  async function told(change: (audit: RunAudit) => RunAudit) {
    const { audit, effects } = await serviceRun('approve')
    return unexplainedEffects(change(audit), { team: teams.service, effects }).map(
      ({ tool, what }) => `${tool}: ${what}`,
    )
  }
  const without = (isGone: (row: JournalRow) => boolean) => (audit: RunAudit) => ({
    ...audit,
    rows: audit.rows.filter((row) => !isGone(row)),
  })
  const isRefund = ({ event, tool }: JournalRow) => event === 'tool' && tool?.name === 'refund_order'

  it('says which effect, and what', async () => {
    expect(await told(without(isRefund))).toContain('refund_order: no row tells of it')
    expect(await told(without(({ event }) => event === 'start'))).toContain('refund_order: nothing says who acted')
    expect(await told(without(({ event }) => event === 'turn'))).toContain(
      'refund_order: no answer of a model asks for it',
    )
    expect(await told(without(({ rule }) => rule === 'approval.tool'))).toContain(
      'refund_order: nothing tells what the person was asked',
    )
    expect(await told(without(({ rule }) => rule === 'approval.approved'))).toContain(
      'refund_order: nobody had decided',
    )
  })

  it('sees other arguments than the model gave, and a word of a person that is not there', async () => {
    const edit = (change: (row: JournalRow) => JournalRow) => (audit: RunAudit) => ({
      ...audit,
      rows: audit.rows.map((row) => (isRefund(row) ? change(row) : row)),
    })
    const other = edit((row) => ({ ...row, hashes: { ...row.hashes, arguments: 'a'.repeat(64) as Sha256 } }))
    expect(await told(other)).toContain('refund_order: the answer of the model does not ask for this call')
    const alone = edit(({ approval: _, ...row }) => row)
    expect(await told(alone)).toContain('refund_order: no person allowed it')
  })
})
