/** A model that misbehaves: each way a typed outcome with the next step, and the run's other work kept. */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { ScriptedReply } from '../../src/models/script.ts'
import { baton, eventsOf, scratch, writeJson } from '../cli/baton.ts'

const TEAM = join(import.meta.dirname, '../cli/teams/faulty.team.ts')
const well: ScriptedReply[] = [
  { toolUses: [{ name: 'add', input: { left: 1, right: 2 } }] },
  { submit: { done: 'yes' } },
]
const submit: ScriptedReply = { submit: { done: 'yes' } }

/** What the model does in each item, and how that item's step ends. */
const FAULTS: readonly (readonly [name: string, replies: readonly ScriptedReply[], status: string])[] = [
  ['works', well, 'completed'],
  ['throttles, then answers', [{ fail: 'throttled' }, submit], 'completed'],
  ['answers garbage, then answers', [{ fail: 'garbage' }, submit], 'completed'],
  ['is down for ever', [{ fail: 'unavailable', repeat: true }], 'modelUnavailable'],
  ['times out for ever', [{ fail: 'timedOut', repeat: true }], 'modelUnavailable'],
  ['is denied', [{ fail: 'denied', repeat: true }], 'modelUnavailable'],
  ['refuses the request', [{ fail: 'rejected' }], 'modelRejected'],
  ['calls an unknown tool', [{ toolUses: [{ name: 'fly', input: {} }] }, submit], 'completed'],
  ['calls with wrong arguments', [{ toolUses: [{ name: 'add', input: { left: 'x' } }] }, submit], 'completed'],
  ['calls tools for ever', [{ toolUses: [{ name: 'fly', input: {} }], repeat: true }], 'turnLimit'],
  ['is off schema for ever', [{ submit: { wrong: true }, repeat: true }], 'offSchema'],
]

describe('a model that misbehaves', () => {
  it('costs its own item only, by a script', async () => {
    const folder = scratch()
    const data = join(folder, 'data')
    const lanes = FAULTS.map(([, replies], i) => [`worker@items:${i}/*`, replies])
    const script = writeJson(folder, 'script.json', { agents: Object.fromEntries(lanes) })
    const input = JSON.stringify({ items: FAULTS.map(([name]) => name) })
    const words = ['--team', TEAM, '--model', `scripted:${script}`, '--data', data]
    const ended = await baton(['run', ...words, '--input', input])
    expect(ended.code, ended.stderr).toBe(0)
    expect(JSON.parse(ended.stdout)).toEqual(
      FAULTS.map(([, , status]) => ({ done: status === 'completed' ? 'yes' : 'no' })),
    )
    const events = await eventsOf(data)
    const ends = new Map(events.flatMap((event) => (event.type === 'step.ended' ? [[event.stepId, event]] : [])))
    for (const [i, [name, , status]] of FAULTS.entries()) {
      const end = ends.get(`items:${i}/work`)
      expect({ name, status: end?.status }).toEqual({ name, status })
      if (status !== 'completed') expect(end?.reason, name).toMatch(/\w+ \w+/)
    }
  }, 60_000)

  it('ends a run that has no other way, with the reason, the next step and a way to go on', async () => {
    const folder = scratch()
    const data = join(folder, 'data')
    const script = (name: string, replies: readonly ScriptedReply[]) =>
      `scripted:${writeJson(folder, name, { agents: { worker: replies } })}`
    const words = ['--data', data, '--team', TEAM]
    const bad = script('bad.json', [{ submit: { wrong: true }, repeat: true }])
    const failed = await baton(['run', ...words, '--workflow', 'strict', '--model', bad, 'q'])
    expect(failed).toMatchObject({ code: 1, stdout: '' })
    expect(failed.stderr).toMatch(/why {3}work: .*done.*\nnext {2}\w+.*\n.*baton resume/s)
    expect(failed.stderr).not.toMatch(/ at .*\.ts:\d+/)
    const resumed = await baton([
      'resume',
      'latest',
      ...words,
      '--model',
      script('good.json', [{ ...submit, repeat: true }]),
    ])
    expect(resumed.code, resumed.stderr).toBe(0)
  })

  it('is named with its item and the reason where a wide forEach fails', async () => {
    const folder = scratch()
    const agents = { worker: [{ ...submit, repeat: true }], 'worker@items:1/*': [{ fail: 'rejected', message: 'no' }] }
    const script = writeJson(folder, 'script.json', { agents })
    const words = ['--team', TEAM, '--model', `scripted:${script}`, '--data', join(folder, 'data')]
    const input = JSON.stringify({ items: ['a', 'b', 'c'] })
    const ended = await baton(['run', ...words, '--workflow', 'wide', '--input', input])
    expect(ended).toMatchObject({ code: 1, stdout: '' })
    expect(ended.stderr).toMatch(/why {3}items:1\/work: .* ended as modelRejected: no\nkept {2}.* gave: items:.*\nnext/)
  })

  it('is told apart at an OpenAI-compatible endpoint, and asked again where that may help', async () => {
    const folder = scratch()
    const asked: number[] = []
    const replies: ((response: ServerResponse) => void)[] = [
      (response) => response.writeHead(429, { 'retry-after': '0' }).end('{"error":{"message":"slow down"}}'),
      (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>a proxy</html>'),
      (response) => response.socket?.destroy(),
      (response) => response.writeHead(200, { 'content-type': 'application/json' }).end(answer('{"done":"yes"}')),
    ]
    const url = await serve((response) => {
      asked.push(asked.length)
      replies[Math.min(asked.length, replies.length) - 1]?.(response)
    })
    const words = ['run', '--team', TEAM, '--workflow', 'strict', '--data', join(folder, 'data'), 'q', '--model']
    const ended = await baton([...words, `openai:${url}#tiny`])
    expect(ended.code, ended.stderr).toBe(0)
    expect(asked).toHaveLength(4)
    expect(ended.stderr).toMatch(/model\.retry: RetryableModelThrottled/)
    expect(ended.stderr).toMatch(/model\.retry: RetryableModelGarbage/)
    expect(ended.stderr).toMatch(/model\.retry: RetryableModelUnavailable/)

    const denied = await serve((response) => response.writeHead(401).end('{"error":{"message":"no key"}}'))
    const refused = await baton([...words, `openai:${denied}#tiny`])
    expect(refused).toMatchObject({ code: 1, stdout: '' })
    expect(refused.stderr).toMatch(/why {3}work: .*(401|key).*\nnext {2}\w+/s)
  }, 60_000)
})

function answer(text: string): string {
  const call = { id: 'call-1', type: 'function', function: { name: 'submit_output', arguments: text } }
  const message = { role: 'assistant', content: null, tool_calls: [call] }
  return JSON.stringify({
    id: '1',
    object: 'chat.completion',
    model: 'tiny',
    choices: [{ index: 0, message, finish_reason: 'tool_calls' }],
    usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
  })
}

async function serve(reply: (response: ServerResponse) => void): Promise<string> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => reply(response))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
}
