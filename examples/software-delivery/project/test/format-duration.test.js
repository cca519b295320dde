import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatDuration } from '../src/index.js'

test('names hours, minutes and seconds', () => {
  assert.equal(formatDuration(5400), '1h 30m')
  assert.equal(formatDuration(59), '59s')
})

test('says so where there is nothing', () => {
  assert.equal(formatDuration(0), '0s')
})
