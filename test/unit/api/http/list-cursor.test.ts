import { expect, it } from 'vitest'
import { fromCursor, toCursor } from '../../../../src/api/http/list-cursor.ts'

const NEXT = '2026-01-01T00:00:00.000Z#run-1'

it('gives back where a page ended, whatever the records add to it', () => {
  expect(fromCursor(toCursor(NEXT))).toBe(NEXT)
  expect(fromCursor(toCursor(`${NEXT}\0RUN#run-1\0HEAD`))).toBe(NEXT)
})

it.each([
  '',
  'x',
  Buffer.from('RUN#run-1').toString('base64url'),
  `${toCursor(NEXT)}=`,
  Buffer.from(`${NEXT}\0RUN#run-2\0HEAD`).toString('base64url'),
])('refuses %j, which nobody gave out', (cursor) => {
  expect(() => fromCursor(cursor)).toThrow('no `next` of a page')
})
