/** Releases on a laptop: what runs take, what they keep, how a canary goes and ends. */
import { appendFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { VersionsView } from '../../src/api/versions.ts'
import type { Run } from '../../src/schema/run.ts'
import { baton, scratch, start } from './baton.ts'
import { ownTeam } from './own-team.ts'
import { RENDERED, workScript } from './scripts.ts'

function bench(name: string) {
  const folder = scratch()
  const data = join(folder, 'data')
  const { file, write } = ownTeam(name)
  const here = ['--data', data]
  const ok = async (...words: readonly string[]) => {
    const ended = await baton([...words, ...here])
    expect(ended).toMatchObject({ code: 0 })
    return ended.stdout
  }
  const release = async (...words: readonly string[]) =>
    JSON.parse(await ok('release', '--team', file, '--json', ...words))
  const view = async (): Promise<VersionsView> => JSON.parse(await ok('versions', '--name', 'work', '--json'))
  const run = async (): Promise<Run> => JSON.parse(await ok('show', 'latest', '--json')).run
  return { folder, data, file, write, here, ok, release, view, run, model: workScript(folder) }
}

const brief = (source: string) => source.replace("name: 'writer',", "name: 'writer', instructions: 'Be brief.',")
/** Its planner's answers never fit. */
const broken = (source: string) => source.replace('.max(50) }),', ".max(50) }).refine(() => false, 'never'),")

it('a cut-off run goes on with its own release and replays on it; a new one takes what was rolled back to', async () => {
  const { folder, data, write, here, ok, release, view, run, model } = bench('rollback')
  await release('--reason', 'the first')
  write(brief)
  await release('--reason', 'briefer')

  const slow = workScript(folder, { latencyMs: 1_500 })
  const cut = start(['run', '--released', 'work', ...here, '--model', slow, 'q'])
  await cut.saw('topics:2/work started')
  cut.child.kill('SIGKILL')
  await cut.ended
  const before = await run()
  expect(before).toMatchObject({ status: 'interrupted', release: { sequence: 2, arm: 'stable' } })
  expect(before.lock.agents['writer']?.version).toBe('1.0.1')

  write(broken)
  const back = await ok('rollback', '--name', 'work', '--reason', 'too brief')
  expect(back).toContain('back to release 1')
  expect(await ok('resume', before.runId, '--model', model)).toBe(RENDERED)
  expect(await run()).toMatchObject({ runId: before.runId, status: 'succeeded', release: { sequence: 2 } })

  expect(await ok('run', '--released', 'work', '--model', model, 'q')).toBe(RENDERED)
  const after = await run()
  expect(after).toMatchObject({ status: 'succeeded', release: { sequence: 1, arm: 'stable' } })
  expect(after.lock.agents['writer']?.version).toBe('1.0.0')
  expect(await ok('runs')).toMatch(/^run .* release\n.* 1\n.* 2\n$/)
  expect(await ok('show', 'latest')).toContain('release 1, stable')

  // The file is another team by now: each run is replayed on what it was released with.
  for (const { runId } of [before, after])
    expect(await ok('replay', runId)).toContain('came to the same, byte for byte')

  expect(await view()).toMatchObject({
    pointer: { stable: 1 },
    moves: [{ kind: 'rolledBack', reason: 'too brief', by: expect.stringMatching(/^local:/) }, {}, {}],
  })
  const told = await ok('versions', '--name', 'work')
  expect(told).toMatch(/^team work: starts take release 1\n/)
  expect(told).toMatch(/agent +writer +1\.0\.0 +active +\w{12} +current\n/)
  expect(told).toMatch(/back to release 1 +local:\S+ +too brief/)

  for (const bundle of readdirSync(join(data, 'bundles'))) appendFileSync(join(data, 'bundles', bundle), '\n')
  const changed = await baton(['run', '--released', 'work', ...here, '--model', model, 'q'])
  expect(changed).toMatchObject({ code: 1, stderr: expect.stringContaining('is not what was released') })
  rmSync(join(data, 'bundles'), { recursive: true })
  const gone = await baton(['run', '--released', 'work', ...here, '--model', model, 'q'])
  expect(gone).toMatchObject({ code: 3, stderr: expect.stringContaining('is gone') })
}, 60_000)

it('a canary takes its share in one process with the stable release, and stops by itself where it fails', async () => {
  const { file, write, here, ok, release, view } = bench('canary')
  await release()
  write(brief)
  await release('--hold')
  await ok('canary', 'start', '--team', file, '--release', '2', '--percent', '50', '--reason', 'try it')

  const { url, stop } = await serving(['--released', 'work', ...here, '--model', 'offline'])
  const arms = new Map<string, string>()
  for (let at = 0; at < 40; at++) {
    const { runId, release: drawn, lock } = await startAt(url)
    const isCanary = drawn?.arm === 'canary'
    expect(drawn?.sequence).toBe(isCanary ? 2 : 1)
    expect(lock.agents['writer']?.version).toBe(isCanary ? '1.0.1' : '1.0.0')
    arms.set(runId, drawn?.arm ?? '')
  }
  const canaries = [...arms.values()].filter((arm) => arm === 'canary').length
  // Of 40 with one half: beyond this once in 10,000.
  expect(canaries).toBeGreaterThan(7)
  expect(canaries).toBeLessThan(33)
  await ended(view, ({ pointer }) => (pointer?.seen?.canary.runs ?? 0) === canaries)
  expect(await ok('versions', '--name', 'work')).toContain(`canary  ${canaries} runs ended, 0 failed`)

  // Another release of the same served process: it fails, and stops by itself.
  await ok('canary', 'stop', '--name', 'work', '--reason', 'seen enough')
  write(broken)
  await release('--hold')
  const guard = ['--max-errors', '0.2', '--min-runs', '3']
  const share = ['--release', '3', '--percent', '90', '--reason', 'a new planner']
  const there = ['--endpoint', url]
  expect(await baton(['canary', 'start', ...share, ...guard, ...there])).toMatchObject({ code: 0 })
  for (let at = 0; at < 12; at++) await startAt(url)
  const over = await ended(view, ({ pointer }) => pointer?.canary === undefined)
  expect(over.pointer).toMatchObject({ stable: 1 })
  expect(over.moves[0]).toMatchObject({ kind: 'canaryStopped', by: 'guard', rule: { rule: 'errorRate', value: 1 } })
  expect((await startAt(url)).release).toEqual({ sequence: 1, arm: 'stable' })
  expect((await baton(['versions', ...there])).stdout).toMatch(/canary of release 3 stopped +guard/)
  await stop()
}, 60_000)

it.each([
  [3, ['versions', '--name', 'work'], /no runs in/],
  [3, ['run', '--released', 'work', 'q'], /no runs in|has no release/],
])('refuses with %i where nothing was released: %j', async (code, words, message) => {
  expect(await baton([...words, '--data', join(scratch(), 'data')])).toMatchObject({
    code,
    stderr: expect.stringMatching(message),
  })
})

it('refuses what cannot be', async () => {
  const { file, here, release } = bench('bad')
  await release()
  const cases: [number, string[], RegExp][] = [
    [3, ['rollback', '--reason', 'x'], /no release before 1/],
    [3, ['rollback', '--to', '9', '--reason', 'x'], /no release 9/],
    [2, ['rollback', '--to', 'one', '--reason', 'x'], /--to is "one"/],
    [2, ['rollback', '--to', '1'], /for a reason/],
    [2, ['canary', 'start', '--release', '1', '--percent', '0', '--reason', 'x'], /--percent is "0"/],
    [2, ['canary', 'start', '--release', '1', '--percent', '100', '--reason', 'x'], /--percent is "100"/],
    [4, ['canary', 'start', '--release', '1', '--percent', '5', '--reason', 'x'], /is the stable one/],
    [3, ['canary', 'start', '--release', '7', '--percent', '5', '--reason', 'x'], /no release 7/],
    [2, ['canary', 'start', '--release', '1', '--percent', '5', '--min-score', 'x>1', '--reason', 'x'], /--min-score/],
    [2, ['canary', 'stop', '--percent', '5', '--reason', 'x'], /for canary start/],
    [4, ['canary', 'stop', '--reason', 'x'], /No canary/],
    [2, ['canary', 'begin'], /none of start, promote, stop/],
    [2, ['run', '--team', file, '--released', 'work', 'q'], /Give one of them/],
    [3, ['run', '--released', 'nobody', 'q'], /Team nobody has no release/],
  ]
  for (const [code, words, message] of cases) {
    const named = words[0] === 'run' ? [] : ['--name', 'work']
    const ended = await baton([...words, ...named, ...here])
    expect({ words, ...ended }).toMatchObject({ words, code, stderr: expect.stringMatching(message) })
  }
}, 60_000)

async function serving(words: readonly string[]) {
  const served = start(['serve', ...words, '--port', '0', '--json'])
  const url = await new Promise<string>((seen) => {
    served.child.stdout?.once('data', (line: string) => seen((JSON.parse(line) as { url: string }).url))
  })
  return {
    url,
    async stop() {
      served.child.kill('SIGINT')
      await served.ended
    },
  }
}

async function startAt(url: string): Promise<Run> {
  const body = JSON.stringify({ workflow: 'short', input: { question: 'q' } })
  const answer = await fetch(`${url}/runs`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  expect(answer.status).toBe(202)
  return (await answer.json()) as Run
}

/** Looks for 20 s. */
async function ended(view: () => Promise<VersionsView>, is: (view: VersionsView) => boolean): Promise<VersionsView> {
  for (let looks = 0; looks < 20; looks++) {
    const seen = await view()
    if (is(seen)) return seen
    await delay(500)
  }
  return view()
}
