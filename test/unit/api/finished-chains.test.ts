import { expect, it } from 'vitest'
import { finishedChains } from '../../../src/api/finished-chains.ts'
import type { RunId, StepId } from '../../../src/schema/ids.ts'
import type { JournalRow } from '../../../src/schema/journal-row.ts'

const RUN = 'run-1' as RunId
const step = (id: string) => id as StepId
const rows = (attempt: number, ...events: JournalRow['event'][]) =>
  events.map((event) => ({ event, attempt }) as JournalRow)

it('keeps what has ended until another attempt begins', () => {
  const chains = finishedChains()
  const done = rows(1, 'start', 'outcome')
  chains.keep(RUN, step('a'), done)
  chains.keep(RUN, step('b'), rows(1, 'start', 'turn'))
  expect(chains.find(RUN, step('a'), 1)).toBe(done)
  expect(chains.find(RUN, step('a'), 2)).toBeUndefined()
  expect(chains.find(RUN, step('b'), 1)).toBeUndefined()
  expect(chains.find('run-2' as RunId, step('a'), 1)).toBeUndefined()
})

it('drops what was used longest ago, and keeps nothing that is too large alone', () => {
  const chains = finishedChains(4)
  chains.keep(RUN, step('a'), rows(1, 'start', 'outcome'))
  chains.keep(RUN, step('b'), rows(1, 'start', 'outcome'))
  chains.find(RUN, step('a'), 1)
  chains.keep(RUN, step('c'), rows(1, 'start', 'outcome'))
  chains.keep(RUN, step('d'), rows(1, 'start', 'turn', 'turn', 'turn', 'outcome'))
  expect(['a', 'b', 'c', 'd'].map((id) => chains.find(RUN, step(id), 1) !== undefined)).toEqual([
    true,
    false,
    true,
    false,
  ])
})
