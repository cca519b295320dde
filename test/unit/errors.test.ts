import { expect, it } from 'vitest'
import * as errors from '../../src/errors.ts'

it('RETRYABLE_NAMES are the names of all retryable errors, sorted', () => {
  const names = Object.values(errors).flatMap((thing) => {
    if (typeof thing !== 'function' || !(thing.prototype instanceof errors.RetryableError)) return []
    const made: unknown = Reflect.construct(thing, [{ message: '', next: '' }])
    return made instanceof errors.BatonError ? [made.name] : []
  })

  expect(names.length).toBeGreaterThan(4)
  expect(errors.RETRYABLE_NAMES).toEqual(names.toSorted())
})
