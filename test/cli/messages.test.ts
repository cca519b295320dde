import { join } from 'node:path'
import { expect, it } from 'vitest'
import { baton, scratch, writeJson } from './baton.ts'

const TEAM = join(import.meta.dirname, 'teams/messages.team.ts')
const request = (to: string) => ({
  name: 'send_message',
  input: { message: { type: 'reviewRequest', to, body: { text: `for ${to}` } } },
})
const script = {
  agents: {
    'writer@ask': [{ toolUses: [request('ann'), request('bob')] }, { submit: 'asked' }],
    ann: [{ toolUses: [{ name: 'read_messages', input: {} }] }, { submit: 'read' }],
    bob: [{ submit: 'not read' }],
    'writer@collect': [{ submit: 'done' }],
  },
}

it('lists what agents sent each other, all of it or that of one', async () => {
  const folder = scratch()
  const model = `scripted:${writeJson(folder, 'script.json', script)}`
  const place = ['--data', join(folder, 'data')]
  await baton(['run', '--team', TEAM, '--model', model, '--input', '{}', ...place])
  const { stdout, code } = await baton(['messages', 'latest', ...place])
  expect(code).toBe(0)
  expect(stdout).toMatch(/ read +writer\/1 +ann +reviewRequest +\{"text":"for ann"\}/)
  expect(stdout).toMatch(/ waiting +writer\/1 +bob +reviewRequest +\{"text":"for bob"\}/)
  const ofAnn = await baton(['messages', 'latest', '--agent', 'ann', ...place])
  expect(ofAnn.stdout).toContain('for ann')
  expect(ofAnn.stdout).not.toContain('for bob')
  const misspelt = await baton(['messages', 'latest', '--agent', 'No Name', ...place])
  expect([misspelt.code, misspelt.stderr]).toEqual([2, expect.stringContaining('is no agent')])
})
