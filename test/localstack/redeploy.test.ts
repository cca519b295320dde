/** A second deployment while a run waits, then back, and a share of starts: each run ends on the versions it began with. */
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { deployWithCdk } from '../../localstack/deploy-with-cdk.ts'
import { runIdOfKey } from '../../src/api/run-id-of-key.ts'
import { VersionsView } from '../../src/api/versions.ts'
import type { Arm } from '../../src/schema/versions.ts'
import { armOf } from '../../src/versions/draw.ts'
import { ask, detailsOf, runEnded, startRun, userArn } from './support/api.ts'
import { deployed, type Stack } from './support/deployed.ts'
import { stackOf } from './support/stack-of.ts'
import { until } from './support/until.ts'

const { endpoint, folder, patternsModelFromFunctions: bedrockEndpoint } = deployed
const LONG_MS = 150_000

async function deploy(team: string) {
  const where = { endpoint, cwd: import.meta.dirname, app: 'node app.ts', build: false, folder: join(folder, 'relay') }
  return stackOf(await deployWithCdk({ ...where, context: { team, bedrockEndpoint } }))
}

function start(stack: Stack, waitMs: number, key: string = randomUUID()) {
  const untilIso = new Date(Date.now() + waitMs).toISOString()
  const body = { workflow: 'relay', input: { word: randomUUID(), untilIso } }
  return startRun(stack, body, { 'idempotency-key': key })
}

async function versions(stack: Stack): Promise<VersionsView> {
  const { status, body } = await ask(stack, '/versions')
  expect(status, JSON.stringify(body)).toBe(200)
  return VersionsView.parse(body)
}

async function move(stack: Stack, path: 'rollback' | 'canary', body: object) {
  const answer = await ask(stack, `/versions/${path}`, { body })
  expect(answer.status, JSON.stringify(answer.body)).toBe(200)
  return answer.body
}

/** Of a run that is drawn into this arm where both have half of the starts. */
function keyOf(arm: Arm): string {
  const caller = userArn('test')
  for (;;) {
    const key = randomUUID()
    if (armOf(runIdOfKey({ caller, workflow: 'relay', key }), 50) === arm) return key
  }
}

const stepsOf = ({ steps }: Awaited<ReturnType<typeof detailsOf>>) =>
  steps.map(({ stepId, version }) => `${stepId} ${version}`)
const OLD = ['first 1.0.0', 'last 1.0.0']
const NEW = ['first 2.0.0', 'new-last 2.0.0']

it('a run finishes on the versions it began with: after a deployment, a rollback, and in a canary', async () => {
  const first = await deploy('relay.team.ts')
  const old = (await versions(first)).pointer?.stable ?? 0
  const before = await start(first, LONG_MS)
  expect(before.release).toEqual({ sequence: old, arm: 'stable' })
  await until('the first step', 120_000, async () => {
    return (await detailsOf(first, before.runId)).steps.some(({ status }) => status === 'completed') || undefined
  })

  const second = await deploy('relay-next.team.ts')
  expect(second.outputs).toEqual(first.outputs)
  const fresh = old + 1
  const after = await start(second, 0)
  expect([after.release, (await versions(second)).pointer?.stable]).toEqual([{ sequence: fresh, arm: 'stable' }, fresh])
  const waiting = await start(second, 45_000)

  // Back: for starts, not for what is going on; and the same deployed again does not undo it.
  expect(await move(second, 'rollback', { reason: 'the new last step' })).toMatchObject({
    kind: 'rolledBack',
    by: userArn('test'),
    to: { stable: old },
  })
  const back = await start(second, 0)
  await deploy('relay-next.team.ts')
  const { pointer, releases } = await versions(second)
  expect([pointer?.stable, releases[0]?.sequence]).toEqual([old, fresh])

  const [ofOld, ofFresh, ofWaiting, ofBack] = await Promise.all(
    [before, after, waiting, back].map(({ runId }) => runEnded(second, runId)),
  )
  for (const [run, steps] of [
    [ofOld, OLD],
    [ofFresh, NEW],
    [ofWaiting, NEW],
    [ofBack, OLD],
  ] as const) {
    expect([run?.run.status, run && stepsOf(run)]).toEqual(['succeeded', steps])
  }
  expect(ofOld?.run.workflowVersion).toBe('1.0.0')
  const machineOf = (run: typeof before) => run.lock.workflows['relay']?.stateMachineArn
  expect(machineOf(before)).not.toBe(machineOf(after))
  expect(machineOf(back)).toBe(machineOf(before))

  // Half of the starts take the new one, until its score is seen.
  const guard = { minRuns: 2, score: { path: 'score', least: 1_000_000 } }
  const canary = { action: 'start', release: fresh, percent: 50, guard, reason: 'once more' }
  await move(second, 'canary', canary)
  const drawn = await Promise.all(
    (['stable', 'canary', 'canary'] as const).map(async (arm) => {
      const run = await start(second, 0, keyOf(arm))
      return { run, arm }
    }),
  )
  for (const { run, arm } of drawn) {
    expect(run.release).toEqual({ sequence: arm === 'canary' ? fresh : old, arm })
    expect(stepsOf(await runEnded(second, run.runId))).toEqual(arm === 'canary' ? NEW : OLD)
  }
  const judged = await versions(second)
  expect(judged.pointer).toMatchObject({ stable: old })
  expect(judged.pointer?.canary).toBeUndefined()
  expect(judged.moves[0]).toMatchObject({ kind: 'canaryStopped', by: 'guard', rule: { rule: 'score' } })
}, 900_000)
