/** What people see of the state that a run shares, by the service and over HTTP. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { createHttpApp } from '../../../src/api/http/app.ts'
import { systemClock } from '../../../src/clock.ts'
import { openHost } from '../../../src/engine/host.ts'
import { thisProcess } from '../../../src/engine/host-owner.ts'
import { openStores } from '../../../src/engine/host-stores.ts'
import { RunId } from '../../../src/schema/ids.ts'
import { StateView } from '../../../src/schema/state.ts'
import { scriptedModel } from '../../../src/testing/scripted-model.ts'
import { stateTeam } from '../state/state-team.ts'

async function shared() {
  const folder = mkdtempSync(join(tmpdir(), 'baton-state-'))
  const stores = openStores({ folder, memory: true, synchronous: 'NORMAL', clock: systemClock })
  const found = { name: 'update_state', input: { update: { key: 'findings', value: [{ topic: 'found' }] } } }
  const model = scriptedModel({ finder: [{ toolUses: [found] }, { submit: { done: true } }] })
  const host = openHost({
    ...{ stores, team: stateTeam, model, clock: systemClock },
    priceOf: () => undefined,
    random: () => 0,
    newRunId: () => 'run-1',
    owner: thisProcess(),
  })
  onTestFinished(async () => {
    await host.release()
    stores.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const { ended } = await host.start({ workflow: 'research' as never, input: { topics: ['x'] }, settings: {} })
  expect(await ended).toMatchObject({ status: 'succeeded' })
  return { service: host.service, runId: RunId.parse('run-1') }
}

it('shows each key now, at a version and at a time, and who wrote what', async () => {
  const { service, runId } = await shared()
  const { keys } = await service.state(runId)
  expect(keys).toMatchObject([
    {
      workflow: 'research',
      key: 'findings',
      reducer: 'append',
      version: 2,
      value: [{ topic: 'seed' }, { topic: 'found' }],
    },
    { workflow: 'research', key: 'verdict', reducer: 'replace', version: 1, value: { enough: true } },
  ])
  const app = createHttpApp(service)
  const ask = async (query: string) => {
    const answer = await app.request(`/runs/${runId}/state${query}`)
    return { status: answer.status, body: (await answer.json()) as unknown }
  }
  const first = await ask('?key=findings&at=1&history=true')
  expect(StateView.parse(first.body).keys).toMatchObject([
    { version: 1, value: [{ topic: 'seed' }], history: [{ version: 1, stepId: 'seed', delta: [{ topic: 'seed' }] }] },
  ])
  expect(StateView.parse((await ask('?history=true')).body).keys[0]?.history?.[1]).toMatchObject({
    ...{ version: 2, agent: 'finder', stepId: 'search:0/find' },
  })
  expect(StateView.parse((await ask('?at=2000-01-01T00:00:00Z')).body).keys).toMatchObject([
    { version: 0, value: [] },
    { version: 0, value: null },
  ])
  expect((await ask('?key=findings&at=9')).status).toBe(404)
  expect((await ask('?key=unknown')).status).toBe(404)
  expect((await ask('?at=1')).status).toBe(400)
  expect((await ask('?at=noon')).status).toBe(400)
  await expect(service.state('nowhere' as never)).rejects.toThrow(/nowhere/)
})
