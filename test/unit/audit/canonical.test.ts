import canonicalize from 'canonicalize'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson, jsonSha256 } from '../../../src/audit/canonical.ts'
import type { Json } from '../../../src/schema/json.ts'

const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom('__proto__', '10', '9', 'a\\ud800'))
const { value: anyJson } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'medium' },
    text,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.constantFrom(null, true, -0),
    fc.array(tie('value')),
    fc.dictionary(text, tie('value')),
  ),
}))

describe('canonical JSON', () => {
  it('is what the RFC 8785 library writes, for any value', () => {
    fc.assert(
      fc.property(anyJson, (value) => {
        expect(canonicalJson(value)).toBe(canonicalize(value))
      }),
      { numRuns: 1000 },
    )
  })

  it.each([
    ['keys of digits', { 10: 1, 9: 2, a: 3 }, '{"10":1,"9":2,"a":3}'],
    ['an own __proto__', JSON.parse('{"z":1,"__proto__":{"b":1,"a":2}}'), '{"__proto__":{"a":2,"b":1},"z":1}'],
    ['an absent field', { b: undefined, a: [{ d: 1, c: 2 }] } as unknown as Json, '{"a":[{"c":2,"d":1}]}'],
    ['half a surrogate pair', { 'k\udc00': '\ud83d' }, '{"k\ufffd":"\ufffd"}'],
    ['a date', { at: new Date(0) } as unknown as Json, '{"at":"1970-01-01T00:00:00.000Z"}'],
  ])('has one form for %s', (_, value, expected) => {
    expect(canonicalJson(value as Json)).toBe(expected)
  })

  it('is the same whatever the order of the keys, and leaves the value as it is', () => {
    const value = { b: 1, a: { d: 1, c: 2 } }
    expect(jsonSha256(value)).toBe(jsonSha256({ a: { c: 2, d: 1 }, b: 1 }))
    expect(Object.keys(value)).toEqual(['b', 'a'])
  })

  it('takes values deeper than the stack', () => {
    let deep: Json = 1
    for (let depth = 0; depth < 50_000; depth++) deep = [deep]
    expect(canonicalJson(deep)).toBe(`${'['.repeat(50_000)}1${']'.repeat(50_000)}`)
  })

  it('refuses what is no JSON, saying so', () => {
    const cycle: Record<string, unknown> = {}
    cycle['self'] = cycle
    for (const value of [Number.NaN, [Number.POSITIVE_INFINITY], cycle]) {
      expect(() => canonicalJson(value as Json)).toThrow(/cannot be written as JSON/)
    }
  })
})
