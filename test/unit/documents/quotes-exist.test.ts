import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CheckContext } from '../../../src/define/agent.ts'
import { quotesExist } from '../../../src/documents/quotes-exist.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'baton-quotes-'))
  const lines = [
    '# Title',
    '',
    'Call `grant` to give',
    '[permissions](https://example.com) to **others**.',
    '',
    '> Note: it is',
    '> free.',
  ]
  writeFileSync(join(folder, 'a.md'), lines.join('\n'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const context = (): CheckContext => ({
  runId: 'run',
  stepId: 'step',
  input: null,
  settings: { documents: folder },
  signal: new AbortController().signal,
})
const check = (quote: string, startLine: number, endLine: number, file = 'a.md') =>
  quotesExist.run({ findings: [{ claim: 'c', file, startLine, endLine, quote }] }, context())

describe('the check that quotes exist', () => {
  it.each([
    ['word for word over a line break', 'to give [permissions](https://example.com) to', 3, 4],
    ['without inline markup', 'Call grant to give permissions to others.', 3, 4],
    ['with other white space', 'Call  `grant`\n to give', 3, 3],
    ['within a block quote', 'it is free.', 6, 7],
    ['within a wider range', 'Call `grant`', 1, 7],
  ])('accepts a quote %s', async (_, quote, from, to) => {
    expect(await check(quote, from, to)).toEqual({ verdict: 'accept' })
  })

  it.each([
    ['made up', 'Call revoke to take', 3, 4, 'findings.0: the quote does not stand in a.md'],
    ['on other lines', 'it is free', 3, 4, 'findings.0: the quote stands at lines 6 to 7 of a.md'],
    ['beyond the end', 'Call', 30, 31, 'findings.0: a.md has only 7 lines'],
    ['that is empty', ' ', 3, 4, 'findings.0: the quote is empty'],
    ['with its lines the wrong way round', 'Call', 4, 3, 'findings.0: endLine 3 comes before'],
  ])('rejects a quote %s', async (_, quote, from, to, problem) => {
    const verdict = await check(quote, from, to)
    expect(verdict).toEqual({ verdict: 'reject', problems: [expect.stringContaining(problem)] })
  })

  it('rejects a quote of a file that is no document, true or not', async () => {
    writeFileSync(join(folder, '.env'), 'KEY=secret')
    for (const quote of ['KEY=secret', 'KEY=other']) {
      const problems = [expect.stringContaining('findings.0: ".env" is no document of this folder.')]
      expect(await check(quote, 1, 1, '.env')).toEqual({ verdict: 'reject', problems })
    }
  })

  it('rejects files outside the folder, and runs that set none', async () => {
    expect(await check('root', 1, 1, '../../etc/passwd')).toMatchObject({ verdict: 'reject' })
    const output = { file: 'a.md', startLine: 3, endLine: 3, quote: 'Call' }
    expect(await quotesExist.run(output, { ...context(), settings: {} })).toMatchObject({ verdict: 'reject' })
    expect(await quotesExist.run({ text: 'no quotes' }, context())).toEqual({ verdict: 'accept' })
  })
})
