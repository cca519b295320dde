import { expect, it } from 'vitest'
import type { Records } from '../../../src/records/records.ts'
import { openSqliteRecords } from '../../../src/records/sqlite.ts'
import { Sha256 } from '../../../src/schema/ids.ts'
import type { Lockfile } from '../../../src/schema/run.ts'
import { openReleases } from '../../../src/versions/releases.ts'

const teamSha256 = Sha256.parse('a'.repeat(64))
const at = '2026-01-01T00:00:00.000Z'

function lockOf(version: number): Lockfile {
  const agent = {
    functionName: `arn:aws:lambda:us-east-1:1:function:solver:${version}`,
    version: '1.0.0',
    sha256: teamSha256,
  }
  return { agents: { solver: agent }, workflows: {} }
}

function releaseOf(version: number) {
  return { team: 'solvers', teamSha256, lock: lockOf(version), at }
}

function prepare(records: Records = openSqliteRecords({ path: ':memory:', synchronous: 'NORMAL' })) {
  return { records, releases: openReleases(records) }
}

it('has no current release before the first', async () => {
  const { releases } = prepare()
  expect(await releases.current('solvers')).toBeUndefined()
  expect(await releases.list('solvers')).toEqual({ releases: [] })
})

it('numbers releases, points to the newest and keeps the others', async () => {
  const { releases } = prepare()
  const first = await releases.publish(releaseOf(1))
  const second = await releases.publish(releaseOf(2))
  expect([first.sequence, second.sequence]).toEqual([1, 2])
  expect(await releases.current('solvers')).toEqual({ sequence: 2, teamSha256, lock: lockOf(2), at })
  expect(await releases.list('solvers')).toEqual({ releases: [second, first] })
  expect(await releases.list('solvers', { limit: 1 })).toEqual({ releases: [second], next: expect.any(String) })
})

it('records nothing new for an equal release, whatever the order of its keys', async () => {
  const { releases } = prepare()
  const first = await releases.publish(releaseOf(1))
  const { workflows, agents } = lockOf(1)
  const later = { ...releaseOf(1), lock: { workflows, agents }, at: '2026-02-01T00:00:00.000Z' }
  expect(await releases.publish(later)).toEqual(first)
  expect((await releases.list('solvers')).releases).toHaveLength(1)
})

it('goes back to an earlier lock as a new release', async () => {
  const { releases } = prepare()
  for (const version of [1, 2, 1]) await releases.publish(releaseOf(version))
  expect(await releases.current('solvers')).toMatchObject({ sequence: 3, lock: lockOf(1) })
})

it('loses none of those that are published at once', async () => {
  const { releases } = prepare()
  const published = await Promise.all([1, 2, 3, 4].map((version) => releases.publish(releaseOf(version))))
  expect(published.map(({ sequence }) => sequence).toSorted()).toEqual([1, 2, 3, 4])
  expect((await releases.current('solvers'))?.sequence).toBe(4)
})

it('takes a release whose reply was lost for recorded', async () => {
  const { records } = prepare()
  let lost = 0
  const losing: Records = {
    ...records,
    get: (key) => records.get(key),
    query: (partition, options) => records.query(partition, options),
    async transact(writes) {
      const outcome = await records.transact(writes)
      lost += 1
      return lost === 1 ? { ok: false, failed: 0, item: undefined } : outcome
    },
  }
  expect(await openReleases(losing).publish(releaseOf(1))).toMatchObject({ sequence: 1 })
  expect((await openReleases(records).list('solvers')).releases).toHaveLength(1)
})

it('says so where others publish without end', async () => {
  const { records } = prepare()
  const refusing: Records = {
    ...records,
    get: (key) => records.get(key),
    transact: async () => ({ ok: false, failed: 0, item: undefined }),
  }
  await expect(openReleases(refusing).publish(releaseOf(1))).rejects.toMatchObject({ name: 'Conflict' })
})

it('does not take just anything for a release', async () => {
  const { records, releases } = prepare()
  const item = { partition: 'REG#solvers', sort: 'CURRENT', attributes: { sequence: 'one' } }
  await records.write({ kind: 'put', item, condition: { kind: 'absent' } })
  await expect(releases.current('solvers')).rejects.toMatchObject({ name: 'RecordsCorrupt' })
})
