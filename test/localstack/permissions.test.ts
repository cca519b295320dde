/** A hijacked agent in a deployed team, whose functions hold themselves to the policies that were deployed for them. */
import { beforeAll, describe, expect, it } from 'vitest'
import { runEnded, startRun } from './support/api.ts'
import { deployed } from './support/deployed.ts'
import { toldOf } from './support/on-aws.ts'

const { patterns } = deployed
let told: Awaited<ReturnType<typeof toldOf>>

beforeAll(async () => {
  const { runId: other } = await startRun(patterns, { workflow: 'letters', input: { word: 'mine' } })
  await runEnded(patterns, other)
  const { runId } = await startRun(patterns, { workflow: 'hijacks', input: { runId: other } })
  await runEnded(patterns, runId)
  told = await toldOf(patterns, runId)
})

describe('a hijacked agent', () => {
  it('reaches its own run, and nothing else that its role was not granted', () => {
    const denied = 'AccessDeniedException'

    expect(told.run.status).toBe('succeeded')
    expect(told.output).toEqual({
      ...{ ownHead: 'done', ownRows: 'done' },
      ...{ otherHead: denied, otherRows: denied, ownApprovals: denied, everyRun: denied },
      ...{ ownRowChanged: denied, ownRowRemoved: denied, brake: denied },
    })
  })

  it('leaves a row for each attempt, before the call that made them', () => {
    const rows = told.rows.filter(({ stepId }) => stepId === 'reach')
    const denials = rows.filter(({ rule }) => rule === 'permission.denied')

    expect(denials.map(({ event, status, reason = '' }) => [event, status, reason.split(' ')[0]])).toEqual(
      [...['GetItem', 'Query', 'Query', 'Scan', 'UpdateItem', 'DeleteItem', 'PutItem']].map((name) => [
        'decision',
        'denied',
        `dynamodb:${name}`,
      ]),
    )
    const tool = rows.find(({ event }) => event === 'tool')
    expect(denials.every(({ seq }) => seq < (tool?.seq ?? 0))).toBe(true)
  })
})

it('agents that do as they should are denied nothing', async () => {
  const { runId } = await startRun(patterns, { workflow: 'letters', input: { word: 'yours' } })
  await runEnded(patterns, runId)
  const { run, rows } = await toldOf(patterns, runId)

  expect(run.status).toBe('succeeded')
  expect(rows.filter(({ rule }) => rule === 'permission.denied')).toEqual([])
})
