/** The verbs against the HTTP API of a host in this process: the CLI is a process of its own, as it is for people. */
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { SCRIPTED_NOTICE } from '../../src/models/scripted-answer.ts'
import { bench, QUICK } from '../unit/api/http/bench.ts'
import { serve, serveApp } from '../unit/cli/remote/served.ts'
import { verifySignature } from '../unit/cli/remote/verify-signature.ts'
import { baton, type Ended, jsonLines, scratch, start, twoAtATime, WORK_TEAM, writeJson } from './baton.ts'

const REPORT = { title: 'All', lines: [] }
const UNIT_TEAM = ['--team', WORK_TEAM]

function runIdIn({ stderr }: Pick<Ended, 'stderr'>): string {
  return /run (\S+) started/.exec(stderr)?.[1] ?? ''
}

/** A worker that answers when it is let go. */
function gate() {
  const { promise, resolve: open } = Promise.withResolvers<void>()
  const worker = async () => {
    await promise
    return { submit: { done: 'yes' } }
  }
  return { open, script: { ...QUICK, worker } }
}

describe.each(['stream', 'page'] as const)('baton run --endpoint, watching by %s', (follow) => {
  it('starts the run there, shows how it goes and what comes out', async () => {
    const { url } = await serveApp(QUICK, { follow })
    const words = ['--endpoint', url]
    const ended = await baton(['run', 'why', '--log', 'not/a/path/here', ...words, ...UNIT_TEAM])
    expect(ended).toMatchObject({ code: 0, stdout: expect.stringContaining('\n# All\n') })
    expect(ended.stderr).toContain(`team  work at ${url}\n      not signed\n`)
    const runId = runIdIn(ended)
    expect(ended.stderr).toMatch(/run \S+ started: work\/short.*\n.* plan started \(planner\)\n/)
    expect(ended.stderr).toMatch(/topics:1\/work completed\n.*report started/)
    expect(ended.stderr).toContain(`npx baton show ${runId} --endpoint ${url}`)
    const [shown, json, events] = await Promise.all([
      baton(['show', 'latest', ...words]),
      baton(['run', '--input', '{"question": "why"}', '--json', ...words]),
      baton(['events', runId, '--json', ...words]),
    ])
    expect(shown.stdout).toMatch(/^run k-\w+ {2}succeeded {2}work\/short/)
    expect(shown.stdout).toContain(JSON.stringify(REPORT, undefined, 2))
    const lines = jsonLines(json.stdout) as { type: string; id?: string }[]
    expect(lines[0]).toMatchObject({ type: 'run.started', workflow: 'short' })
    expect(lines.at(-1)).toMatchObject({
      type: 'run',
      run: { settings: { log: '' } },
      output: REPORT,
      notices: [SCRIPTED_NOTICE],
    })
    expect(lines.filter(({ id }) => id !== undefined)).toEqual([])
    const told = jsonLines(events.stdout) as { type: string; id: string }[]
    // Another run: what happens side by side may come in another order.
    expect(told.map(({ type }) => type).sort()).toEqual(
      lines
        .slice(0, -1)
        .map(({ type }) => type)
        .sort(),
    )
    expect(new Set(told.map(({ id }) => id)).size).toBe(told.length)
  })

  it('leaves the run going on Ctrl-C, and says how to watch or cancel it', async () => {
    const { open, script } = gate()
    const { url, ended } = await serveApp(script, { follow })
    const run = start(['run', 'why', '--endpoint', url])
    await run.saw('topics:1/work started')
    run.child.kill('SIGINT')
    const { code, stdout, stderr } = await run.ended
    const runId = runIdIn({ stderr })
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' })
    expect(stderr).toContain(
      `Run ${runId} goes on at ${url}. To watch it: npx baton events ${runId} --endpoint ${url} --follow. To stop it: npx baton cancel ${runId} --endpoint ${url}\n`,
    )
    const watching = start(['events', runId, '--follow', '--endpoint', url])
    await watching.saw('topics:1/work started')
    open()
    expect(await watching.ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/run k-\w+ succeeded\n$/) })
    expect(await ended(runId)).toMatchObject({ status: 'succeeded' })
  })
})

