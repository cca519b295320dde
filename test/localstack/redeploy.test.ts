/** A second deployment while a run waits: the run ends on the versions that it began with, the next one has the new. */
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { deployWithCdk } from '../../localstack/deploy-with-cdk.ts'
import { openReleases } from '../../src/versions/releases.ts'
import { detailsOf, runEnded, startRun } from './support/api.ts'
import { deployed, storesOf } from './support/deployed.ts'
import { stackOf } from './support/stack-of.ts'
import { until } from './support/until.ts'

const { endpoint, folder, patternsModelFromFunctions: bedrockEndpoint } = deployed
const LONG_MS = 150_000

async function deploy(team: string) {
  const where = { endpoint, cwd: import.meta.dirname, app: 'node app.ts', build: false, folder: join(folder, 'relay') }
  return stackOf(await deployWithCdk({ ...where, context: { team, bedrockEndpoint } }))
}

it('a waiting run finishes on its versions', async () => {
  const first = await deploy('relay.team.ts')
  const releases = openReleases(storesOf(first).records)
  const released = async () => releases.current('relay' as Parameters<typeof releases.current>[0])
  const sequence = (await released())?.sequence ?? 0
  const untilIso = new Date(Date.now() + LONG_MS).toISOString()
  const before = await startRun(first, { workflow: 'relay', input: { word: randomUUID(), untilIso } })
  await until('the first step', 120_000, async () => {
    return (await detailsOf(first, before.runId)).steps.some(({ status }) => status === 'completed') || undefined
  })

  const second = await deploy('relay-next.team.ts')
  expect(second.outputs).toEqual(first.outputs)
  const soon = new Date().toISOString()
  const after = await startRun(second, { workflow: 'relay', input: { word: randomUUID(), untilIso: soon } })
  const [old, fresh] = await Promise.all([before, after].map(({ runId }) => runEnded(second, runId)))

  const steps = (details: typeof old) => details?.steps.map(({ stepId, version }) => `${stepId} ${version}`)
  expect([old?.run.status, steps(old)]).toEqual(['succeeded', ['first 1.0.0', 'last 1.0.0']])
  expect([fresh?.run.status, steps(fresh)]).toEqual(['succeeded', ['first 2.0.0', 'new-last 2.0.0']])
  expect(old?.run.workflowVersion).toBe('1.0.0')
  const machineOf = (run: typeof before) => run.lock.workflows['relay']?.stateMachineArn
  expect(machineOf(before)).not.toBe(machineOf(after))

  // The same again releases nothing new.
  const current = await released()
  expect(current?.sequence).toBe(sequence + 1)
  await deploy('relay-next.team.ts')
  expect(await released()).toEqual(current)
}, 600_000)
