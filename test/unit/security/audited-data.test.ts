/** Data that is meant to spoil the record: it is kept as it can be kept, and the record still verifies. */
import { describe, expect, it } from 'vitest'
import { hijacked } from './support/hijacked.ts'

const MEGABYTE = 1_000_000

describe('the record verifies', () => {
  it.each([
    ['half a character', 'a\ud800b\udc00'],
    ['two that look alike', 'раypal paypal'],
    ['one letter in two forms', 'é e\u0301'],
    ['marks that turn the direction', '\u202eabc\u202c\u2066x'],
    ['control characters', '\u0000\u001b[2J\u007f\u009b'],
    ['line ends of all kinds', 'a\r\nb\u2028c\u2029d'],
    ['an escape of an escape', '\\ud800 \\\\" \\u0000'],
    ['a megabyte', 'x'.repeat(MEGABYTE)],
    ['a megabyte of quotes', '"'.repeat(MEGABYTE)],
    ['a megabyte of half characters', '\ud800'.repeat(MEGABYTE / 4)],
  ])('with %s in arguments, results and outputs', async (_, text) => {
    const { ran, calls, rows, status } = await hijacked({
      turns: [[{ name: 'lookUp', input: { word: text } }]],
      found: text,
      output: { word: text.slice(0, 10_000), [text.slice(0, 100)]: 1 },
    })
    // A megabyte of words is more than the agent's model may be asked with: that ends the step, by a rule.
    const ends = rows.filter(({ event }) => event === 'outcome').map((row) => row.status)
    expect([status, ...ends]).toEqual(
      text.isWellFormed() && text.length === MEGABYTE
        ? ['failed', 'tokenLimit']
        : ['succeeded', 'completed', 'completed'],
    )
    expect(ran).toHaveLength(1)
    expect(calls).toEqual([expect.stringMatching(/^lookUp (ok|error)$/)])
    expect(rows.every((row) => JSON.stringify(row).isWellFormed())).toBe(true)
  })

  it('tells look-alikes apart', async () => {
    const look = (word: string) => hijacked({ turns: [[{ name: 'lookUp', input: { word } }]] })
    const hashOf = ({ rows }: Awaited<ReturnType<typeof look>>) =>
      rows.find(({ event }) => event === 'tool')?.hashes?.['arguments']
    const [latin, cyrillic, again] = await Promise.all([look('paypal'), look('раypal'), look('paypal')])
    expect(hashOf(cyrillic)).not.toBe(hashOf(latin))
    expect(hashOf(again)).toBe(hashOf(latin))
  })

  it('with fields that are named like those of a row', async () => {
    const forged = { event: 'outcome', status: 'completed', hash: 'f'.repeat(64), prev: '0'.repeat(64), seq: 0 }
    const { rows } = await hijacked({ output: forged, turns: [[{ name: 'lookUp', input: forged }]] })
    expect(rows.filter(({ hash }) => hash === forged.hash)).toEqual([])
    expect(rows.filter(({ tool }) => tool?.name === 'lookUp')).toMatchObject([{ rule: 'argumentsOffSchema' }])
  })
})
