import { expect, it } from 'vitest'
import { runEndedHandler } from '../../../functions/run-ended.ts'
import { at, releaseOf } from '../versions/versions-contract.ts'
import { controlDependencies, lambdaContext, MACHINE, runOf, team } from './support/team.ts'

it('counts a failed run of a canary, which ends the canary', async () => {
  const { dependencies, runs, executions, states } = controlDependencies()
  const { releases } = dependencies
  for (const text of ['one', 'two']) await releases.publish({ ...releaseOf(team.name, text), held: true })
  const guard = { minRuns: 1, errorRate: 0.5 }
  await releases.startCanary(team.name, { release: 2, percent: 5, guard, by: 'ada', reason: 'a look', at })
  const run = runOf({ release: { sequence: 2, arm: 'canary' } })
  await runs.create(run)
  await executions.start(run)
  states.set('run-1.1', { status: 'failed', error: 'Stopped.turnLimit', cause: '{"reason":"no output"}' })
  const arn = MACHINE.replace('stateMachine', 'execution')
  const detail = { executionArn: `${arn}:run-1.1`, name: 'run-1.1', status: 'FAILED', startDate: 1, stopDate: 2 }
  const event = { version: '0', id: 'e', source: 'aws.states', 'detail-type': 'x', detail }
  const change = { ...event, 'detail-type': 'Step Functions Execution Status Change' }
  const ended = await runEndedHandler({ team }, () => ({ dependencies }))(change, lambdaContext())
  expect(ended).toMatchObject({ status: 'failed' })
  expect((await releases.moves(team.name)).moves[0]).toMatchObject({ kind: 'canaryStopped', by: 'guard' })
})
