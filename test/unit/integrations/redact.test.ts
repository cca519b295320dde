import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Passing } from '../../../src/define/guardrail.ts'
import { redact } from '../../../src/integrations/redact.ts'
import type { Json } from '../../../src/schema/json.ts'

const context = { runId: 'r', stepId: 's', agent: 'a', signal: new AbortController().signal }
const passed = (value: Json, rules = redact(), at: Passing['at'] = 'tool.after') => rules.run({ at, value }, context)
async function cleaned(text: string): Promise<Json> {
  const verdict = await passed(text)
  return verdict.verdict === 'transform' ? verdict.value : text
}

describe('what it takes out', () => {
  it.each([
    ['anna.b+c@mail.example.co.uk', '[email]'],
    ['card 4111-1111-1111-1111.', 'card [card].'],
    ['5500 0000 0000 0004', '[card]'],
    ['DE89 3704 0044 0532 0130 00', '[iban]'],
    ['GB82WEST12345698765432', '[iban]'],
    ['call +49 (30) 1234-5678 now', 'call [phone] now'],
    ['from 192.168.0.254:', 'from [ip]:'],
    ['from 192.168.0.254.', 'from [ip].'],
    ['AKIAIOSFODNN7EXAMPLE', '[awsKey]'],
    [`eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.${'a'.repeat(43)}`, '[jwt]'],
  ])('%s', async (text, clean) => {
    expect(await cleaned(text)).toBe(clean)
  })

  it.each([
    ['4111 1111 1111 1111 12/27', '[card] 12/27'],
    ['4111111111111111 123', '[card] 123'],
    ['2 of 4111-1111-1111-1111', '2 of [card]'],
    ['2 4111 1111 1111 1111', '2 [card]'],
    ['2024 4111 1111 1111 1111', '2024 [card]'],
    ['visa-4111111111111111-', 'visa-[card]-'],
    ['4111 1111 1111 1111 5500 0000 0000 0004', '[card] [card]'],
    ['3782 822463 10005', '[card]'],
    ['41 11 11 11 11 11 11 11', '[card]'],
    ['DE89 3704 0044 0532 0130 00 BIC COBADEFF', '[iban] BIC COBADEFF'],
    ['DE89370400440532013000 EUR 100', '[iban] EUR 100'],
    ['AB12 de89 3704 0044 0532 0130 00', 'AB12 [iban]'],
  ])('also beside something else: %s', async (text, clean) => {
    expect(await cleaned(text)).toBe(clean)
  })

  it.each([
    ['4111\u00a01111\u00a01111\u00a01111', '[card]'],
    ['4111\u20111111\u20111111\u20111111', '[card]'],
    [String.fromCharCode(...[...'4111111111111111'].map((digit) => 0xfee0 + digit.charCodeAt(0))), '[card]'],
    ['anna\uff20example.com', '[email]'],
    ['ann\u00e4@ex\u00e4mple.de', '[email]'],
    ['\ud800 a@b.example \udc00', '\ud800 [email] \udc00'],
  ])('in letters and signs that only look otherwise: %j', async (text, clean) => {
    expect(await cleaned(text)).toBe(clean)
  })

  it('a number that is a card’s, and no other', async () => {
    const value = { card: 4111111111111111, at: 1700000000000, order: 4111111111111112, ratio: 0.4111111111111111 }
    expect(await passed(value)).toMatchObject({ value: { ...value, card: '[card]' }, reason: '1 card' })
  })

  it.each([
    '4111 1111 1111 1112',
    '1700000000004',
    '4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25',
    'order 0000 0000 0000 0000',
    'DE89 3704 0044 0532 0130 01',
    '300.1.2.3',
    'version 1.2.3',
    'a @ b.c',
    '2026-01-01T00:00:00.000Z',
    'ratio 3.14159265358979',
  ])('not %s', async (text) => {
    expect(await cleaned(text)).toBe(text)
  })

  it('patterns of one’s own, by their word', async () => {
    const rules = redact({ types: [], patterns: { staffId: /S-\d{6}/ } })
    expect(await passed('S-123456 and S-654321', rules)).toEqual({
      verdict: 'transform',
      value: '[staffId] and [staffId]',
      reason: '2 staffId',
    })
  })
})

it('reaches keys and values, and leaves what says which result is whose', async () => {
  const id = 'call-a@b.example'
  const value = [
    { type: 'toolResult', toolUseId: id, status: 'ok', content: { 'a@b.example': ['x', { type: 'a@b.example' }] } },
    { type: 'text', text: 'a@b.example' },
  ]
  expect(await passed(value, redact(), 'model.before')).toMatchObject({
    value: [
      { type: 'toolResult', toolUseId: id, status: 'ok', content: { '[email]': ['x', { type: '[email]' }] } },
      { type: 'text', text: '[email]' },
    ],
    reason: '3 email',
  })
})

it('takes arguments and results that only look like content as what they are', async () => {
  const value = { type: 'text', id: 'a@b.example', status: '4111111111111111' }
  expect(await passed(value, redact(), 'tool.before')).toMatchObject({
    value: { type: 'text', id: '[email]', status: '[card]' },
  })
})

it('lets pass what holds nothing, whatever it is', async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue({ maxDepth: 3 }), async (value) => {
      const verdict = await passed(value as Json)
      if (verdict.verdict === 'transform') expect(await passed(verdict.value)).toEqual({ verdict: 'proceed' })
      else expect(verdict).toEqual({ verdict: 'proceed' })
    }),
  )
})

it.each(['a', '1', '1 ', '4 ', '4111 ', '4\u00a0', 'a@', 'a.', '1.', 'eyJ', 'DE89 ', '+1', '@', 'eyJaaaaa.'])(
  'takes no time for 1 MB of %j',
  async (part) => {
    const text = part.repeat(Math.ceil(1_000_000 / part.length))
    const begun = performance.now()
    await passed(text)
    expect(performance.now() - begun).toBeLessThan(20_000)
  },
  30_000,
)
