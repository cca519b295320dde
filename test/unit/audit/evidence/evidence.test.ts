import { beforeAll, describe, expect, it } from 'vitest'
import { describeTeam } from '../../../../src/api/describe-team.ts'
import { jsonSha256 } from '../../../../src/audit/canonical.ts'
import { ACTION_IDS } from '../../../../src/audit/evidence/actions.ts'
import { evidenceOf, SHOWN_IDS } from '../../../../src/audit/evidence/evidence.ts'
import type { Json } from '../../../../src/schema/json.ts'
import type { RunAudit } from '../../../../src/schema/run-audit.ts'
import { goldenRun, refunded, team } from './golden-run.ts'

let audit: RunAudit

beforeAll(async () => {
  const { run, audit: recorded } = await goldenRun()
  expect([run.status, run.error]).toEqual(['succeeded', undefined])
  audit = recorded
})

const shown = (items: ReturnType<typeof evidenceOf>['items']) =>
  items.filter(({ status }) => status === 'evidence').map(({ id }) => id)

describe('evidence of a run', () => {
  it('is of a fixed set of actions', () => {
    const { items, record } = evidenceOf({ audit, team: describeTeam(team) })
    expect(record).toMatchObject({ status: 'intact', findings: [] })
    expect(shown(items)).toEqual([
      ...['GV-1.6-001', 'GV-1.6-003', 'MP-2.1-001', 'MP-2.1-002', 'MS-1.1-001', 'MS-2.5-003', 'MS-2.7-004'],
      ...['MS-2.8-003', 'MS-2.9-002', 'MS-4.2-004', 'MG-2.4-004', 'MG-4.3-002'],
    ])
    expect(refunded).toEqual([])
  })

  it('names of each item its query, its rows and its hash', () => {
    const { runId, items } = evidenceOf({ audit }, ['MS-4.2-004', 'MS-1.1-001'])
    const rows = new Map(audit.rows.map((row) => [row.hash, row]))
    for (const item of items) {
      const { sha256, ...content } = item
      expect(item.query).toMatch(/^rows where /)
      expect(sha256).toBe(jsonSha256({ runId, ...content } as unknown as Json))
      for (const { hash, stepId, attempt, seq } of item.events)
        expect(rows.get(hash)).toMatchObject({ stepId, attempt, seq })
    }
    expect(items[0]?.facts).toEqual({
      ...{ overrides: 1, by: { denied: 1 }, reasons: ['local:anna: Only half of it.'] },
    })
    expect(items[1]?.facts).toEqual({ sources: [{ uri: 'orders:o-1', sha256: 'b'.repeat(64) }] })
  })

  it('has of each model what it was asked with', () => {
    const { facts } = evidenceOf({ audit }, ['MS-2.9-002']).items[0] ?? {}
    expect(facts).toMatchObject({ models: [{ provider: 'scripted', id: 'small', parameters: { maxTokens: 4096 } }] })
  })

  it('has no override where the rows of the decision are taken away', () => {
    const rows = audit.rows.filter(({ rule }) => rule !== 'approval.denied')
    const { items, record } = evidenceOf({ audit: { ...audit, rows } })
    expect(items.find(({ id }) => id === 'MS-4.2-004')).toMatchObject({ status: 'no evidence', events: [], facts: {} })
    // Nor is what is left a history that proves anything.
    expect(record.status).toBe('broken')
    expect(shown(items)).not.toContain('MS-2.8-003')
  })

  it('has none of seals where there are none, and of bounds where the team is another', () => {
    const ids = ['MG-2.2-007', 'MS-2.7-009', 'MG-2.4-004']
    expect(shown(evidenceOf({ audit }, ids).items)).toEqual([])
    const { agents, ...described } = describeTeam(team)
    const other = agents.map((agent) => ({ ...agent, sha256: 'f'.repeat(64) as typeof agent.sha256 }))
    expect(shown(evidenceOf({ audit, team: { ...described, agents: other } }, ids).items)).toEqual([])
  })

  it('never claims anything of the other actions', () => {
    const { items, beyond } = evidenceOf({ audit }, ACTION_IDS)
    expect(items).toHaveLength(212)
    expect(beyond).toBe(212 - SHOWN_IDS.length)
    const others = items.filter(({ id }) => !SHOWN_IDS.includes(id))
    expect(new Set(others.map(({ status }) => status))).toEqual(new Set(['no evidence']))
    expect(JSON.stringify(items)).not.toMatch(/complian|\bpass\b|\bpassed\b/i)
  })

  it('is the same of the same record', () => {
    expect(evidenceOf({ audit })).toEqual(evidenceOf({ audit: structuredClone(audit) }))
  })
})
