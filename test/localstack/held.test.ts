/** Runs that a budget or a brake holds, and that go on once a person lets them. */
import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import { ask, runEnded, startRun } from './support/api.ts'
import { deployed } from './support/deployed.ts'

const { patterns } = deployed

it.concurrent('a budget holds over parallel branches, is raised, and the run goes on', async () => {
  const word = randomUUID()
  const items = Array.from({ length: 20 }, (_, index) => `${word}-${index}`)
  const { runId } = await startRun(patterns, { workflow: 'frugal', input: { items } })
  const stopped = await runEnded(patterns, runId)
  expect(stopped.run).toMatchObject({ status: 'failed', error: { name: 'Stopped.budget' } })
  const { body } = await ask(patterns, `/runs/${runId}/budget`)
  const { spent, left, open } = (body as { run: Record<string, { turns: number }> }).run
  expect((spent?.turns ?? 0) + (left?.turns ?? 0) + (open?.turns ?? 0)).toBe(8)
  expect(stopped.run.usage?.turns).toBeLessThanOrEqual(8)
  expect(stopped.run.usage?.turns).toBeGreaterThan(0)

  const raised = await ask(patterns, `/runs/${runId}/budget`, { body: { to: { turns: 30 } } })
  expect(raised.status, JSON.stringify(raised.body)).toBe(200)
  expect((await ask(patterns, `/runs/${runId}/resume`, { method: 'POST' })).status).toBe(202)
  const { run } = await runEnded(patterns, runId)
  expect(run).toMatchObject({ status: 'succeeded', execution: 2 })
  expect(run.output).toHaveLength(20)
})

it.concurrent('a brake stops starts of a workflow until it is let go', async () => {
  const brake = (on: boolean) =>
    ask(patterns, '/brakes', {
      body: { on, of: 'workflow', name: 'stoppable', ...(on && { reason: 'it measures wrong' }) },
    })
  const body = { workflow: 'stoppable', input: { word: randomUUID() } }
  expect((await brake(true)).status).toBe(200)
  const refused = await ask(patterns, '/runs', { body })
  expect(refused, JSON.stringify(refused.body)).toMatchObject({ status: 409 })
  expect(JSON.stringify(refused.body)).toContain('it measures wrong')
  expect((await brake(false)).status).toBe(200)
  const { runId } = await startRun(patterns, body)
  expect((await runEnded(patterns, runId)).run).toMatchObject({ status: 'succeeded' })
})
