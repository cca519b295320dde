/** `kill -9` around the writes of shared state: the resumed run finds each write once, in the order it was made. */
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { baton, scratch, twoAtATime, writeJson } from '../cli/baton.ts'

const TEAM = join(import.meta.dirname, '../cli/teams/state.team.ts')
const INPUT = JSON.stringify({ topics: ['a', 'b'] })

/** Of a, of b, of the workflow. */
const PLACES = [
  ...[1, 2, 3].flatMap((arrival) => [`state.write.before:${arrival}`, `state.write.after:${arrival}`]),
  ...['journal.tool.before:1', 'ledger.settle.before:1', 'journal.decision.before:1', 'journal.outcome.before:3'],
]

const found = (word: string) => ({ name: 'update_state', input: { update: { key: 'findings', value: [word] } } })
const script = {
  agents: {
    'finder@each:0*': [{ toolUses: [found('found a')] }, { submit: { done: true } }],
    'finder@each:1*': [{ toolUses: [found('found b')] }, { submit: { done: true } }],
  },
}

interface Told {
  readonly keys: readonly { readonly key: string; readonly value: unknown; readonly version: number }[]
}

it('loses nothing and writes nothing twice, and people can look at it', async () => {
  const folder = scratch()
  const model = `scripted:${writeJson(folder, 'script.json', script)}`
  const outcomes = await twoAtATime(PLACES, async (place) => {
    const data = join(folder, place)
    const words = ['--team', TEAM, '--model', model, '--data', data, '--input', INPUT]
    const first = await baton(['run', ...words], { environment: { BATON_CRASH_AT: place } })
    const resumed = await baton(['resume', 'latest', '--data', data, '--model', model])
    const state = await baton(['state', 'latest', '--data', data, '--json'])
    return { place, signal: first.signal, resumed, keys: (JSON.parse(state.stdout) as Told).keys }
  })
  for (const { place, signal, resumed, keys } of outcomes) {
    expect({ place, signal }).toEqual({ place, signal: 'SIGKILL' })
    expect({ place, code: resumed.code, stderr: resumed.stderr }).toMatchObject({ place, code: 0 })
    expect(keys).toMatchObject([
      { key: 'findings', version: 2, value: ['found a', 'found b'] },
      { key: 'rounds', version: 1, value: 1 },
    ])
  }

  const data = join(folder, PLACES[0] ?? '')
  const said = async (...words: string[]) => baton(['state', 'latest', ...words, '--data', data])
  expect((await said('findings', '--at', '1')).stdout).toMatch(/findings \(append\): version 1, .* UTC\n.*found a/s)
  const history = (await said('research.findings', '--history')).stdout
  expect(history).toMatch(/1 +\d{4}.* finder +each:0\/find +\["found a"\]/)
  expect((await said('--at', '2000-01-01T00:00:00Z')).stdout).toContain('not written by then')
  expect(await said('nothing')).toMatchObject({ stderr: expect.stringContaining('research.findings') })
  expect(await said('--at', 'yesterday')).toMatchObject({ stderr: expect.stringContaining('--at 12') })
}, 180_000)