describe('the other verbs', () => {
  it('list, cancel and resume there', async () => {
    const { open, script } = gate()
    const { url } = await serveApp(script)
    const words = ['--endpoint', url]
    const run = start(['run', 'why', ...words])
    await run.saw('topics:1/work started')
    expect(await baton(['resume', 'latest', ...words])).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(/is going on.*\n.*--endpoint http/),
    })
    expect(await baton(['cancel', 'latest', ...words])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('being cancelled'),
    })
    const cancelled = await run.ended
    open()
    expect(cancelled).toMatchObject({ code: 1, stderr: expect.stringMatching(/run k-\w+ cancelled/) })
    expect(cancelled.stderr).toContain(`baton resume ${runIdIn(cancelled)} --endpoint ${url}`)
    expect((await baton(['runs', ...words])).stdout).toMatch(/k-\w+ {2}cancelled {2}work\/short/)
    const resumed = await baton(['resume', runIdIn(cancelled), ...words, ...UNIT_TEAM])
    expect(resumed).toMatchObject({ code: 0, stdout: expect.stringContaining('# All') })
    expect(resumed.stderr).not.toContain('plan started')
    expect(resumed.stderr).toContain('report started')
  })

  it('page through more runs than the API gives at once', async () => {
    const { url, host } = await serveApp()
    for (let i = 0; i < 3; i++)
      await (await host.start({ workflow: 'short' as never, input: { question: 'q' }, settings: {} })).ended
    const page = await baton(['runs', '--limit', '2', '--endpoint', url])
    const more = /baton runs --after (\S+) --endpoint/.exec(page.stdout)?.[1] ?? ''
    expect(page.stdout).toMatch(/run-3 .*\nrun-2 /)
    expect((await baton(['runs', '--after', more, '--endpoint', url])).stdout).toMatch(/\nrun-1 .*\n$/)
    expect((await baton(['runs', '--limit', '1000', '--json', '--endpoint', url])).stdout).toMatch(
      /run-3.*run-2.*run-1/,
    )
  })

  it('begin one run for one idempotency key', async () => {
    const { url } = await serveApp()
    const words = ['run', 'why', '--idempotency-key', 'order-1', '--endpoint', url]
    const first = await baton(words)
    const again = await baton(words)
    expect([first.stdout, again.stdout]).toEqual([first.stdout, first.stdout])
    expect(again.stderr).toContain('has begun before')
    const other = await baton(['run', 'what', '--idempotency-key', 'order-1', '--endpoint', url])
    expect(other).toMatchObject({ code: 4 })
  })
})

describe('what cannot be done there', () => {
  it('has the exit code and the words of the same fault here', async () => {
    const { url, host } = await serveApp()
    const { run } = await host.start({ workflow: 'short' as never, input: { question: 'q' }, settings: {} })
    const folder = scratch()
    const page = await serve((_request, response) =>
      response.setHeader('content-type', 'text/html').end('<h1>\u001B[2J</h1>'),
    )
    const there = ['--endpoint', url]
    const other = writeJson(folder, 'outputs.json', { A: { ApiUrl: url, Team: 'other' }, B: { ApiUrl: url } })
    const cases: readonly (readonly [readonly string[], number, RegExp, RegExp])[] = [
      [['show', 'nope', ...there], 3, /There is no run nope/, /baton runs --endpoint http/],
      [['show', 'no run id', ...there], 2, /is no run id/, /baton runs --endpoint http/],
      [['cancel', run.runId, ...there], 4, /is over: succeeded/, /baton show run-1 --endpoint/],
      [['run', '', ...there], 2, /ask something/, /./],
      [['run', 'q', '--workflow', 'nope', ...there], 3, /no workflow "nope"/, /short, child, long/],
      [['run', 'q', '--frob', ...there], 2, /Unknown option '--frob'.*--log/, /baton run --help/],
      [['run', 'q', '--model', 'offline', ...there], 2, /--model cannot change/, /--model away/],
      [['run', 'q', '--data', folder, ...there], 2, /--endpoint and --data/, /Give one/],
      [
        ['run', 'q', '--team', join(import.meta.dirname, '../golden/patterns.team.ts'), ...there],
        2,
        /the one that runs there is work/,
        /--team away/,
      ],
      [['agent', 'planner', 'q', ...there], 2, /not one agent alone/, /baton run --workflow/],
      [['runs', '--outputs', other], 2, /2 stacks/, /--stack NAME: A, B/],
      [['runs', '--outputs', other, '--stack', 'C'], 3, /no team in a stack named "C"/, /A, B/],
      [['runs', '--after', 'nope', ...there], 2, /no `next` of a page/, /./],
      [['runs', '--endpoint', page], 1, /is no API of Baton/, /baton doctor/],
      [['runs', '--endpoint', `${url}/dev`], 3, /nothing at \/dev\/runs/, /./],
    ]
    await twoAtATime(cases, async ([words, code, message, next]) => {
      const ended = await baton([...words, '--json'])
      const what = words.join(' ')
      expect({ what, code: ended.code, stdout: ended.stdout }).toEqual({ what, code, stdout: '' })
      const [{ error }] = jsonLines(ended.stderr) as [{ error: { message: string; next: string } }]
      expect(error.message, what).toMatch(message)
      expect(error.next, what).toMatch(next)
      expect(ended.stderr).not.toContain('\u001B')
    })
    const doctor = await baton(['doctor', '--outputs', other, '--stack', 'A'])
    expect(doctor).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/✔ api .*\n✖ team .*other runs at.*team work/),
    })
    expect(await baton(['doctor', '--outputs', other, '--stack', 'B'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/✔ team +work: 3 workflows \(short@1\.0\.0/),
    })
    const named = { environment: { BATON_ENDPOINT: url } }
    expect((await baton(['runs'], named)).stdout).toContain(run.runId)
    expect((await baton(['runs', '--data', folder], named)).stdout).toContain('No runs in')
    expect((await baton(['run', '--help'], named)).stdout).toContain('--log <VALUE>')
  }, 60_000)

  it('leaves a run alone whose server stops listening, and says that it goes on', async () => {
    const { open, script } = gate()
    const { url, server, ended } = await serveApp(script)
    const run = start(['run', 'why', '--endpoint', url, '--json'])
    await run.saw('topics:1/work')
    server.close()
    server.closeAllConnections()
    open()
    run.child.kill('SIGTERM')
    const stopped = await run.ended
    const { runId } = jsonLines(stopped.stdout)[0] as { runId: string }
    expect(jsonLines(stopped.stderr)).toMatchObject([
      { error: { name: 'Interrupted', next: expect.stringContaining(runId) } },
    ])
    expect(await ended(runId)).toMatchObject({ status: 'succeeded' })
  })
})

