import { generateKeyPairSync, sign } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { genesis, link, type UnlinkedRow } from '../../../../src/audit/chain.ts'
import { evidenceOf } from '../../../../src/audit/evidence/evidence.ts'
import { keyIdOf, nextSeal, sealText } from '../../../../src/audit/seal.ts'
import type { AgentName, RunId, Sha256, StepId, TeamName } from '../../../../src/schema/ids.ts'
import type { JournalEntry, JournalRow } from '../../../../src/schema/journal-row.ts'
import type { RunAudit } from '../../../../src/schema/run-audit.ts'

const runId = 'run-1' as RunId
const at = '2026-01-01T00:00:00.000Z'
const HASH = 'a'.repeat(64) as Sha256
const actor = { agent: 'worker' as AgentName, version: '1.0.0', sha256: HASH, role: 'Worker' }

type Entry = Omit<JournalEntry, 'at'>

function chain(attempt: number, ...entries: readonly Entry[]): JournalRow[] {
  const place = { runId, stepId: 'work' as StepId, attempt }
  let prev = genesis(place, undefined)
  return [{ event: 'start', actor } as Entry, ...entries].map((entry, seq) => {
    const content: UnlinkedRow = { ...place, seq, at, ...entry }
    const row = { ...content, prev, hash: link(prev, content) }
    prev = row.hash
    return row
  })
}

const found = (rows: readonly JournalRow[], id: string, rest: Partial<RunAudit> = {}) =>
  evidenceOf({ audit: { runId, rows: [...rows], seals: [], keys: [], ...rest } }, [id]).items[0]

const DONE: Entry = { event: 'outcome', status: 'completed' }

describe('recovery', () => {
  it('is an attempt after one that was cut off', () => {
    const item = found([...chain(1, { event: 'turn', turn: 1 }), ...chain(2, DONE)], 'MS-2.6-005')
    expect(item).toMatchObject({ facts: { recoveries: { attempt: 1 } }, events: [{ attempt: 2, event: 'start' }] })
  })

  it.each(['wait', 'continue', 'approval.tool'])('is none after %s: that was planned', (rule) => {
    const rows = [...chain(1, { event: 'decision', rule }), ...chain(2, DONE)]
    expect(found(rows, 'MS-2.6-005')?.status).toBe('no evidence')
  })

  it('is a model that is asked again, and another one in its place', () => {
    const rows = chain(
      1,
      { event: 'decision', rule: 'model.retry' },
      { event: 'decision', rule: 'model.fallback' },
      DONE,
    )
    expect(found(rows, 'MS-2.6-005')?.facts).toEqual({ recoveries: { 'model.fallback': 1, 'model.retry': 1 } })
    expect(found(rows, 'GV-6.2-006')?.facts).toEqual({ fallbacks: { 'model.fallback': 1 } })
  })
})

it.each([
  ['GV-1.7-001', { event: 'outcome', status: 'braked' }],
  ['GV-1.7-001', { event: 'decision', rule: 'run.cancel' }],
  ['MG-2.4-002', { event: 'outcome', status: 'turnLimit' }],
  ['MG-3.2-005', { event: 'outcome', status: 'refused' }],
  ['MG-3.2-005', { event: 'decision', rule: 'guardrail.polite', status: 'denied' }],
  ['MP-4.1-009', { event: 'decision', rule: 'guardrail.redact', status: 'transformed' }],
  ['MS-2.5-003', { event: 'rejection', rule: 'quotesExist', status: 'checkRejected' }],
  ['MG-4.3-002', { event: 'tool', status: 'unknown' }],
  ['MS-2.7-001', { event: 'decision', rule: 'permission.denied', status: 'denied' }],
  ['MS-2.7-004', { event: 'decision', rule: 'permission.denied', status: 'denied' }],
  ['MS-2.7-004', { event: 'decision', rule: 'approval.forbidden', status: 'denied' }],
] as const)('%s is shown by %j, and by nothing else', (id, entry) => {
  expect(found(chain(1, DONE), id)?.status).toBe('no evidence')
  expect(found(chain(1, entry), id)?.events).toMatchObject([{ seq: 1 }])
})

