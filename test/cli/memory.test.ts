/** `baton memory`, and `kill -9` around a `remember`: what one run remembered is there once. */
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { baton, scratch, twoAtATime, writeJson } from './baton.ts'

const TEAM = join(import.meta.dirname, 'teams/memory.team.ts')
const fact = (subject: string, source: string) => ({
  name: 'remember',
  input: { text: `${subject} wants tea.`, subject, source },
})
const script = {
  agents: { writer: [{ toolUses: [fact('Anna', 'call 7')] }, { toolUses: [fact('Bob', 'mallory')] }, { submit: {} }] },
}

async function run(folder: string, data: string, environment: Record<string, string> = {}) {
  const model = `scripted:${writeJson(folder, 'script.json', script)}`
  const words = ['--team', TEAM, '--model', model, '--data', data, '--workflow', 'note', '--input', '{}']
  return { model, ended: await baton(['run', ...words], { environment }) }
}

it('lists, searches, tells the history and forgets', async () => {
  const folder = scratch()
  const data = join(folder, 'data')
  expect((await run(folder, data)).ended.code).toBe(0)
  const said = (...words: string[]) => baton(['memory', ...words, '--team', TEAM, '--data', data])
  expect((await said()).stdout).toMatch(/customers +2 +- +What customers prefer/)
  expect((await said('customers')).stdout).toMatch(/Anna +1 .* writer .* call 7 +Anna wants tea/)
  const found = await said('customers', '--search', 'Bob', '--json')
  expect(JSON.parse(found.stdout)).toMatchObject({
    facts: expect.arrayContaining([expect.objectContaining({ subject: 'Bob' })]),
  })
  const order = ['customers', '--forget-source', 'mallory']
  expect(await said(...order)).toMatchObject({ code: 2, stderr: expect.stringContaining('--reason TEXT') })
  expect((await said(...order, '--reason', 'poisoned', '--as', 'eve')).stdout).toBe('1 version forgotten.\n')
  expect((await said('customers')).stdout).not.toContain('Bob')
  expect((await said('customers', '--history', 'Bob')).stdout).toMatch(/mallory +\(forgotten .*: poisoned\)/)
  expect(await said('nothing')).toMatchObject({ code: 3, stderr: expect.stringContaining('Its spaces: customers') })
  expect(await said('--search', 'tea')).toMatchObject({ code: 2 })
}, 120_000)

const PLACES = [
  'memory.remember.before:1',
  'memory.remember.after:1',
  'ledger.settle.before:1',
  'journal.tool.before:2',
]

it('remembers once, wherever the run was killed', async () => {
  const folder = scratch()
  const outcomes = await twoAtATime(PLACES, async (place) => {
    const data = join(folder, place)
    const { model, ended } = await run(folder, data, { BATON_CRASH_AT: place })
    const resumed = await baton(['resume', 'latest', '--data', data, '--model', model])
    const kept = await baton(['memory', 'customers', '--team', TEAM, '--data', data, '--json'])
    return { place, signal: ended.signal, code: resumed.code, stderr: resumed.stderr, kept: JSON.parse(kept.stdout) }
  })
  for (const { kept, ...rest } of outcomes) {
    expect(rest).toMatchObject({ signal: 'SIGKILL', code: 0 })
    expect(kept.facts).toMatchObject([
      { subject: 'Anna', version: 1 },
      { subject: 'Bob', version: 1 },
    ])
    expect(kept.facts).toHaveLength(2)
  }
}, 180_000)
