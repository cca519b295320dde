import { expect, it } from 'vitest'
import { identifyCalls } from '../../../src/tools/call-id.ts'

const place = { runId: 'run-1', stepId: 'step', turn: 1 }
const use = (input: object, id = 'u', name = 'add') => ({ type: 'toolUse' as const, id, name, input: input as never })
const idOf = (...parameters: Parameters<typeof identifyCalls>) => identifyCalls(...parameters)[0]?.callId

it('does not depend on the order of fields or on the id that the model chose', () => {
  expect(idOf(place, [use({ a: 1, b: 2 })])).toBe(idOf(place, [use({ b: 2, a: 1 }, 'other')]))
})

it.each([
  ['run', idOf({ ...place, runId: 'run-2' }, [use({ a: 1 })])],
  ['step', idOf({ ...place, stepId: 'other' }, [use({ a: 1 })])],
  ['turn', idOf({ ...place, turn: 2 }, [use({ a: 1 })])],
  ['tool', idOf(place, [use({ a: 1 }, 'u', 'sub')])],
  ['arguments', idOf(place, [use({ a: 2 })])],
  ['ordinal', identifyCalls(place, [use({ a: 1 }), use({ a: 1 }, 'v')])[1]?.callId],
])('differs with the %s', (_, other) => {
  expect(other).toMatch(/^[0-9a-f]{64}$/)
  expect(other).not.toBe(idOf(place, [use({ a: 1 })]))
})
