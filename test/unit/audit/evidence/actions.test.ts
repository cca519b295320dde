import { expect, it } from 'vitest'
import { ACTION_IDS, actionId } from '../../../../src/audit/evidence/actions.ts'

it('holds every action of the profile once, by function', () => {
  const by = (prefix: string) => ACTION_IDS.filter((id) => id.startsWith(prefix)).length
  expect({ GOVERN: by('GV-'), MAP: by('MP-'), MEASURE: by('MS-'), MANAGE: by('MG-') }).toEqual({
    ...{ GOVERN: 58, MAP: 39, MEASURE: 72, MANAGE: 43 },
  })
  expect(new Set(ACTION_IDS).size).toBe(212)
  expect(new Set(ACTION_IDS.map((id) => id.slice(0, id.lastIndexOf('-')))).size).toBe(49)
})

it.each([
  ['MS-4.2-004', 'MS-4.2-004'],
  ['ms-2.10-003', 'MS-2.10-003'],
  ['GV-4.3-001', 'GV-4.3-001'],
  ['GV4.3--001', 'GV-4.3-001'],
])('knows %s', (word, id) => {
  expect(actionId(word)).toBe(id)
})

it.each([
  // Its own guide to reading has it as an example; there is no such action.
  ['GV-1.1-002', 'GV-1.1-001'],
  ['MS-4.2-006', 'MS-4.2-005'],
  ['MS-2.14-001', 'MS-2.10-001'],
  ['XX-1.1-001', 'GV-1.1-001'],
  ['', 'GV-1.1-001'],
])('refuses %j and names %s', (word, nearest) => {
  expect(() => actionId(word)).toThrow(
    expect.objectContaining({ next: expect.stringContaining(`nearest is ${nearest}.`) }),
  )
})
