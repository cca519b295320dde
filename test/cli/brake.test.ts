/** A person stops a team on this machine, and lets it go on. */
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { QUICK } from '../unit/api/http/bench.ts'
import { serveApp } from '../unit/cli/remote/served.ts'
import { baton, scratch, start, WORK_TEAM } from './baton.ts'
import { REPORT, workScript } from './scripts.ts'

/** Longer than what was read of a brake is good for. */
const LATENCY_MS = 4_000

it('stops a running run, starts and resumes none, and goes on with what it stopped', async () => {
  const folder = scratch()
  const data = join(folder, 'data')
  const [quick, slow] = [workScript(folder), workScript(folder, { latencyMs: LATENCY_MS })]
  const here = ['--data', data]
  const brake = (...words: readonly string[]) => baton(['brake', ...words, ...here])

  const run = start(['run', '--team', WORK_TEAM, ...here, '--model', slow, 'q'])
  await run.saw('topics:0/work started')
  const set = await brake('on', '--workflow', 'short', '--reason', 'it notes nonsense')
  expect(set).toMatchObject({ code: 0, stdout: expect.stringContaining('is on for workflow short of team work') })
  expect(set.stdout).toMatch(/Release it: baton brake off --workflow short --data \S+\n/)
  expect((await brake('on', '--workflow', 'short', '--reason', 'again')).stdout).toContain('was on already')

  const stopped = await run.ended
  const who = userInfo().username
  expect(stopped.code).toBe(1)
  expect(stopped.stderr).toMatch(
    new RegExp(`The brake is on for workflow short of team work: ${who} has set it at \\S+: it notes nonsense`),
  )
  expect(stopped.stderr).toMatch(/baton brake off --workflow short --data \S+, then baton resume \S+ --data/)

  const refused = await baton(['run', '--team', WORK_TEAM, ...here, '--model', quick, 'q'])
  expect(refused).toMatchObject({ code: 4, stdout: '' })
  expect(refused.stderr).toMatch(/No run is started\. The brake is on .*it notes nonsense\n.*baton brake off/)
  const notResumed = await baton(['resume', 'latest', ...here, '--model', quick])
  expect(notResumed).toMatchObject({ code: 4, stderr: expect.stringContaining('is not resumed. The brake is on') })

  expect((await brake()).stdout).toMatch(
    /^brake +set by +since .*\nworkflow short of team work +\S+ +.* it notes nonsense\n$/,
  )
  const released = await brake('off', '--workflow', 'short', '--resume', '--model', quick)
  expect(released).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^The brake is released for workflow short .*\nRun \S+ resumed: succeeded\.\n$/),
  })
  expect((await brake()).stdout).toBe('No brake is on.\n')
  const shown = await baton(['show', 'latest', ...here, '--json'])
  expect(JSON.parse(shown.stdout)).toMatchObject({ run: { status: 'succeeded', execution: 2 }, output: REPORT })
}, 60_000)

it.each([
  [2, ['on'], /What is to be braked is not said/],
  [2, ['on', '--team', '--fleet', '--reason', 'x'], /one thing at a time/],
  [2, ['on', '--team'], /for a reason, and none is given/],
  [2, ['stop', '--team'], /neither on nor off/],
  [3, ['on', '--agent', 'nobody', '--reason', 'x'], /no agent "nobody"/],
])('refuses with %i: %j', async (code, words, message) => {
  const data = join(scratch(), 'data')
  const ended = await baton(['brake', ...words, '--file', WORK_TEAM, '--data', data])
  expect(ended).toMatchObject({ code, stderr: expect.stringMatching(message) })
})

it('brakes the fleet of a folder where no team is, and says what is off already', async () => {
  const cwd = scratch()
  const brake = (...words: readonly string[]) => baton(['brake', ...words], { cwd })
  expect((await brake('--json')).stdout).toBe('{"brakes":[]}\n')
  expect(await brake('on', '--fleet', '--reason', 'an audit')).toMatchObject({ code: 0 })
  expect(JSON.parse((await brake('--json')).stdout)).toMatchObject({ brakes: [{ scope: { of: 'fleet' } }] })
  expect((await brake('off', '--fleet')).stdout).toBe('The brake is released for every team.\n')
  expect((await brake('off', '--fleet')).stdout).toBe('That brake is not on.\n')
})

it('is on or off, whole, where the process that sets or releases it dies', async () => {
  const data = join(scratch(), 'data')
  const brake = (crashAt: string, ...words: readonly string[]) =>
    baton(['brake', ...words, '--data', data], { environment: { BATON_CRASH_AT: crashAt } })
  const isOn = async () => (await brake('')).stdout.includes('an audit')
  const on = ['on', '--fleet', '--reason', 'an audit']
  expect(await brake('brake.write.before', ...on)).toMatchObject({ signal: 'SIGKILL' })
  expect(await isOn()).toBe(false)
  expect(await brake('brake.write.after', ...on)).toMatchObject({ signal: 'SIGKILL' })
  expect(await isOn()).toBe(true)
  expect(await brake('brake.write.before', 'off', '--fleet')).toMatchObject({ signal: 'SIGKILL' })
  expect(await isOn()).toBe(true)
  expect(await brake('brake.write.after', 'off', '--fleet')).toMatchObject({ signal: 'SIGKILL' })
  expect(await isOn()).toBe(false)
}, 60_000)

it('does the same for a team that runs elsewhere, as whom its host knows one', async () => {
  const { promise: gate, resolve: open } = Promise.withResolvers<void>()
  const worker = async () => {
    await gate
    return { submit: { done: 'yes' } }
  }
  const { url } = await serveApp({ ...QUICK, worker }, { callerOf: () => 'arn:ada' })
  const there = ['--endpoint', url]
  const run = start(['run', 'why', ...there])
  await run.saw('work started')
  expect((await baton(['brake', 'on', '--agent', 'writer', '--reason', 'a look', ...there])).stdout).toContain(
    `baton brake off --agent writer --endpoint ${url}`,
  )
  expect((await baton(['brake', ...there])).stdout).toMatch(/agent writer of team work +arn:ada .* a look\n$/)
  open()
  expect(await run.ended).toMatchObject({ code: 1, stderr: expect.stringContaining('arn:ada has set it') })
  const released = await baton(['brake', 'off', '--agent', 'writer', '--resume', ...there])
  expect(released.stdout).toMatch(/is released for agent writer of team work\.\nRun \S+ resumed: running\.\n$/)
  const events = await baton(['events', 'latest', '--follow', '--json', ...there])
  expect(events.stdout).toMatch(/"status":"succeeded"/)
}, 60_000)
