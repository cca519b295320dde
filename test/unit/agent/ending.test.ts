import { expect, it } from 'vitest'
import { stopped } from '../../../src/agent/ending.ts'

it('an output that is too large gets a remedy that a user can carry out', () => {
  expect(stopped('outputTooLarge', 'it has 9 bytes')).toMatchObject({
    status: 'stopped',
    next: expect.stringMatching(/return less .* or read fewer/),
  })
})