it('says how to find out, when Ctrl-C comes before the answer to the start', async () => {
  const { app } = bench()
  const keys: unknown[] = []
  const url = await serve(async (request, response) => {
    keys.push(request.headers['idempotency-key'])
    if (request.method === 'POST') return
    response.setHeader('content-type', 'application/json').end(await (await app.request(request.url ?? '')).text())
  })
  const run = start(['run', 'why', '--endpoint', url])
  await expect.poll(() => keys.length, { timeout: 20_000 }).toBe(2)
  run.child.kill('SIGINT')
  const { code, stderr } = await run.ended
  expect(code).toBe(130)
  expect(stderr).toContain(`Whether the run has begun at ${url} is not known.`)
  expect(stderr).toContain(`--idempotency-key ${keys[1]} finds the run, or begins it.`)
})

describe('signing', () => {
  const keys = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret', AWS_EC2_METADATA_DISABLED: 'true' }

  it('takes the credentials that AWS tools take, and says what to do where there are none', async () => {
    const seen: ReturnType<typeof verifySignature>[] = []
    const url = await serve((request, response) => {
      const { method = '', url: target = '', headers } = request
      const received = { method, target, headers: headers as Record<string, string>, body: '' }
      seen.push(verifySignature(received, keys.AWS_SECRET_ACCESS_KEY))
      response.setHeader('content-type', 'application/json').end('{"runs": []}')
    })
    const outputs = writeJson(scratch(), 'outputs.json', {
      Stack: { ApiUrl: `${url}/dev/`, Region: 'eu-west-1', Team: 'work' },
    })
    const words = ['runs', '--outputs', outputs, '--sign']
    expect(await baton(words, { environment: keys })).toMatchObject({
      code: 0,
      stdout: `No runs in ${url}/dev. Start one: baton run --help\n`,
    })
    expect(seen).toMatchObject([
      { isGenuine: true, scope: expect.stringMatching(/^\d{8}\/eu-west-1\/execute-api\/aws4_request$/) },
    ])
    const without = await baton(words, { environment: { AWS_EC2_METADATA_DISABLED: 'true', HOME: scratch() } })
    expect(without).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/no AWS credentials were found.*\n.*aws sso login.*AWS_PROFILE/),
    })
    const doctor = await baton(['doctor', '--outputs', outputs, '--sign'], { environment: keys })
    expect(doctor.stdout).toMatch(/✔ keys +AKID…MPLE, long-lived\n✖ api/)
    expect(seen).toHaveLength(2)
  })

  it('says that the clock is wrong where AWS says so', async () => {
    const words = 'Signature expired: 20261122T190501Z is now earlier than 20261122T200000Z'
    const url = await serve((_request, response) => response.writeHead(403).end(JSON.stringify({ message: words })))
    const ended = await baton(['runs', '--endpoint', url, '--sign'], { environment: keys })
    expect(ended).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/as the clocks differ.*\n.*clock of this machine is wrong/),
    })
  })
})
