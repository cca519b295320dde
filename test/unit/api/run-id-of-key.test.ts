import { expect, it } from 'vitest'
import { runIdOfKey } from '../../../src/api/run-id-of-key.ts'

it('is the same for the same caller, workflow and key, and for no others', () => {
  const ids = [
    runIdOfKey({ workflow: 'short', key: 'k' }),
    runIdOfKey({ workflow: 'short', key: 'K' }),
    runIdOfKey({ workflow: 'long', key: 'k' }),
    runIdOfKey({ workflow: 'short', key: 'k', caller: 'ann' }),
    runIdOfKey({ workflow: 'short', key: 'k', caller: '' }),
    runIdOfKey({ workflow: 'short', key: '"k' }),
  ]
  expect(new Set(ids).size).toBe(ids.length)
  expect(runIdOfKey({ workflow: 'short', key: 'k', caller: undefined })).toBe(ids[0])
  expect(ids[0]).toMatch(/^k-[0-9a-f]{32}$/)
})
