/** Secrets of this machine, from where they lie to what is kept of a run. */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { baton, scratch, writeJson } from './baton.ts'

const TEAM = join(import.meta.dirname, 'teams/secrets.team.ts')
const VALUE = 'canary-51c7e2b9/+ü"~'
/** Each way in which the value, or the heart of it, could lie in a file. */
const DRESSES = [
  'canary-51c7e2b9',
  Buffer.from(VALUE).toString('base64').slice(0, -4),
  Buffer.from(`user:${VALUE}`).toString('base64').slice(8, -4),
  Buffer.from(VALUE).toString('hex'),
]

it('doctor says which secrets a team needs, and never what they are', async () => {
  const words = ['doctor', '--team', TEAM, '--data', join(scratch(), 'data')]
  const missing = await baton(words)
  expect(missing).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/✖ secret missing: shop-token \(of leak, burst\)/),
  })
  expect(missing.stdout).toContain('BATON_SECRET_SHOP_TOKEN')
  const there = await baton(words, { environment: { BATON_SECRET_SHOP_TOKEN: VALUE } })
  expect(there).toMatchObject({ code: 0, stdout: expect.stringContaining('✔ secret shop-token: all are there') })
  expect(there.stdout + there.stderr).not.toContain(VALUE)
})

it.each(['leak', 'burst'])('the value is in nothing that a run leaves or prints: %s', async (tool) => {
  const folder = scratch()
  const data = join(folder, 'data')
  const replies = [{ toolUses: [{ name: tool, input: {} }] }, { submit: { done: true } }]
  const script = writeJson(folder, 'script.json', { agents: { clerk: replies } })
  const environment = { BATON_SECRET_SHOP_TOKEN: VALUE, BATON_DATA: data, BATON_MODEL: `scripted:${script}` }
  const run = await baton(['run', 'x', '--team', TEAM], { environment })
  expect(run).toMatchObject({ code: 0 })
  const events = await baton(['events', 'latest', '--json'], { environment })
  expect(events.stdout).toContain(`"${tool}"`)
  expect(events.stdout).not.toContain('no secret')
  const told = [run, events]
  for (const words of [
    ['show', 'latest', '--json'],
    ['explain', 'latest', '--json'],
    ['evidence', 'latest', '--json'],
    ['audit', 'export', 'latest', '--bodies'],
  ]) {
    told.push(await baton(words, { environment }))
  }
  for (const { stdout, stderr } of told) for (const dress of DRESSES) expect(stdout + stderr).not.toContain(dress)
  expect(told.at(-1)?.stdout).toContain('[secret]')
  for (const dress of DRESSES) expect(filesWith(dress, data), dress).toBe('')
  // What is looked for would be found.
  writeFileSync(join(data, 'probe'), DRESSES.join('\n'))
  for (const dress of DRESSES) expect(filesWith(dress, data)).toContain('probe')
})

function filesWith(text: string, folder: string): string {
  const found = spawnSync('grep', ['-raclF', '--', text, folder], { encoding: 'utf8' })
  return found.stdout
}
