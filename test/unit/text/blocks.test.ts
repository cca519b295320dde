import { describe, expect, it } from 'vitest'
import { blocksOf, plainText } from '../../../src/text/blocks.ts'

describe('blocks', () => {
  it('tells prose from code, tables, lists and markup, with lines', () => {
    const text = `# Title

Some *prose*
over two lines.

- an item
  that goes on
- [ ] another

| a | b |
|---|---|

> a quote
> goes on

\`\`\`ts
# no heading
\`\`\`
<p align="center">
<!-- a comment
of two lines -->
Underlined
==========`
    const blocks = blocksOf(text.split('\n')).map(({ kind, startLine, endLine, lines }) => [
      `${kind} ${startLine}-${endLine}`,
      lines.join('/'),
    ])
    expect(blocks).toEqual([
      ['heading 1-1', 'Title'],
      ['prose 3-4', 'Some *prose*/over two lines.'],
      ['item 6-7', 'an item/that goes on'],
      ['item 8-8', 'another'],
      ['table 10-10', '| a | b |'],
      ['table 11-11', '|---|---|'],
      ['prose 13-14', 'a quote/goes on'],
      ['code 16-18', '```ts/# no heading/```'],
      ['markup 19-19', '<p align="center">'],
      ['markup 20-20', '<!-- a comment'],
      ['heading 22-23', 'Underlined'],
    ])
  })

  it.each([
    ['**Bold**, *slanted* and `code`', 'Bold, slanted and code'],
    ['a [link](https://example.com "title") and [one][ref]', 'a link and one'],
    ['![badge](x.svg) text <br/> more', 'badge text more'],
    ['snake_case_name and 2 * 3 * 4', 'snake_case_name and 2 * 3 * 4'],
    ['  much \n space ', 'much space'],
  ])('shows %j as a reader sees it', (text, plain) => {
    expect(plainText(text)).toBe(plain)
  })

  it.each(['[', '![', '<a', '*a', '`', '# ', '> ', '| ', '- ', '[a](', ' ', '_', '[![', '\\'])(
    'is done soon with a line of 500,000 characters of %j',
    (piece) => {
      const line = piece.repeat(500_000 / piece.length)
      const started = performance.now()
      for (const block of blocksOf([line, `# ${line}`])) plainText(block.lines.join(' '))
      expect(performance.now() - started).toBeLessThan(10_000)
    },
  )
})
