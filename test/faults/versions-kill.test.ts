/** `kill -9` around each write of versions: whoever repeats it finds every release, move and count once. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openSqliteRecords } from '../../src/records/sqlite.ts'
import { openRegistry } from '../../src/versions/registry.ts'
import { openReleases } from '../../src/versions/releases.ts'
import { countKey } from '../../src/versions/version-items.ts'
import { scratch } from '../cli/baton.ts'

const CHILD = join(import.meta.dirname, 'change-versions.ts')
/** Of both releases; of the publication, the canary's start and its end. */
const PLACES = [
  ...[1, 2].flatMap((nth) => [`version.register.before:${nth}`, `version.register.after:${nth}`]),
  ...[1, 2].flatMap((nth) => [`release.publish.before:${nth}`, `release.publish.after:${nth}`]),
  ...[1, 2, 3].flatMap((nth) => [`release.move.before:${nth}`, `release.move.after:${nth}`]),
  ...['release.count.before', 'release.count.after'],
]

function change(path: string, crashAt?: string) {
  const { signal, status, stderr } = spawnSync(process.execPath, ['--conditions=baton-source', CHILD, path], {
    env: { PATH: process.env['PATH'], ...(crashAt === undefined ? {} : { BATON_CRASH_AT: crashAt }) },
    encoding: 'utf8',
  })
  return { signal, status, stderr }
}

it('has nothing twice and nothing half', async () => {
  const folder = scratch()
  for (const [index, place] of PLACES.entries()) {
    const path = join(folder, `${index}.db`)
    expect({ place, ...change(path, place) }).toMatchObject({ place, signal: 'SIGKILL' })
    expect({ place, ...change(path) }).toMatchObject({ place, status: 0, stderr: '' })
    const records = openSqliteRecords({ path, synchronous: 'NORMAL' })
    const releases = openReleases(records)
    const { moves } = await releases.moves('work')
    expect({ place, kinds: moves.map(({ kind }) => kind) }).toEqual({
      place,
      kinds: ['canaryStopped', 'canaryStarted', 'published'],
    })
    expect((await releases.list('work')).releases.map(({ sequence }) => sequence)).toEqual([2, 1])
    expect(await releases.pointer('work')).toEqual({ stable: 1, revision: 3 })
    expect((await openRegistry(records).list('work')).map(({ version }) => version)).toEqual(['1.0.0', '1.0.1'])
    expect((await records.get(countKey('work', 2)))?.attributes).toMatchObject({ canaryRuns: 1, canaryFailed: 1 })
    records.close()
  }
}, 120_000)
