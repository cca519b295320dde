import { describe, expect, it } from 'vitest'
import { DROPPED_EVENTS, DROPPED_FIELDS, NOT_COMPARED } from '../localstack/known-differences.ts'
import { normalizeHistory } from '../localstack/normalize-history.ts'

const none = new Map<string, string>()
const entered = (id: number, previousEventId: number, name: string, kind = 'Pass') => ({
  ...{ id, previousEventId, type: `${kind}StateEntered`, timestamp: new Date(id) },
  stateEnteredEventDetails: { name, input: '{}', inputDetails: { truncated: false } },
})
const exited = (id: number, previousEventId: number, name: string, kind = 'Pass') => ({
  ...{ id, previousEventId, type: `${kind}StateExited` },
  stateExitedEventDetails: { name, output: `"${name}"` },
})
const event = (id: number, previousEventId: number, type: string, details: object = {}) => ({
  ...{ id, previousEventId, type },
  ...(Object.keys(details).length > 0 && { [`${type.charAt(0).toLowerCase()}${type.slice(1)}EventDetails`]: details }),
})
const iteration = (index: number) => ({ name: 'Each', index })

/** A Map of two, in the order in which its iterations are given. */
function map(order: readonly (readonly [index: number, ids: readonly [number, number, number, number]])[]) {
  const inside = order.flatMap(([index, [start, enter, exit, end]]) => [
    event(start, 3, 'MapIterationStarted', iteration(index)),
    entered(enter, start, `P`),
    exited(exit, enter, 'P'),
    event(end, exit, 'MapIterationSucceeded', iteration(index)),
  ])
  return [
    event(1, 0, 'ExecutionStarted', { input: '{}' }),
    entered(2, 0, 'Each', 'Map'),
    event(3, 2, 'MapStateStarted', { length: 2 }),
    ...inside.toSorted((a, b) => a.id - b.id),
    event(12, 11, 'MapStateSucceeded'),
    exited(13, 12, 'Each', 'Map'),
    event(14, 13, 'ExecutionSucceeded', { output: '[]' }),
  ]
}

describe('normalizeHistory', () => {
  it('gives the same for iterations one after the other, the other way round, and interleaved', () => {
    const inOrder = map([
      [0, [4, 5, 6, 7]],
      [1, [8, 9, 10, 11]],
    ])
    const reversed = map([
      [1, [4, 5, 6, 7]],
      [0, [8, 9, 10, 11]],
    ])
    const interleaved = map([
      [0, [4, 6, 8, 10]],
      [1, [5, 7, 9, 11]],
    ])
    const normal = normalizeHistory(inOrder, none)
    expect(normal).toHaveLength(7)
    expect(normal[3]).toHaveProperty('branches.1.0.details', iteration(1))
    expect(normalizeHistory(reversed, none)).toEqual(normal)
    expect(normalizeHistory(interleaved, none)).toEqual(normal)
  })

  it('takes an iteration that follows another one of the same worker for its sibling', () => {
    const events = map([
      [0, [4, 5, 6, 7]],
      [1, [8, 9, 10, 11]],
    ])
    const chained = events.map((one) => (one.id === 8 ? { ...one, previousEventId: 7 } : one))
    expect(normalizeHistory(chained, none)).toEqual(normalizeHistory(events, none))
  })

  it('tells a missing event, another order of states and another value from nothing', () => {
    const events = map([
      [0, [4, 5, 6, 7]],
      [1, [8, 9, 10, 11]],
    ])
    const normal = normalizeHistory(events, none)
    const without = events.filter(({ id }) => id !== 6)
    const renamed = events.map((one) => (one.id === 9 ? entered(9, 8, 'Q') : one))
    const other = events.map((one) => (one.id === 14 ? event(14, 13, 'ExecutionSucceeded', { output: '[1]' }) : one))
    for (const changed of [without, renamed, other]) expect(normalizeHistory(changed, none)).not.toEqual(normal)
  })

  it('orders the branches of a Parallel by their first state', () => {
    const history = (first: string, second: string) => [
      entered(2, 0, 'Both', 'Parallel'),
      event(3, 2, 'ParallelStateStarted'),
      entered(4, 3, first),
      entered(5, 3, second),
      exited(6, 4, first),
      exited(7, 5, second),
      event(8, 7, 'ParallelStateSucceeded'),
      exited(9, 8, 'Both', 'Parallel'),
    ]
    const normal = normalizeHistory(history('A', 'B'), none)
    expect(normal[2]).toMatchObject({
      branches: [
        [{ details: { name: 'A' } }, {}],
        [{ details: { name: 'B' } }, {}],
      ],
    })
    expect(normalizeHistory(history('B', 'A'), none)).toEqual(normal)
  })

  it('writes stands for names, times and executions, also within JSON text', () => {
    const arn = 'arn:aws:states:us-east-1:000000000000:execution:machine:run-1.1'
    const output = JSON.stringify({ ExecutionArn: arn, StartDate: 1.5, at: '2026-01-01T00:00:00.123Z', by: 'fn:12' })
    const [normal] = normalizeHistory([event(1, 0, 'TaskSucceeded', { output })], new Map([['fn:12', '<function>']]))
    expect(normal).toMatchObject({
      details: { output: { ExecutionArn: '<execution>', StartDate: '<time>', at: '<time>', by: '<function>' } },
    })
  })

  it('reads variables as the values they are', () => {
    const details = { name: 'P', assignedVariables: { list: '[1]', text: '"a"', odd: '"a"b"' } }
    const [normal] = normalizeHistory([event(1, 0, 'PassStateExited'), event(2, 1, 'Variables', details)], none).slice(
      1,
    )
    expect(normal).toMatchObject({ details: { assignedVariables: { list: [1], text: 'a', odd: 'a"b' } } })
  })
})

it('has a reason for each known difference', () => {
  for (const { reason } of [...DROPPED_FIELDS, ...DROPPED_EVENTS, ...NOT_COMPARED]) expect(reason).toMatch(/\.$/)
})
