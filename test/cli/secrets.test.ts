/** Secrets of this machine, from where they lie to what is kept of a run. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { baton, scratch, writeJson } from './baton.ts'

const TEAM = join(import.meta.dirname, 'teams/secrets.team.ts')
const VALUE = 'canary-51c7e2b9'

it('doctor says which secrets a team needs, and never what they are', async () => {
  const words = ['doctor', '--team', TEAM, '--data', join(scratch(), 'data')]
  const missing = await baton(words)
  expect(missing).toMatchObject({ code: 1, stdout: expect.stringMatching(/✖ secret missing: shop-token \(of leak\)/) })
  expect(missing.stdout).toContain('BATON_SECRET_SHOP_TOKEN')
  const there = await baton(words, { environment: { BATON_SECRET_SHOP_TOKEN: VALUE } })
  expect(there).toMatchObject({ code: 0, stdout: expect.stringContaining('✔ secret shop-token: all are there') })
  expect(there.stdout + there.stderr).not.toContain(VALUE)
})

it('the value is in nothing that a run leaves or prints', async () => {
  const folder = scratch()
  const data = join(folder, 'data')
  const replies = [{ toolUses: [{ name: 'leak', input: {} }] }, { submit: { done: true } }]
  const script = writeJson(folder, 'script.json', { agents: { clerk: replies } })
  const environment = { BATON_SECRET_SHOP_TOKEN: VALUE, BATON_DATA: data, BATON_MODEL: `scripted:${script}` }
  const run = await baton(['run', 'x', '--team', TEAM], { environment })
  expect(run).toMatchObject({ code: 0 })
  const events = await baton(['events', 'latest', '--json'], { environment })
  expect(events.stdout).toContain('"leak"')
  const show = await baton(['show', 'latest', '--json'], { environment })
  for (const { stdout, stderr } of [run, events, show]) expect(stdout + stderr).not.toContain(VALUE)
  const held = execFileSync('sh', ['-c', `grep -rac '${VALUE}' '${data}' | grep -v ':0$' || true`], {
    encoding: 'utf8',
  })
  expect(held).toBe('')
  expect(events.stdout).not.toContain('no secret')
})
