/** What was recorded is run again, forked and compared, by the command line. */

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it, onTestFinished } from 'vitest'
import { baton, eventsOf, scratch, start, WORK_TEAM, writeJson } from './baton.ts'
import { workScript } from './scripts.ts'

async function finished() {
  const folder = scratch()
  const data = join(folder, 'data')
  const ran = await baton(['run', '--team', WORK_TEAM, '--data', data, '--model', workScript(folder), 'q'])
  expect(ran).toMatchObject({ code: 0 })
  return { folder, data, words: ['--data', data] }
}

async function newest(data: string): Promise<string> {
  const { stdout } = await baton(['runs', '--data', data, '--json'])
  return (JSON.parse(stdout) as { runs: { runId: string }[] }).runs[0]?.runId ?? ''
}

describe('baton replay', () => {
  it('comes to the same after kill -9 and a resume, without a model', async () => {
    const folder = scratch()
    const data = join(folder, 'data')
    const slow = workScript(folder, { latencyMs: 1_500 })
    const run = start(['run', '--team', WORK_TEAM, '--data', data, '--model', slow, 'q'])
    await run.saw('topics:2/work started')
    run.child.kill('SIGKILL')
    await run.ended
    expect(await baton(['replay', 'latest', '--data', data])).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(/has not ended: it is interrupted\n.*baton resume/),
    })
    await baton(['resume', 'latest', '--data', data, '--model', workScript(folder)])
    const replayed = await baton(['replay', 'latest', '--data', data, '--json'])
    expect(replayed).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(replayed.stdout)).toMatchObject({ differences: [], modelCalls: 0, status: 'succeeded' })
  })

  it('refuses a record that was tampered with', async () => {
    const { data, words } = await finished()
    const records = new DatabaseSync(join(data, 'records.db'))
    const tables = records.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all() as { name: string }[]
    for (const { name } of tables) {
      const columns = (records.prepare(`PRAGMA table_info(${name})`).all() as { name: string }[]).map((one) => one.name)
      for (const column of columns) {
        const change = `UPDATE ${name} SET ${column} = replace(${column}, '"done":"yes"', '"done":"no!"')`
        if (column === 'attributes') records.exec(`${change} WHERE ${column} LIKE '%"done":"yes"%'`)
      }
    }
    records.close()
    const refused = await baton(['replay', 'latest', ...words])
    expect(refused.code).not.toBe(0)
    expect(refused.stderr).toMatch(/does not verify|was changed|is not what/)
  })
})

describe('baton check', () => {
  it('takes a run into a folder, holds the team against it, and tells a change', async () => {
    const { folder, words } = await finished()
    const recordings = join(folder, 'recordings')
    const added = await baton(['check', recordings, '--add', 'latest', ...words])
    expect(added).toMatchObject({ code: 0, stdout: expect.stringMatching(/\.recording\.jsonl: \d+ bytes\n$/) })
    const same = await baton(['check', recordings, '--team', WORK_TEAM])
    expect(same).toMatchObject({ code: 0, stdout: expect.stringContaining('1 same, 0 differ, 0 cannot be checked') })

    const changed = join(import.meta.dirname, 'teams/.baton', `checked-${process.pid}.team.ts`) // ignored by git
    mkdirSync(dirname(changed), { recursive: true })
    writeFileSync(changed, readFileSync(WORK_TEAM, 'utf8').replace("instructions: 'Do it.'", "instructions: 'Other.'"))
    onTestFinished(() => rmSync(changed))
    const differs = await baton(['check', recordings, '--team', changed, '--json'])
    expect(differs.code).toBe(1)
    expect(JSON.parse(differs.stdout)).toMatchObject({
      checked: [{ status: 'differs', difference: { what: 'prompt' } }],
    })
    expect(await baton(['check', recordings, '--team', changed, '--allow', 'prompt'])).toMatchObject({ code: 0 })
    expect(await baton(['check', join(folder, 'empty'), '--team', WORK_TEAM])).toMatchObject({ code: 3 })
  })
})