it.each([
  ['MP-4.1-009', { event: 'decision', rule: 'guardrail.polite', status: 'transformed' }],
  ['MS-2.5-003', { event: 'rejection', rule: 'guardrail.polite', status: 'checkRejected' }],
  ['MS-2.5-003', { event: 'rejection', rule: 'output schema', status: 'offSchema' }],
] as const)('%s is not shown by %j', (id, entry) => {
  expect(found(chain(1, entry), id)?.status).toBe('no evidence')
})

it('takes nobody for an agent who acts for the team: a rule, a person', () => {
  const rows = chain(1, DONE)
  const own = rows.slice(0, 1).map((row) => ({ ...row, stepId: ':run' as StepId }))
  expect(found(rows, 'GV-1.6-001')?.facts).toMatchObject({ agents: [{ agent: 'worker' }] })
  expect(found([...own, ...rows], 'GV-1.6-001')?.status).toBe('no evidence')
})

describe('overrides', () => {
  const asked = (kind: string): Entry => ({ event: 'decision', rule: `approval.${kind}`, approval: 'a-1' })
  const said = (hash: string): Entry => {
    const row = { event: 'decision', rule: 'approval.approved', status: 'approved', approval: 'a-1' } as const
    return { ...row, hashes: { [hash]: HASH } }
  }

  it('are edited arguments, and an output in place of what did not count', () => {
    expect(found(chain(1, asked('tool'), said('edited')), 'MS-4.2-004')?.facts).toMatchObject({ by: { edited: 1 } })
    expect(found(chain(1, asked('limit'), said('answer')), 'MS-4.2-004')?.facts).toMatchObject({ by: { answered: 1 } })
  })

  it('are not what was allowed as it was asked, nor the answer to a question', () => {
    expect(found(chain(1, asked('tool'), said('subject')), 'MS-4.2-004')?.status).toBe('no evidence')
    expect(found(chain(1, asked('question'), said('answer')), 'MS-4.2-004')?.status).toBe('no evidence')
  })
})

describe('seals', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const key = { keyId: keyIdOf(pem), algorithm: 'ED25519', publicKey: pem, kind: 'local' } as const
  const rows = chain(1, { event: 'turn', turn: 1 }, DONE)
  const chains = [{ stepId: 'work' as StepId, attempt: 1, rows: 3, head: rows[2]?.hash as Sha256 }]
  const { keyId, algorithm } = key
  const content = nextSeal({ keyId, algorithm, team: 'team' as TeamName, runId, at, chains, seals: [] })
  if (content === undefined) throw new Error('there is something to seal')
  const seal = { ...content, signature: sign(null, Buffer.from(sealText(content)), privateKey).toString('base64') }

  it('vouch for the rows they name', () => {
    const item = found(rows, 'MG-2.2-007', { seals: [seal], keys: [key] })
    expect(item).toMatchObject({
      facts: { seals: 1, sealedRows: 3, until: at, by: ['local'] },
      events: [{ seq: 2, event: 'outcome' }],
    })
  })

  it('vouch for nothing without their key, in another order, or where the rows are others', () => {
    const none = { status: 'no evidence', events: [] }
    expect(found(rows, 'MG-2.2-007', { seals: [seal] })).toMatchObject(none)
    expect(found(rows, 'MG-2.2-007', { seals: [{ ...seal, seq: 1 }], keys: [key] })).toMatchObject(none)
    const rewritten = chain(1, { event: 'turn', turn: 2 }, DONE)
    expect(found(rewritten, 'MG-2.2-007', { seals: [seal], keys: [key] })).toMatchObject(none)
    // The chain itself was made anew and verifies: only the seal says otherwise.
    expect(found(rewritten, 'MS-2.8-003', { seals: [seal], keys: [key] })).toMatchObject(none)
    expect(found(rewritten, 'MS-2.8-003')?.status).toBe('evidence')
  })
})
