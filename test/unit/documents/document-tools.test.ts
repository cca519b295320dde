import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readDocument, searchDocuments } from '../../../src/documents/document-tools.ts'
import type { DataSource } from '../../../src/schema/tool-call.ts'
import { toolContext } from '../../../src/testing/tool-context.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'baton-tools-'))
  writeFileSync(join(folder, 'a.md'), '# Queues\n\nA queue keeps messages.\n\n```ts\nnew Queue(this)\n```\n')
  writeFileSync(join(folder, 'huge.txt'), 'x'.repeat(5 * 1024 * 1024))
  writeFileSync(join(folder, 'long.txt'), Array.from({ length: 500 }, (_, index) => `line ${index + 1}`).join('\n'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function contextWith(sources: DataSource[]) {
  return toolContext({ settings: { documents: folder }, reads: (source) => void sources.push(source) })
}

describe('the document tools', () => {
  it('search gives places with a taste of them, and records what was read', async () => {
    const sources: DataSource[] = []
    const found = await searchDocuments.run({ query: 'queue messages', limit: 5 }, contextWith(sources))
    expect(searchDocuments.output.parse(found)).toEqual({
      hits: [
        {
          file: 'a.md',
          startLine: 1,
          endLine: 7,
          heading: 'Queues',
          snippet: 'A queue keeps messages.',
          score: expect.any(Number),
        },
      ],
      passagesWith: { queue: 1, messages: 1 },
      passagesSearched: expect.any(Number),
      leftOut: '1 too large',
    })
    expect(sources).toEqual([{ uri: 'a.md', sha256: expect.stringMatching(/^[0-9a-f]{64}$/), lines: [1, 7] }])
  })

  it('read gives numbered lines, bounded', async () => {
    const sources: DataSource[] = []
    const read = async (file: string, startLine: number, endLine: number) =>
      readDocument.output.parse(await readDocument.run({ file, startLine, endLine }, contextWith(sources)))
    expect(await read('a.md', 3, 3)).toMatchObject({ text: '3| A queue keeps messages.', lastLineOfDocument: 7 })
    expect(await read('long.txt', 100, 5_000)).toMatchObject({ startLine: 100, endLine: 299 })
    expect(sources.at(-1)?.lines).toEqual([100, 299])
    await expect(read('a.md', 70, 80)).rejects.toThrow(/a.md has 7 lines/)
    await expect(read('../x.md', 1, 2)).rejects.toThrow(/is no document of this folder/)
  })
})
