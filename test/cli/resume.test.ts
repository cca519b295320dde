/** Who may go on with a run, from where, and what the others are told. */
import { cpSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { baton, eventsOf, scratch, start, WORK_TEAM } from './baton.ts'
import { RENDERED, workScript } from './scripts.ts'

/** Slow enough to be caught in the middle. */
const LATENCY_MS = 1_500

async function interrupted(signal: NodeJS.Signals = 'SIGINT') {
  const folder = scratch()
  const data = join(folder, 'data')
  const quick = workScript(folder)
  const slow = workScript(folder, { latencyMs: LATENCY_MS })
  const run = start(['run', '--team', WORK_TEAM, '--data', data, '--model', slow, 'q'])
  await run.saw('topics:2/work started')
  run.child.kill(signal)
  return { folder, data, quick, slow, ended: await run.ended }
}

describe('baton resume', () => {
  it('goes on after Ctrl-C, which has said how; then there is nothing left to do', async () => {
    const { data, quick, ended } = await interrupted()
    expect(ended).toMatchObject({ code: 130, stdout: '' })
    expect(ended.stderr).toMatch(
      /interrupted\. What is finished is kept\. To go on: npx baton resume \S+ --data \S+data\n$/,
    )
    expect(ended.stderr).not.toContain(' at ')

    const resumed = await baton(['resume', 'latest', '--data', data, '--model', quick])
    expect(resumed).toMatchObject({ code: 0, stdout: RENDERED })
    const plans = (await eventsOf(data)).filter((event) => event.type === 'step.started' && event.stepId === 'plan')
    expect(plans).toHaveLength(1)

    const again = await baton(['resume', 'latest', '--data', data, '--model', quick])
    expect(again).toMatchObject({ code: 4, stderr: expect.stringMatching(/has succeeded.*\n.*baton show/) })
    const cancelled = await baton(['cancel', 'latest', '--data', data])
    expect(cancelled).toMatchObject({ code: 4, stderr: expect.stringContaining('is over: succeeded') })
  })

  it('of two at once lets one win; the other is told who has it, and what to do', async () => {
    const { data, slow } = await interrupted('SIGTERM')
    const words = ['resume', 'latest', '--data', data, '--model', slow]
    const both = await Promise.all([baton(words), baton(words)])
    expect(both.map(({ code }) => code).sort()).toEqual([0, 4])
    const loser = both.find(({ code }) => code === 4)
    expect(loser?.stdout).toBe('')
    expect(loser?.stderr).toMatch(
      /going on in another process.*pid \d+.*\n.*baton events \S+ --data \S+ --follow.*baton cancel \S+ --data/,
    )
  })

  it('refuses a team that has changed, and takes the one that --team names from anywhere', async () => {
    const { folder, data, quick } = await interrupted()
    const changed = join(import.meta.dirname, 'teams/.baton', `changed-${process.pid}.team.ts`) // ignored by git
    mkdirSync(dirname(changed), { recursive: true })
    writeFileSync(changed, readFileSync(WORK_TEAM, 'utf8').replace("instructions: 'Do it.'", "instructions: 'Other.'"))
    const refused = await baton(['resume', 'latest', '--data', data, '--model', quick, '--team', changed]).finally(() =>
      renameSync(changed, join(folder, 'changed.ts')),
    )
    expect(refused).toMatchObject({ code: 4, stderr: expect.stringMatching(/agent planner.*\n.*Bring back/) })

    const elsewhere = join(folder, 'elsewhere')
    cpSync(data, elsewhere, { recursive: true })
    const words = ['--data', elsewhere, '--team', WORK_TEAM]
    expect(await baton(['resume', 'latest', '--model', quick, ...words])).toMatchObject({ code: 0, stdout: RENDERED })
    expect((await baton(['show', 'latest', ...words])).stdout).toContain('# All')
  })
})

describe('baton cancel', () => {
  it('stops a run of another process between turns; resume goes on after all', async () => {
    const folder = scratch()
    const [data, slow] = [join(folder, 'data'), workScript(folder, { latencyMs: LATENCY_MS })]
    const run = start(['run', '--team', WORK_TEAM, '--data', data, '--model', slow, 'q'])
    await run.saw('topics:2/work started')
    expect(await baton(['resume', 'latest', '--data', data, '--model', slow])).toMatchObject({ code: 4 })
    expect(await baton(['cancel', 'latest', '--data', data])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('is being cancelled'),
    })
    const ended = await run.ended
    expect(ended).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('The run was cancelled.') })
    expect(ended.stderr).toMatch(/next {2}To go on after all: baton resume \S+ --data \S+data\n/)

    const resumed = await baton(['resume', 'latest', '--data', data, '--model', workScript(folder)])
    expect(resumed).toMatchObject({ code: 0, stdout: RENDERED })
    const events = await eventsOf(data)
    expect(events.map(({ at }) => at)).toEqual(events.map(({ at }) => at).sort())
    expect(events.filter(({ type }) => type.startsWith('run.'))).toMatchObject([
      { type: 'run.started', execution: 1 },
      { type: 'run.ended', status: 'cancelled', error: { name: 'Stopped.cancelled' } },
      { type: 'run.started', execution: 2 },
      { type: 'run.ended', status: 'succeeded' },
    ])
    const [first, last] = [events[0], events.at(-1)]
    expect([first?.type, last?.type]).toEqual(['run.started', 'run.ended'])
  })

  it('ends a run that nobody works on at once', async () => {
    const { data, quick } = await interrupted('SIGKILL')
    expect(await baton(['runs', '--data', data])).toMatchObject({ stdout: expect.stringContaining('interrupted') })
    expect(await baton(['cancel', 'latest', '--data', data])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('is cancelled'),
    })
    expect(await baton(['cancel', 'latest', '--data', data])).toMatchObject({ code: 4 })
    expect(await baton(['resume', 'latest', '--data', data, '--model', quick])).toMatchObject({ stdout: RENDERED })
  })
})
