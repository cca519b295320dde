import { expect, it } from 'vitest'
import { kindOf } from '../../../../src/audit/explain/decision-kinds.ts'
import { decisionsOf } from '../../../../src/audit/explain/decisions.ts'
import type { JournalRow } from '../../../../src/schema/journal-row.ts'
import { deliveryRun, serviceRun, teams } from './example-runs.ts'

it('numbers every row that decides, and none that does not', async () => {
  const { audit } = await deliveryRun()
  const decisions = decisionsOf(audit)
  expect(decisions.map(({ number }) => number)).toEqual(decisions.map((_, index) => index + 1))
  const deciding = audit.rows.filter((row) => kindOf(row) !== undefined)
  expect(new Set(decisions.map(({ hash }) => hash))).toEqual(new Set(deciding.map(({ hash }) => hash)))
  expect(deciding.every(({ event, stepId }) => event !== 'start' || stepId === ':run')).toBe(true)
  expect(decisions[0]).toMatchObject({ kind: 'run', what: 'the run was started' })
  expect(decisions.at(-1)).toMatchObject({ kind: 'end', status: 'succeeded' })
})

it('leads from a call with an effect to the person, the question and the model behind it', async () => {
  const { audit } = await serviceRun('approve')
  const decisions = decisionsOf(audit, teams.service)
  const refund = decisions.find(({ kind, tool }) => kind === 'call' && tool?.name === 'refund_order')
  expect(refund).toMatchObject({
    actor: { agent: 'cashier', version: expect.any(String), sha256: expect.any(String), role: expect.any(String) },
    status: 'ok',
    by: { kind: 'rule', name: expect.stringMatching(/^approval\./) },
    approval: { outcome: 'approved', people: [expect.stringMatching(/^local:|^test:/)] },
  })
  const answer = decisions[(refund?.follows ?? 0) - 1]
  expect(answer).toMatchObject({ kind: 'answer', by: { kind: 'person' }, considered: ['approved', 'denied'] })
  const question = decisions[(answer?.follows ?? 0) - 1]
  expect(question).toMatchObject({ kind: 'question', what: 'asked: tool' })
  const choice = decisions[(question?.follows ?? 0) - 1]
  expect(choice).toMatchObject({
    kind: 'choice',
    what: 'chose refund_order',
    by: { kind: 'model' },
    considered: expect.arrayContaining(['refund_order', 'an output']),
    costUsd: 0,
  })
})

it('says who denied, and that nothing was done', async () => {
  const decisions = decisionsOf((await serviceRun('deny')).audit)
  const denied = decisions.find(({ kind, status }) => kind === 'answer' && status === 'denied')
  expect(denied).toMatchObject({ by: { kind: 'person' }, reason: expect.stringContaining('as I see it') })
  expect(decisions.find(({ follows }) => follows === denied?.number)).toMatchObject({
    kind: 'call',
    status: 'denied',
    by: { kind: 'rule', name: 'approvalDenied' },
  })
})

it('tells the same without the content, but for what only that says', async () => {
  const { audit } = await serviceRun('approve')
  const { bodies: _, ...rows } = audit
  const plain = decisionsOf(rows).map(({ approval: _approval, by: _by, ...rest }) => rest)
  const whole = decisionsOf(audit).map(({ approval: _approval, by: _by, ...rest }) => rest)
  const words = (of: typeof plain) => of.map(({ what: _what, ...rest }) => rest)
  expect(words(plain)).toEqual(words(whole))
  expect(plain.find(({ kind, turn }) => kind === 'choice' && turn === 1)?.what).toBe(
    whole.find(({ kind, turn }) => kind === 'choice' && turn === 1)?.what,
  )
})

it('keeps the order of a chain whatever its clock said', () => {
  const row = (stepId: string, seq: number, at: string) =>
    ({
      runId: 'run-1',
      stepId,
      attempt: 1,
      seq,
      at,
      event: 'turn',
      turn: seq,
      hash: `${stepId}${seq}`,
      prev: '',
    }) as never
  const rows = [
    row('late', 1, '2026-01-01T00:10:00.000Z'),
    row('late', 2, '2026-01-01T00:00:01.000Z'),
    row('other', 1, '2026-01-01T00:05:00.000Z'),
  ]
  const order = decisionsOf({ runId: 'run-1' as JournalRow['runId'], rows }).map(({ hash }) => hash)
  expect(order).toEqual(['other1', 'late1', 'late2'])
})

it('knows a kind for every family of rules, and takes a rule that it does not know for a decision all the same', () => {
  const kind = (rule: string) => kindOf({ event: 'decision', rule, stepId: 'step', attempt: 1 } as JournalRow)
  const rules = ['model.retry', 'model.fallback', 'breaker.open', 'limit.degrade', 'budget.raise', 'run.cancel', 'wait']
  expect(rules.map(kind)).toEqual(['retry', 'fallback', 'breaker', 'limit', 'budget', 'run', 'pause'])
  const others = ['permission.denied', 'guardrail.words', 'rule.award', 'approval.tool', 'approval.expired', 'join']
  expect(others.map(kind)).toEqual(['denial', 'guardrail', 'rule', 'question', 'answer', 'join'])
  expect(['constructor', 'new.rule', ''].map(kind)).toEqual(['other', 'other', 'other'])
})
