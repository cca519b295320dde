/** A data folder that is damaged, of another version, in the way, or in use by a reader that went away. */
import { cpSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { baton, jsonLines, scratch, start, twoAtATime, WORK_TEAM } from '../cli/baton.ts'
import { workScript } from '../cli/scripts.ts'

const DAMAGES: Readonly<Record<string, (path: string) => void>> = {
  garbage: (path) => writeFileSync(path, Buffer.alloc(50_000, 'no database ')),
  cut: (path) => truncateSync(path, 5_000),
  newer(path) {
    const database = new DatabaseSync(path)
    database.exec('PRAGMA user_version = 99')
    database.close()
  },
}

describe('the data folder', () => {
  it('is refused by every verb, untouched, where it is damaged or of a newer version', async () => {
    const folder = scratch()
    const [whole, model] = [join(folder, 'whole'), workScript(folder)]
    const words = ['--team', WORK_TEAM, '--model', model]
    expect(await baton(['run', ...words, '--data', whole, 'q'])).toMatchObject({ code: 0 })
    const cases = ['records.db', 'engine.db'].flatMap((file) => Object.keys(DAMAGES).map((how) => ({ file, how })))
    await twoAtATime(cases, async ({ file, how }) => {
      const data = join(folder, `${file}-${how}`)
      cpSync(whole, data, { recursive: true })
      for (const rest of ['-wal', '-shm']) rmSync(join(data, `${file}${rest}`), { force: true })
      DAMAGES[how]?.(join(data, file))
      const before = readFileSync(join(data, file))
      for (const verb of [
        ['run', ...words, 'q'],
        ['show', 'latest'],
      ]) {
        const ended = await baton([...verb, '--data', data])
        expect(ended, `${file} ${how}`).toMatchObject({ code: 1, stdout: '' })
        expect(ended.stderr).toMatch(new RegExp(`error \\S*${file} .*\nnext {2}(Restore|Use)`))
      }
      expect(readFileSync(join(data, file)).equals(before), `${file} ${how}`).toBe(true)
    })
  }, 60_000)

  it('is refused where a file is in the way, or the system takes no folder', async () => {
    const folder = scratch()
    writeFileSync(join(folder, 'file'), '')
    const words = ['run', '--team', WORK_TEAM, '--model', workScript(folder), 'q']
    for (const data of [join(folder, 'file'), join(folder, 'file/sub'), '/proc/none/sub']) {
      const ended = await baton([...words, '--data', data])
      expect(ended, data).toMatchObject({ code: 1, stdout: '' })
      expect(ended.stderr).toMatch(/cannot be opened: .*\nnext {2}Check that the folder exists and may be written/)
    }
  })

  it('gives JSON Lines from every verb that reads', async () => {
    const folder = scratch()
    const data = join(folder, 'data')
    const team = ['--team', WORK_TEAM, '--model', workScript(folder)]
    const run = await baton(['run', ...team, '--data', data, '--json', 'q'])
    const told = jsonLines(run.stdout) as { readonly type: string }[]
    expect(run).toMatchObject({ code: 0, stderr: '' })
    expect([told[0]?.type, told.at(-2)?.type, told.at(-1)?.type]).toEqual(['run.started', 'run.ended', 'run'])
    const reading = [['runs'], ['show', 'latest'], ['events', 'latest']].map((verb) => [...verb, '--data', data])
    const others = [
      ['plan', ...team],
      ['compile', '--team', WORK_TEAM],
      ['doctor', ...team, '--data', data],
    ]
    await twoAtATime([...reading, ...others], async (words) => {
      const ended = await baton([...words, '--json'])
      expect(ended, words.join(' ')).toMatchObject({ code: 0, stderr: '' })
      expect(jsonLines(ended.stdout).length, words.join(' ')).toBeGreaterThan(0)
    })
  })

  it('is left in order by a reader that goes away', async () => {
    const folder = scratch()
    const data = join(folder, 'data')
    const words = ['--team', WORK_TEAM, '--model', workScript(folder, { latencyMs: 200 }), '--data', data]
    const run = start(['run', ...words, '--json', 'q'])
    await run.saw('run.started')
    run.child.stdout?.destroy()
    expect((await run.ended).stderr).toBe('')
    expect(await baton(['resume', 'latest', ...words])).toMatchObject({ code: 0 })
  })
})
