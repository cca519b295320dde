import { expect, it } from 'vitest'
import { bench, QUICK, START } from './bench.ts'

const writer = { of: 'agent', name: 'writer' }

it('sets and releases a brake, and says who has set it', async () => {
  const { ask } = bench(QUICK, { callerOf: () => 'arn:ada' })
  expect((await ask('GET', '/brakes')).json).toEqual({ brakes: [] })
  const set = await ask('POST', '/brakes', { body: { on: true, ...writer, reason: ' it writes nonsense ' } })
  expect(set).toMatchObject({
    status: 200,
    json: {
      isNew: true,
      brake: { scope: { ...writer, team: 'work' }, reason: 'it writes nonsense', by: 'arn:ada' },
    },
  })
  expect((await ask('POST', '/brakes', { body: { on: true, ...writer, reason: 'again' } })).json).toEqual({
    ...set.json,
    isNew: false,
  })
  expect((await ask('GET', '/brakes')).json).toEqual({ brakes: [set.json['brake']] })
  expect((await ask('POST', '/brakes', { body: { on: false, ...writer } })).json).toEqual(set.json)
  expect((await ask('POST', '/brakes', { body: { on: false, ...writer } })).json).toEqual({ isNew: false })
})

it.each([
  [404, { on: true, of: 'agent', name: 'nobody', reason: 'x' }, /no agent "nobody"/],
  [404, { on: true, of: 'workflow', name: 'nothing', reason: 'x' }, /no workflow "nothing"/],
  [400, { on: true, ...writer }, /none is given/],
  [400, { on: true, of: 'agent', reason: 'x' }, /name is missing/],
  [400, { on: true, of: 'team', name: 'writer', reason: 'x' }, /no name for team/],
  [400, { on: true, of: 'world', reason: 'x' }, /body/],
])('refuses with %i: %j', async (status, body, detail) => {
  const { ask } = bench()
  expect(await ask('POST', '/brakes', { body })).toMatchObject({
    status,
    json: { detail: expect.stringMatching(detail) },
  })
})

it.each([{ of: 'fleet' }, { of: 'team' }, { of: 'workflow', name: 'short' }])(
  'starts nothing under %j',
  async (target) => {
    const { ask, ended, host } = bench()
    await ask('POST', '/brakes', { body: { on: true, ...target, reason: 'a look' } })
    const refused = await ask('POST', '/runs', { body: START })
    expect(refused).toMatchObject({
      status: 409,
      json: {
        detail: expect.stringMatching(
          /^No run is started\. The brake is on for .*: somebody on this machine .*: a look$/,
        ),
        next: expect.stringContaining(`baton brake off --${target.of}`),
      },
    })
    expect((await host.service.list({ limit: 10 })).runs).toEqual([])
    await ask('POST', '/brakes', { body: { on: false, ...target } })
    const { json } = await ask('POST', '/runs', { body: START })
    expect(await ended(json['runId'])).toMatchObject({ status: 'succeeded' })
  },
)

it('stops a run before its next agent’s turn, refuses to resume it under the brake, and resumes it after', async () => {
  let free = () => {}
  const gate = new Promise<void>((resolve) => {
    free = resolve
  })
  const { ask, ended } = bench({
    ...QUICK,
    worker: async () => {
      await gate
      return { submit: { done: 'yes' } }
    },
  })
  const { json } = await ask('POST', '/runs', { body: START })
  await ask('POST', '/brakes', { body: { on: true, of: 'team', reason: 'a look' } })
  free()
  const stopped = await ended(json['runId'])
  expect(stopped).toMatchObject({ status: 'failed', error: { message: expect.stringContaining('a look') } })
  expect(await ask('POST', `/runs/${json['runId']}/resume`)).toMatchObject({
    status: 409,
    json: { detail: expect.stringMatching(/is not resumed\. The brake is on for team work/) },
  })
  await ask('POST', '/brakes', { body: { on: false, of: 'team' } })
  await ask('POST', `/runs/${json['runId']}/resume`)
  expect(await ended(json['runId'])).toMatchObject({ status: 'succeeded' })
})
