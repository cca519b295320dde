import { expect, it } from 'vitest'
import { errorName, errorNameIn } from '../../../src/telemetry/error-name.ts'

it.each([
  'TypeError',
  'States.Timeout',
  'Stopped.turnLimit',
  'S3ServiceException',
  'RetryableModelThrottled',
  'turnLimit',
])('passes %s', (name) => expect(errorName(name)).toBe(name))

it.each([
  '',
  'run k-12345 failed',
  'sk_live_51H8',
  'Error1234',
  `E${'x'.repeat(64)}`,
  '../etc/passwd',
  'a b',
  7,
  undefined,
  null,
])('calls %j something else', (name) => expect(errorName(name)).toBe('OtherError'))

it('reads the name before a message', () => {
  expect(errorNameIn('TypeError: x is not a function: y')).toBe('TypeError')
  expect(errorNameIn('no name here')).toBe('OtherError')
  expect(errorNameIn('the user said: TypeError: x')).toBe('OtherError')
  expect(errorNameIn(undefined)).toBe('OtherError')
})