describe('baton fork', () => {
  it('goes on from a step with another model, says first what will happen, and is told apart by diff', async () => {
    const { folder, data, words } = await finished()
    const origin = await newest(data)
    const other = workScript(folder, { agents: { writer: [{ submit: { title: 'Other', lines: [] } }] } })
    const forked = await baton(['fork', origin, '--at', 'report', '--set', 'model=model-b', ...words, '--model', other])
    expect(forked).toMatchObject({ code: 0, stdout: expect.stringContaining('# Other') })
    expect(forked.stderr).toMatch(
      /kept {5}\d+ steps, at no cost: .*\nanew {5}1 step: report\nchanged {2}writer: model = model-b\n/,
    )
    const turns = (await eventsOf(data)).filter(({ type }) => type === 'turn')
    expect(turns).toHaveLength(1)

    const fork = await newest(data)
    expect((await baton(['show', fork, ...words])).stdout).toContain(`forked from ${origin} at report`)
    expect((await baton(['replay', fork, ...words])).code).toBe(0)
    const { stdout } = await baton(['diff', origin, fork, ...words])
    expect(stdout).toMatch(/forked from \S+ at report\n {2}set writer: model = model-b\n/)
    expect(stdout).toMatch(/output {2}3 differences\n {2}\/title\n {4}- "All"\n {4}\+ "Other"/)
    expect(stdout).toMatch(/step report\n {2}agent .*\n {2}models {2}\S+ → model-b/)
    const json = JSON.parse((await baton(['diff', origin, fork, ...words, '--json'])).stdout)
    expect(json).toMatchObject({ added: [], removed: [], fork: { at: 'report' }, usage: { to: { turns: 1 } } })
  })

  it('keeps its change where it is killed in the middle and resumed', async () => {
    const { folder, data, words } = await finished()
    const slow = workScript(folder, { latencyMs: 1_500 })
    const set = ['--agent', 'worker', '--set', 'instructions=Other.', '--set', 'limits.turns=3']
    const run = start(['fork', 'latest', '--at', 'topics:1/work', ...set, ...words, '--model', slow])
    await run.saw('topics:1/work started')
    run.child.kill('SIGKILL')
    await run.ended
    const resumed = await baton(['resume', 'latest', ...words, '--model', workScript(folder)])
    expect(resumed).toMatchObject({ code: 0, stdout: expect.stringContaining('# All') })
    const shown = await baton(['show', 'latest', ...words])
    expect(shown.stdout).toContain('set worker: limits.turns = 3')
    const begun = (await eventsOf(data)).filter((event) => event.type === 'turn' && event.stepId !== 'topics:1/work')
    expect(new Set(begun.map((event) => 'stepId' in event && event.stepId))).toEqual(new Set(['report']))
  })

  it('is no run where it was killed before its head was written, and one that goes on where it was after', async () => {
    const { folder, data, words } = await finished()
    const origin = await newest(data)
    const fork = (at: string) =>
      baton(['fork', origin, '--at', 'report', ...words, '--model', workScript(folder)], {
        environment: { BATON_CRASH_AT: at },
      })
    expect((await fork('run.fork.after')).signal).toBe('SIGKILL')
    expect(await newest(data)).toBe(origin)
    expect((await fork('run.start.after')).signal).toBe('SIGKILL')
    const resumed = await baton(['resume', 'latest', ...words, '--model', workScript(folder)])
    expect(resumed).toMatchObject({ code: 0, stdout: expect.stringContaining('# All') })
    const turns = (await eventsOf(data)).filter(({ type }) => type === 'turn')
    expect(turns).toHaveLength(1)
  })

  it('refuses what it cannot set, a step that is not there, and a run elsewhere', async () => {
    const { folder, words } = await finished()
    const fork = (...more: string[]) => baton(['fork', 'latest', ...more, '--model', workScript(folder)])
    expect(await fork('--at', 'nowhere', ...words)).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('Name one of: '),
    })
    expect(await fork('--at', 'report', '--set', 'colour=red', ...words)).toMatchObject({ code: 2 })
    expect(await fork('--at', 'report', '--set', 'limits.turns=x', ...words)).toMatchObject({ code: 2 })
    expect(await fork(...words)).toMatchObject({ code: 2, stderr: expect.stringContaining('--at STEP') })
    const outputs = writeJson(folder, 'outputs.json', { Stack: { apiUrl: 'https://example.com' } })
    expect(await baton(['fork', 'latest', '--at', 'report', '--outputs', outputs])).toMatchObject({ code: 2 })
  })
})
