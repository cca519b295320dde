import { beforeAll, describe, expect, it } from 'vitest'
import { cardOf } from '../../../../src/audit/evidence/card.ts'
import { verifyRun } from '../../../../src/audit/verify-run.ts'
import { renderCard } from '../../../../src/cli/render-card.ts'
import type { Run } from '../../../../src/schema/run.ts'
import type { RunAudit } from '../../../../src/schema/run-audit.ts'
import { goldenRun } from './golden-run.ts'

let run: Run
let audit: RunAudit

beforeAll(async () => {
  ;({ run, audit } = await goldenRun())
})

const card = (changes: Partial<RunAudit> = {}, head: Partial<Run> = {}) => {
  const seen = { ...audit, ...changes }
  return cardOf({ ...run, ...head }, seen, verifyRun(seen))
}

describe('the card', () => {
  it('counts and names what the record holds', () => {
    const { record, agents, models, sources, decisions, refused, usage } = card()
    expect(record).toMatchObject({ status: 'intact', rows: audit.rows.length, sealed: { seals: 0 }, findings: [] })
    expect(agents.map(({ agent, version }) => `${agent} ${version}`)).toEqual(['desk 1.0.0', 'writer 1.0.0'])
    expect(models).toMatchObject([{ provider: 'scripted', id: 'small', answers: 5, costUsd: 0 }])
    expect(sources).toEqual([{ uri: 'orders:o-1', sha256: 'b'.repeat(64) }])
    expect(decisions).toMatchObject([{ stepId: 'desk', said: 'denied', by: 'local:anna: Only half of it.' }])
    expect(refused).toEqual({ approvalDenied: 1, saysOrder: 1, unknownTool: 1 })
    expect(usage).toEqual(run.usage)
  })

  it('says what the record cannot show', () => {
    const gaps = (changes?: Partial<RunAudit>, head?: Partial<Run>) => card(changes, head).gaps.join('\n')
    expect(gaps()).toMatch(/nothing is sealed/)
    expect(gaps()).toMatch(/scripted answered in its place/)
    expect(gaps()).not.toMatch(/erased|does not hold|has not ended|price/)
    const unpriced = audit.rows.map((row) => (row.model ? { ...row, costUsd: null } : row))
    expect(gaps({ rows: unpriced })).toMatch(/price of a model was not known/)
    const [erased = ''] = Object.keys(audit.bodies ?? {})
    const { [erased]: _gone, ...bodies } = audit.bodies ?? {}
    expect(gaps({ bodies })).toMatch(/The words of 1 of \d+ contents: they were erased/)
    expect(gaps({ rows: audit.rows.slice(1) })).toMatch(/the record does not hold/)
    const { endedAt: _endedAt, ...running } = run
    expect(cardOf(running, audit, verifyRun(audit)).gaps.join('\n')).toMatch(/has not ended/)
    expect(gaps({}, { caller: 'aws:anna' })).not.toMatch(/Who started it/)
  })

  it('is Markdown on a page, in which nothing that others wrote is Markdown', () => {
    const uri = 'https://x.example/`a`|[b](c)<script>\n# heading'
    const rows = audit.rows.map((row) => (row.sources ? { ...row, sources: [{ uri, sha256: 'c'.repeat(64) }] } : row))
    const text = renderCard(card({ rows }))
    expect(text).toContain('## What this record cannot show')
    expect(text).toContain('\\`a\\`\\|\\[b\\](c)\\<script\\> \\# heading')
    expect(text.split('\n').filter((line) => line.startsWith('# '))).toHaveLength(1)
    expect(text.split('\n').length).toBeLessThan(80)
  })
})
