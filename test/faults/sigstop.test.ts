/** A process that is stopped for longer than its lease, and wakes up when another has finished its work. */
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { baton, eventsOf, scratch, start, writeJson } from '../cli/baton.ts'

const TEAM = join(import.meta.dirname, '../cli/teams/effects.team.ts')
/** Of a run: host-hold.ts. */
const LEASE_MS = 15_000

it('does nothing more: the effect is there once, and the run ends as the other one has it', async () => {
  const folder = scratch()
  const [data, world] = [join(folder, 'data'), join(folder, 'world')]
  mkdirSync(world)
  const modelOf = (name: string, latencyMs: number) => {
    const lane = [{ toolUses: [{ name: 'opaque', input: {} }], latencyMs }, { submit: { done: name } }]
    return ['--model', `scripted:${writeJson(folder, `${name}.json`, { agents: { clerk: lane } })}`]
  }
  const words = ['--team', TEAM, '--data', data, '--world', world]
  const sleeper = start(['run', ...words, ...modelOf('sleeper', 2_000), 'q'])
  await sleeper.saw('act started')
  sleeper.child.kill('SIGSTOP')
  await delay(LEASE_MS + 1_000)
  const other = await baton(['resume', 'latest', '--data', data, ...modelOf('other', 0)])
  expect(other).toMatchObject({ code: 0, stdout: expect.stringContaining('other') })
  sleeper.child.kill('SIGCONT')
  expect(await sleeper.ended).toMatchObject({ stdout: expect.not.stringContaining('sleeper') })
  expect(readFileSync(join(world, 'opaque'), 'utf8').trim().split('\n')).toHaveLength(1)
  const events = await eventsOf(data)
  expect(events.filter((event) => event.type === 'tool')).toHaveLength(1)
  expect(events.at(-1)).toMatchObject({ type: 'run.ended', status: 'succeeded' })
}, 60_000)
