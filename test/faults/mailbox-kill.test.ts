/** `kill -9` around the writes of messages: the resumed run sends nothing twice, and everything that was sent is read. */
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { MessageList } from '../../src/schema/mailbox.ts'
import { baton, scratch, twoAtATime, writeJson } from '../cli/baton.ts'

const TEAM = join(import.meta.dirname, '../cli/teams/messages.team.ts')
const PLACES = [
  ...[1, 4].flatMap((arrival) => [`message.send.before:${arrival}`, `message.send.after:${arrival}`]),
  ...[1, 4].flatMap((arrival) => [`message.claim.before:${arrival}`, `message.claim.after:${arrival}`]),
  ...[1, 4].flatMap((arrival) => [`message.acknowledge.before:${arrival}`, `message.acknowledge.after:${arrival}`]),
  'ledger.act.after:1',
  'journal.tool.before:2',
  'journal.tool.after:3',
]

const send = (message: object) => ({ name: 'send_message', input: { message } })
const read = { toolUses: [{ name: 'read_messages', input: {} }] }
const request = (to: string, text: string) => send({ type: 'reviewRequest', to, body: { text } })
const verdict = { toolUses: [send({ type: 'verdict', to: 'writer', body: { accepted: true } })] }
const script = {
  agents: {
    'writer@ask': [{ toolUses: [request('ann', 'a'), request('bob', 'b')] }, { submit: 'asked' }],
    ann: [read, verdict, { submit: 'reviewed' }],
    bob: [read, verdict, { submit: 'reviewed' }],
    'writer@collect': [read, { submit: 'all reviewed' }],
  },
}

it('loses nothing and repeats nothing', async () => {
  const folder = scratch()
  const model = `scripted:${writeJson(folder, 'script.json', script)}`
  const outcomes = await twoAtATime(PLACES, async (place) => {
    const data = join(folder, place)
    const words = ['--team', TEAM, '--model', model, '--data', data, '--input', '{}']
    const first = await baton(['run', ...words], { environment: { BATON_CRASH_AT: place } })
    const resumed = await baton(['resume', 'latest', '--data', data, '--model', model])
    const told = await baton(['messages', 'latest', '--data', data, '--json'])
    return { place, signal: first.signal, resumed, list: JSON.parse(told.stdout || 'null') as MessageList }
  })
  for (const { place, signal, resumed, list } of outcomes) {
    expect({ place, signal }).toEqual({ place, signal: 'SIGKILL' })
    expect({ place, code: resumed.code, stderr: resumed.stderr }).toMatchObject({ place, code: 0 })
    expect(resumed.stdout).toContain('all reviewed')
    const messages = list.messages.map(({ id, to, status, readBy }) => `${id} ${to} ${status} ${readBy}`).toSorted()
    expect({ place, messages }).toEqual({
      place,
      messages: [
        'ann/1 writer read collect',
        'bob/1 writer read collect',
        'writer/1 ann read ann',
        'writer/1 bob read bob',
      ],
    })
  }
}, 180_000)
