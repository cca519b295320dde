import { expect, it } from 'vitest'
import { sha256 } from '../../../../src/schema/sha256.ts'
import { openReleases } from '../../../../src/versions/releases.ts'
import { releaseOf } from '../../versions/versions-contract.ts'
import { bench, QUICK } from './bench.ts'

const at = '2026-01-01T00:00:00.000Z'

async function prepare() {
  const app = bench(QUICK, { callerOf: () => 'arn:ada' })
  const releases = openReleases(app.stores.records)
  for (const text of ['one', 'two', 'three']) await releases.publish(releaseOf('work', text))
  return app
}

it('lists what is registered and released, a page of releases at a time', async () => {
  const { ask } = await prepare()
  const { json } = await ask('GET', '/versions?limit=2')
  expect(json).toMatchObject({
    team: 'work',
    pointer: { stable: 3, revision: 3 },
    contents: [
      { name: 'writer', version: '1.0.0', sha256: sha256('one'), status: 'active', isCurrent: false, at },
      { version: '1.0.1', isCurrent: false },
      { version: '1.0.2', isCurrent: true },
    ],
    releases: [{ sequence: 3, contents: { 'agent/writer': '1.0.2' } }, { sequence: 2 }],
    moves: [{ kind: 'published', to: { stable: 3 } }, {}, {}],
  })
  const next = await ask('GET', `/versions?limit=2&after=${encodeURIComponent(String(json['next']))}`)
  expect(next.json['releases']).toMatchObject([{ sequence: 1 }])
})

it('rolls back and starts, promotes and stops canaries for whoever is authenticated', async () => {
  const { ask } = await prepare()
  const back = await ask('POST', '/versions/rollback', { body: { reason: ' it quotes from nowhere ' } })
  expect(back).toMatchObject({
    status: 200,
    json: { kind: 'rolledBack', to: { stable: 2 }, by: 'arn:ada', reason: 'it quotes from nowhere' },
  })
  const canary = (body: object) => ask('POST', '/versions/canary', { body: { reason: 'a look', ...body } })
  const guard = { minRuns: 5, errorRate: 0.1, score: { path: 'score', least: { timesStable: 0.9 } } }
  expect(await canary({ action: 'start', release: 3, percent: 20, guard })).toMatchObject({ status: 200 })
  expect((await ask('GET', '/versions')).json['pointer']).toMatchObject({
    canary: { release: 3, percent: 20, by: 'arn:ada', guard: { minRuns: 5 } },
    seen: { canary: { runs: 0 } },
  })
  expect(await canary({ action: 'promote' })).toMatchObject({ json: { kind: 'canaryPromoted', to: { stable: 3 } } })
  expect(await canary({ action: 'stop' })).toMatchObject({ status: 409 })
})

it.each([
  [404, '/versions/rollback', { to: 9, reason: 'x' }],
  [409, '/versions/rollback', { to: 3, reason: 'x' }],
  [400, '/versions/rollback', { reason: ' ' }],
  [400, '/versions/rollback', {}],
  [400, '/versions/canary', { action: 'start', release: 2, reason: 'x' }],
  [400, '/versions/canary', { action: 'start', percent: 2, reason: 'x' }],
  [400, '/versions/canary', { action: 'start', release: 2, percent: 100, reason: 'x' }],
  [400, '/versions/canary', { action: 'stop', percent: 5, reason: 'x' }],
  [409, '/versions/canary', { action: 'promote', reason: 'x' }],
])('refuses with %i: %s %j', async (status, path, body) => {
  const { ask } = await prepare()
  expect(await ask('POST', path, { body })).toMatchObject({ status })
})
