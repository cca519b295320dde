/** The research team over folders that are not what it hoped for: a report of what could be read, or the reason. */
import { closeSync, existsSync, mkdirSync, openSync, rmSync, symlinkSync, writeFileSync, writeSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { baton, scratch } from '../cli/baton.ts'

const TEAM = resolve(import.meta.dirname, '../../examples/research/team.ts')
const QUESTION = 'How do I retry a failed Lambda task?'
const TEXT = '# Retry\n\nTo retry a failed Lambda task in a state machine, call addRetry on the task.\n'

function research(folder: string, documents: string) {
  return baton(['run', '--team', TEAM, '--data', join(folder, 'data'), '--documents', documents, QUESTION])
}

describe('the research team', () => {
  it('reports from what it can read among binary, huge, unreachable and circular files', async () => {
    const folder = scratch()
    const documents = join(folder, 'documents')
    mkdirSync(join(documents, 'deep/er'), { recursive: true })
    writeFileSync(join(documents, 'deep/er/good.md'), TEXT)
    writeFileSync(join(documents, 'binary.md'), Buffer.from(Array.from({ length: 4_096 }, (_, i) => (i * 7) % 256)))
    writeLargeFile(join(documents, 'huge.md'), 50)
    symlinkSync(documents, join(documents, 'deep/loop'))
    symlinkSync(join(folder, 'nowhere'), join(documents, 'dangling.md'))
    const ended = await research(folder, documents)
    expect(ended.code, ended.stderr).toBe(0)
    expect(ended.stdout).toMatch(/addRetry.*\[1\].*deep\/er\/good\.md:3/s)
    expect(ended.stdout).toMatch(/1 too large, 1 not text/)
  }, 60_000)

  it('searches ten thousand documents', async () => {
    const folder = scratch()
    const documents = join(folder, 'documents')
    mkdirSync(documents)
    for (let i = 0; i < 10_000; i++)
      writeFileSync(join(documents, `${i}.md`), `# Note ${i}\n\nNothing about it here, ${i}.\n`)
    writeFileSync(join(documents, '7777.md'), TEXT)
    const ended = await research(folder, documents)
    expect(ended.code, ended.stderr).toBe(0)
    expect(ended.stdout).toContain('7777.md:3')
  }, 60_000)

  it('does not begin where the folder is missing, and leaves nothing behind', async () => {
    const folder = scratch()
    const ended = await research(folder, join(folder, 'missing'))
    expect(ended).toMatchObject({ code: 2, stdout: '' })
    expect(ended.stderr).toMatch(/error .*documents.*\/missing": there is no such .*\nnext {2}.*--documents PATH/)
    expect(existsSync(join(folder, 'data'))).toBe(false)
  })

  it('says which folder is empty or a file, and what to do; once it holds documents, the run goes on', async () => {
    const folder = scratch()
    const [empty, data] = [join(folder, 'empty'), join(folder, 'data')]
    mkdirSync(empty)
    writeFileSync(join(folder, 'file'), TEXT)
    for (const name of ['file', 'empty']) {
      const ended = await research(folder, join(folder, name))
      expect(ended, name).toMatchObject({ code: 1, stdout: '' })
      expect(ended.stderr, name).toMatch(
        new RegExp(`why {3}.*/${name}".*\nnext {2}Put text .* resume.*--documents DIR`),
      )
    }
    rmSync(empty, { recursive: true })
    const gone = await baton(['resume', 'latest', '--data', data])
    expect(gone).toMatchObject({ code: 2, stderr: expect.stringMatching(/\nnext {2}Bring it back .* resume again/) })
    mkdirSync(empty)
    writeFileSync(join(empty, 'good.md'), TEXT)
    const resumed = await baton(['resume', 'latest', '--data', data])
    expect(resumed.code, resumed.stderr).toBe(0)
    expect(resumed.stdout).toContain('good.md:3')
  }, 60_000)
})

function writeLargeFile(path: string, megabytes: number): void {
  const file = openSync(path, 'w')
  const chunk = 'retry a failed Lambda task\n'.repeat(40_000)
  for (let bytes = 0; bytes < megabytes * 1_048_576; bytes += chunk.length) writeSync(file, chunk)
  closeSync(file)
}
