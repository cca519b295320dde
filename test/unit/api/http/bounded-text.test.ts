import { expect, it } from 'vitest'
import { boundedText } from '../../../../src/api/http/bounded-text.ts'

it.each([
  ['letters', 'a'.repeat(98), 100],
  ['three bytes each', '漢'.repeat(33), 101],
  ['escapes of two', '"'.repeat(49), 100],
])('lets through what just fits: %s', (_what, text, most) => {
  expect(boundedText(text, most)).toBe(text)
})

it.each([
  ['letters', 'a'.repeat(99), 100],
  ['three bytes each', '漢'.repeat(34), 101],
  ['escapes of two', '"'.repeat(50), 100],
])('refuses what is one too many: %s', (_what, text, most) => {
  expect(() => boundedText(text, most)).toThrow(expect.objectContaining({ name: 'InvalidRequest', status: 413 }))
})
