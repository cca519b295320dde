/** `baton serve` as a process of its own, asked over HTTP. */
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { openStores } from '../../src/engine/host-stores.ts'
import type { RunId } from '../../src/schema/ids.ts'
import type { StreamedEvent } from '../../src/schema/run-event.ts'
import { baton, jsonLines, type Started, scratch, start, WORK_TEAM } from './baton.ts'
import { REPORT, workScript } from './scripts.ts'

/** Slow enough to be caught in the middle. */
const LATENCY_MS = 1_500

async function serve(words: readonly string[]): Promise<Started & { readonly url: string }> {
  const server = start(['serve', '--team', WORK_TEAM, '--port', '0', ...words])
  onTestFinished(() => void server.child.kill('SIGKILL'))
  let told = ''
  server.child.stdout?.on('data', (text: string) => {
    told += text
  })
  await server.saw('http://127.0.0.1:')
  return { ...server, url: /http:\/\/127\.0\.0\.1:\d+/.exec(told)?.[0] ?? '' }
}

function post(url: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
}

async function follow(url: string, runId: string): Promise<StreamedEvent[]> {
  const response = await fetch(`${url}/runs/${runId}/events`, { headers: { accept: 'text/event-stream' } })
  const text = await response.text()
  return [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data ?? '') as StreamedEvent)
}

const START = { workflow: 'short', input: { question: 'q' } }

it('runs several at once, tells each one’s events, also those of another process, and stops cleanly', async () => {
  const folder = scratch()
  const data = join(folder, 'data')
  const agents = {
    planner: [{ submit: { topics: ['one', 'two'] }, repeat: true }],
    worker: [{ submit: { done: 'yes' }, repeat: true }],
    writer: [{ submit: REPORT, repeat: true }],
  }
  const model = workScript(folder, { agents })
  const server = await serve(['--data', data, '--model', model, '--json'])
  const { url } = server
  const started = await Promise.all([post(`${url}/runs`, START), post(`${url}/runs`, START)])
  expect(started.map(({ status }) => status)).toEqual([202, 202])
  const runs = (await Promise.all(started.map((response) => response.json()))) as { runId: string }[]
  const told = await Promise.all(runs.map(({ runId }) => follow(url, runId)))
  for (const events of told) {
    expect(events[0]).toMatchObject({ type: 'run.started', team: 'work' })
    expect(events.at(-1)).toMatchObject({ type: 'run.ended', status: 'succeeded' })
  }
  expect(await (await fetch(`${url}/runs/${runs[0]?.runId}/output`)).json()).toEqual(REPORT)

  const other = await baton(['run', '--team', WORK_TEAM, '--data', data, '--model', model, '--json', 'q'])
  const ended = jsonLines(other.stdout).at(-1) as { run: { runId: string } }
  expect((await follow(url, ended.run.runId)).at(-1)).toMatchObject({ type: 'run.ended', status: 'succeeded' })

  const foreign = await post(`${url}/runs`, START, { origin: 'http://evil.example' })
  expect([foreign.status, foreign.headers.get('content-type')]).toEqual([403, 'application/problem+json'])
  server.child.kill('SIGINT')
  const { code, stdout, stderr } = await server.ended
  expect([code, stderr]).toEqual([0, 'Stopped. Nothing was cut off.\n'])
  expect(jsonLines(stdout)).toEqual([{ type: 'serving', url, team: 'work' }])
}, 60_000)

it('leaves a run that is cut off to be gone on with, and goes on with it when told', async () => {
  const folder = scratch()
  const data = join(folder, 'data')
  const first = await serve(['--data', data, '--model', workScript(folder, { latencyMs: LATENCY_MS })])
  const headers = { 'idempotency-key': 'one' }
  const { runId } = (await (await post(`${first.url}/runs`, START, headers)).json()) as { runId: string }
  const watcher = fetch(`${first.url}/runs/${runId}/events`, { headers: { accept: 'text/event-stream' } })
  const events = watcher.then((response) => response.text()).catch(() => 'cut off')
  await first.saw(`${runId} started`)
  first.child.kill('SIGINT')
  const stopped = await first.ended
  expect(stopped.code).toBe(0)
  expect(stopped.stderr).toContain(`npx baton resume ${runId} --data ${data}`)
  expect(stopped.stderr).not.toContain(' at ')
  await events

  const second = await serve(['--data', data, '--model', workScript(folder), '--resume'])
  expect((await follow(second.url, runId)).at(-1)).toMatchObject({ type: 'run.ended', status: 'succeeded' })
  await second.saw(`${runId} resumed`)
  const again = await post(`${second.url}/runs`, START, headers)
  expect([again.status, ((await again.json()) as { runId: string }).runId]).toEqual([200, runId])
  second.child.kill('SIGTERM')
  expect((await second.ended).code).toBe(0)
}, 60_000)

it('ends a run that was to be cancelled before it was cut off, instead of going on with it', async () => {
  const folder = scratch()
  const data = join(folder, 'data')
  const first = await serve(['--data', data, '--model', workScript(folder, { latencyMs: LATENCY_MS })])
  const { runId } = (await (await post(`${first.url}/runs`, START)).json()) as { runId: RunId }
  await first.saw(`${runId} started`)
  first.child.kill('SIGKILL')
  await first.ended
  const stores = openStores({ folder: data, synchronous: 'NORMAL', clock: systemClock })
  await stores.runs.requestCancel(runId)
  stores.close()

  const second = await serve(['--data', data, '--model', workScript(folder), '--resume'])
  expect((await follow(second.url, runId)).at(-1)).toMatchObject({ type: 'run.ended', status: 'cancelled' })
  await second.saw(`${runId} cancelled`)
  second.child.kill('SIGTERM')
  expect((await second.ended).code).toBe(0)
}, 60_000)

it('refuses to be reached by others, and a port that is taken, in words', async () => {
  const data = join(scratch(), 'data')
  const words = ['serve', '--team', WORK_TEAM, '--data', data]
  const open = await baton([...words, '--host', '0.0.0.0'])
  expect(open).toMatchObject({ code: 2, stderr: expect.stringMatching(/authenticates nobody.*\n.*--allow-host NAME/) })
  const server = await serve(['--data', data])
  const taken = await baton([...words, '--port', new URL(server.url).port])
  expect(taken).toMatchObject({ code: 2, stderr: expect.stringMatching(/something else listens there\n.*--port 0/) })
  expect((await baton([...words, '--port', '70000'])).code).toBe(2)
}, 60_000)
