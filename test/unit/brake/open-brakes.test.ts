import { expect, it } from 'vitest'
import { brakeReason, isStoppedBy, releaseCommand, scopeWords } from '../../../src/brake/brake-words.ts'
import { openBrakes } from '../../../src/brake/open-brakes.ts'
import { RecordsCorrupt } from '../../../src/errors.ts'
import { openSqliteRecords } from '../../../src/records/sqlite.ts'
import { TeamName } from '../../../src/schema/ids.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'
import { BRAKE_CONTRACT, WRITER } from './brake-contract.ts'

const records = openSqliteRecords({ path: ':memory:', synchronous: 'NORMAL' })

for (const { name, run } of BRAKE_CONTRACT) it(name, () => run(records))

it('reads once in two seconds, however many ask', async () => {
  let reads = 0
  const counting = {
    ...records,
    query: (partition: string) => {
      reads += 1
      return records.query(partition)
    },
  }
  const clock = fakeClock()
  const { read } = openBrakes({ records: counting, clock })
  for (let turn = 0; turn < 10; turn += 1) {
    await Promise.all([read({ team: 'demo' }), read({ team: 'demo' })])
    await clock.advance(500)
  }
  expect(reads).toBe(3)
})

it('does not take a damaged brake for none', async () => {
  const damaged = openSqliteRecords({ path: ':memory:', synchronous: 'NORMAL' })
  const item = { partition: 'BRAKE', sort: 'fleet', attributes: { scope: 'x' } }
  await damaged.write({ kind: 'put', item, condition: { kind: 'absent' } })
  const reading = openBrakes({ records: damaged, clock: fakeClock() }).read({ team: 'demo' })
  await expect(reading).rejects.toThrow(RecordsCorrupt)
})

it('is told, and recognised, in words', () => {
  const team = TeamName.parse('demo')
  const reason = brakeReason({ scope: WRITER, reason: 'nonsense', by: 'ada', at: '2026-01-01T00:00:00.000Z' })
  expect(reason).toBe(
    'The brake is on for agent writer of team demo: ada has set it at 2026-01-01T00:00:00.000Z: nonsense',
  )
  expect(isStoppedBy(WRITER, `draft ended as braked: ${reason}`)).toBe(true)
  expect(isStoppedBy({ of: 'team', team }, reason)).toBe(false)
  expect([{ of: 'fleet' } as const, { of: 'team', team } as const, WRITER].map(releaseCommand)).toEqual([
    'baton brake off --fleet',
    'baton brake off --team',
    'baton brake off --agent writer',
  ])
  expect(scopeWords({ of: 'fleet' })).toBe('every team')
})
