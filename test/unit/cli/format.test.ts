import { describe, expect, it } from 'vitest'
import { clip, formatDuration, jsonText, printable, table } from '../../../src/cli/format.ts'

/** Retitles the window by OSC, turns red by CSI, the same by their one-character C1 forms, DEL, and a turned direction. */
const HOSTILE = '\u001B]0;owned\u0007a\u001B[31mb\u009B31mc\u009D0;x\u009Cd\u007F\u202Etxet\u2066'

describe('printable', () => {
  it('drops what a terminal would obey, and keeps lines, tabs and every script', () => {
    expect(printable(HOSTILE)).toBe(']0;owneda[31mb31mc0;xdtxet')
    expect(printable('one\r\n\ttwo – 三 🙂 שלום')).toBe('one\n\ttwo – 三 🙂 שלום')
    expect(clip(`x${HOSTILE}`, 3)).toBe('x]…')
    expect(table([['a\u001B[1m', 'b\u0007']])).toBe('a[1m  b')
  })
})

describe('jsonText', () => {
  it('escapes them all, so that nothing is lost and nothing is obeyed', () => {
    const text = jsonText({ text: HOSTILE })
    expect(printable(text)).toBe(text)
    expect(JSON.parse(text)).toEqual({ text: HOSTILE })
  })
})

describe('formatDuration', () => {
  it.each([
    [0, '0 ms'],
    [999.4, '999 ms'],
    [999.6, '1.0 s'],
    [59_940, '59.9 s'],
    [59_970, '1 min 0 s'],
    [119_700, '2 min 0 s'],
    [3_599_400, '59 min 59 s'],
    [3_599_600, '1 h 0 min'],
    [7_265_000, '2 h 1 min'],
  ])('says %d ms as %s', (milliseconds, words) => {
    expect(formatDuration(milliseconds)).toBe(words)
  })
})
