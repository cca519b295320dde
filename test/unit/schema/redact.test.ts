import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { REDACTED, redactorOf } from '../../../src/schema/redact.ts'

const SECRET = 'p@ss "w ö/rd" 12345'
const { text, json } = redactorOf([SECRET])

describe('a redactor', () => {
  it.each([
    ['as it is', SECRET],
    ['quoted', JSON.stringify(SECRET).slice(1, -1)],
    ['in a URL', encodeURIComponent(SECRET)],
    ['in a form', encodeURIComponent(SECRET).replaceAll('%20', '+')],
  ])('takes it out %s', (_, dress) => {
    expect(text(`before ${dress} after`)).toBe(`before ${REDACTED} after`)
  })

  it('takes it out of Base64, whatever stands around it', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, after) => {
        const clean = text(Buffer.from(`${before}${SECRET}${after}`).toString('base64'))
        expect(clean).toContain(REDACTED)
        expect(Buffer.from(clean.replace(REDACTED, ''), 'base64').toString()).not.toContain('12345')
      }),
    )
  })

  it('takes out what begins at the end of a text that was cut', () => {
    expect(text(`echo ${SECRET.slice(0, 9)}`, true)).toBe('echo ')
    expect(text('echo nothing', true)).toBe('echo nothing')
  })

  it('takes it out of keys and values, deep down', () => {
    expect(json({ a: [{ [SECRET]: `x${SECRET}` }], b: 1, c: null })).toEqual({
      a: [{ [REDACTED]: `x${REDACTED}` }],
      b: 1,
      c: null,
    })
    expect(redactorOf(['12345']).json({ pin: 12345, other: 1 })).toEqual({ pin: REDACTED, other: 1 })
  })

  it('without secrets changes nothing', () => {
    expect(redactorOf([]).text('')).toBe('')
    expect(redactorOf(['']).json({ a: 'b' })).toEqual({ a: 'b' })
  })
})
