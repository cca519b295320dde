import { expect, it } from 'vitest'
import { sha256 } from '../../../src/schema/sha256.ts'

it('hashes a text as its UTF-8 bytes', () => {
  // NIST FIPS 180-2, appendix B.1.
  expect(sha256('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  expect(sha256('größer')).toBe(sha256(new TextEncoder().encode('größer')))
})
