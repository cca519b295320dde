import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openCorpus, summarizeSkipped } from '../../../src/documents/corpus.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'baton-corpus-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const write = (name: string, content: string | Uint8Array) => {
  mkdirSync(join(folder, name, '..'), { recursive: true })
  writeFileSync(join(folder, name), content)
}

describe('a corpus', () => {
  it('finds the passage that answers, with its lines and headings', async () => {
    write('a/guide.md', '# Guide\n\nWelcome.\n\n## Retries\n\nA failed task is tried again with `addRetry`.\n')
    write('b.md', '# Other\n\nNothing of interest stands here.\n')
    const corpus = await openCorpus(folder)
    const { hits, passagesWith } = await corpus.search('retry a failed task', 5)
    expect(hits[0]).toMatchObject({ file: 'a/guide.md', startLine: 5, endLine: 7, headings: ['Guide', 'Retries'] })
    expect(passagesWith).toEqual({ retry: 1, fail: 1, task: 1 })
  })

  it('finds what is worded differently, in other letter case, within identifiers, and without spaces', async () => {
    write('grants.md', '# Rights\n\nCall `table.grantReadData(fn)` for permissions.\n')
    write('ja.md', '# 文書\n\n関数に権限を与える方法です。\n')
    const corpus = await openCorpus(folder)
    const first = async (query: string) => (await corpus.search(query, 1)).hits[0]?.file
    expect(await first('ACCESS')).toBe('grants.md')
    expect(await first('grant read')).toBe('grants.md')
    expect(await first('権限')).toBe('ja.md')
    expect(await first('weather')).toBeUndefined()
    expect(await first('the and of')).toBeUndefined()
  })

  it('leaves out what is no document, with a reason', async () => {
    write('good.md', '# Good\n\nSome text to find here.\n')
    write('program.ts', 'export const x = 1')
    write('image.md', Uint8Array.from([0x89, 0x50, 0x00, 0x01, 0x02]))
    write('CHANGELOG.md', '# 1.0.0\n\nSome text.\n')
    write('huge.txt', 'x')
    truncateSync(join(folder, 'huge.txt'), 50 * 1024 * 1024)
    write('node_modules/x/README.md', '# Not ours\n\nSome text.\n')
    mkdirSync(join(folder, 'loop'))
    symlinkSync(folder, join(folder, 'loop', 'again'))
    symlinkSync('/etc', join(folder, 'outside'))
    symlinkSync('/nowhere', join(folder, 'dangling.md'))
    const corpus = await openCorpus(folder)
    await corpus.search('text', 3)
    expect(corpus.documents.map(({ file }) => file)).toEqual(['good.md', 'image.md'])
    expect(corpus.skipped).toEqual([
      { file: 'dangling.md', reason: 'unreadable' },
      { file: 'outside', reason: 'link out of the folder' },
      { file: 'CHANGELOG.md', reason: 'licence, change log or translation' },
      { file: 'huge.txt', reason: 'too large' },
      { file: 'image.md', reason: 'not text' },
    ])
    expect(summarizeSkipped(corpus.skipped)).toContain('1 too large')
  })

  it('works with a folder it may not read in part', async () => {
    write('good.md', '# Good\n\nSome text to find here.\n')
    write('closed/secret.md', 'hidden words')
    chmodSync(join(folder, 'closed'), 0)
    const corpus = await openCorpus(folder)
    chmodSync(join(folder, 'closed'), 0o755)
    // Root reads everything; anybody else is told what was left out.
    const expected = process.getuid?.() === 0 ? [] : [{ file: 'closed', reason: 'unreadable' }]
    expect(corpus.skipped).toEqual(expected)
  })

  it('keeps to its limits and says so', async () => {
    for (let index = 0; index < 8; index += 1) write(`doc${index}.md`, `# Document ${index}\n\nSome text here.\n`)
    const corpus = await openCorpus(folder, { maxDocuments: 5 })
    expect(corpus.documents).toHaveLength(5)
    expect(corpus.skipped.map(({ file }) => file)).toEqual(['doc5.md', 'doc6.md', 'doc7.md'])
  })

  it('reads nothing outside its folder', async () => {
    write('docs/a.md', '# A\n\nSome text here.\n')
    write('secret.md', 'secret')
    symlinkSync(join(folder, 'secret.md'), join(folder, 'docs', 'link.md'))
    const corpus = await openCorpus(join(folder, 'docs'))
    for (const file of ['../secret.md', join(folder, 'secret.md'), 'link.md', 'missing.md', '.', '\0']) {
      await expect(corpus.read(file)).rejects.toThrow(expect.objectContaining({ name: 'InvalidRequest' }))
    }
    expect((await corpus.read('a.md')).lines).toEqual(['# A', '', 'Some text here.'])
  })

  it('reads nothing in its folder that it has not found as a document', async () => {
    write('a.md', '# A\n\nSome text here.\n')
    write('.env', 'KEY=secret')
    write('program.ts', 'export const secret = 1')
    write('picture.png', Uint8Array.from([0x89, 0x50, 0x00, 0x01]))
    write('.hidden/b.md', 'secret')
    write('node_modules/x/README.md', 'secret')
    write('LICENSE.md', 'some licence')
    write('large.md', 'x'.repeat(101))
    symlinkSync(join(folder, '.env'), join(folder, 'link.md'))
    symlinkSync(join(folder, 'a.md'), join(folder, 'again.md'))
    const corpus = await openCorpus(folder, { maxFileBytes: 100 })
    const others = ['.env', 'a/../.env', join(folder, '.env'), 'program.ts', 'picture.png', '.hidden/b.md']
    for (const file of [...others, 'node_modules/x/README.md', 'LICENSE.md', 'large.md', 'link.md', 'missing.md']) {
      await expect(corpus.read(file)).rejects.toThrow(`${JSON.stringify(file)} is no document of this folder.`)
    }
    for (const file of ['a.md', './a.md', 'again.md']) expect((await corpus.read(file)).lines[0]).toBe('# A')
  })

  it('reads no document that has since grown beyond what one may have, and none that is no text', async () => {
    write('grown.md', 'x'.repeat(100))
    write('image.md', Uint8Array.from([0x89, 0x50, 0x00, 0x01, 0x02]))
    const corpus = await openCorpus(folder, { maxFileBytes: 100 })
    expect((await corpus.read('grown.md')).bytes).toBe(100)
    write('grown.md', 'x'.repeat(101))
    await expect(corpus.read('grown.md')).rejects.toThrow('"grown.md" has 101 bytes')
    await expect(corpus.read('image.md')).rejects.toThrow('"image.md" cannot be read as text')
  })

  it.each([
    ['an empty folder', '.', 'holds no text documents'],
    ['a missing folder', 'missing', 'does not exist'],
    ['a file', 'file.md', 'is a file'],
  ])('refuses %s with what to do next', async (_, name, said) => {
    if (name === 'file.md') write(name, 'text')
    const error = await openCorpus(join(folder, name)).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ name: 'InvalidRequest', next: expect.stringContaining('--documents DIR') })
    expect(String(error)).toContain(said)
  })

  it('is shared within the process, and a refusal is not', async () => {
    await expect(openCorpus(folder)).rejects.toThrow()
    write('a.md', '# A\n\nSome text here.\n')
    expect(await openCorpus(folder)).toBe(await openCorpus(folder))
  })
})
