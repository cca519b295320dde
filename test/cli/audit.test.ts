/** The evidence of a run as people handle it: taken away, verified elsewhere, and tampered with. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import { baton, scratch, WORK_TEAM } from './baton.ts'
import { workScript } from './scripts.ts'

async function recorded() {
  const folder = scratch()
  const data = join(folder, 'data')
  const ran = await baton(['run', '--team', WORK_TEAM, '--data', data, '--model', workScript(folder), 'q'])
  expect(ran.code).toBe(0)
  return { folder, data, audit: (...words: string[]) => baton(['audit', ...words, '--data', data]) }
}

it('verifies a run, and its export with nothing else and the key that was kept', async () => {
  const { folder, data, audit } = await recorded()
  const here = await audit('verify', 'latest')
  expect(here).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/is intact: \d+ rows[\s\S]*nothing is unsealed/),
  })

  const [file, key] = [join(folder, 'run.jsonl'), join(folder, 'key.pem')]
  expect(await audit('export', 'latest', '--out', file, '--bodies')).toMatchObject({ code: 0 })
  writeFileSync(key, (await audit('key', 'latest')).stdout)
  const elsewhere = await baton(['audit', 'verify', file, '--key', key], { cwd: folder })
  expect(elsewhere).toMatchObject({ code: 0, stdout: expect.not.stringContaining('by the key inside') })

  writeFileSync(file, readFileSync(file, 'utf8').replace('"event":"turn"', '"event":"turn","reason":"it was not me"'))
  const edited = await baton(['audit', 'verify', file, '--json'], { cwd: folder })
  expect(edited.code).toBe(1)
  expect(JSON.parse(edited.stdout)).toMatchObject({ status: 'broken', findings: [{ kind: 'broken', seq: 1 }] })

  const foreign = await recorded()
  writeFileSync(key, (await foreign.audit('key', 'latest')).stdout)
  const stranger = await audit('verify', 'latest', '--key', key)
  expect(stranger).toMatchObject({ code: 1, stdout: expect.stringMatching(/badSeal: seal 0: its key/) })
  expect(await audit('seal', 'latest')).toMatchObject({ code: 0, stdout: expect.stringContaining('nothing') })
  expect(data).not.toBe(foreign.data)
})

it('finds what was changed, or removed, in the data folder itself', async () => {
  const { data, audit } = await recorded()
  const database = new DatabaseSync(join(data, 'records.db'))
  const place = "(SELECT id FROM partitions WHERE text LIKE '%#plan')"
  const gone = database.prepare(`DELETE FROM items WHERE partition = ${place} AND sort LIKE '000001#000001'`).run()
  database.close()
  expect(gone.changes).toBe(1)
  const verdict = await audit('verify', 'latest')
  expect(verdict).toMatchObject({ code: 1, stdout: expect.stringMatching(/is not intact[\s\S]*plan attempt 1/) })
})

it('tells what cannot be read, judges the rest, and follows none of it', async () => {
  const { folder, data, audit } = await recorded()
  const database = new DatabaseSync(join(data, 'records.db'))
  const damage = database.prepare(
    'UPDATE items SET attributes = ? WHERE partition = (SELECT id FROM partitions WHERE text LIKE ?) AND sort LIKE ?',
  )
  expect(damage.run('{"r":', '%#plan', '000001#000001').changes).toBe(1)
  expect(damage.run('{"seal":{"seq":"none"}}', '%#SEAL', '000000000').changes).toBe(1)
  database.close()
  const file = join(folder, 'run.jsonl')
  expect(await audit('export', 'latest', '--out', file)).toMatchObject({ code: 0 })
  for (const verified of [await audit('verify', 'latest', '--json'), await audit('verify', file, '--json')]) {
    expect(verified.code).toBe(1)
    expect(JSON.parse(verified.stdout).findings).toEqual([
      { kind: 'broken', what: expect.stringMatching(/000000000 is damaged: it is no seal/) },
      { kind: 'broken', stepId: 'plan', what: expect.stringMatching(/#plan .* is damaged/) },
    ])
  }
  const explained = await baton(['explain', 'latest', '--data', data])
  expect(explained).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/is damaged/),
  })
})

it.each([
  [['audit'], /export, verify, seal and key/],
  [['audit', 'verify', './nothing.jsonl'], /cannot be read/],
  [['audit', 'verify', WORK_TEAM], /no audit export/],
])('%j is refused with what to do', async (words, message) => {
  expect(await baton(words)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(message) })
})
