import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { cacheFolder, whileLocked } from '../../../localstack/cache.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lock-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** Longer than any process id: nobody has it. */
const DEAD = '99999999'

describe('whileLocked', () => {
  it('lets one after the other in', async () => {
    const file = join(folder, 'sub', 'lock')
    const seen: string[] = []
    const waits = Promise.withResolvers<void>()
    const first = whileLocked(
      file,
      () => {},
      async () => {
        seen.push('first in')
        await waits.promise
        seen.push('first out')
      },
    )
    await expect.poll(() => seen).toEqual(['first in'])
    await whileLocked(file, waits.resolve, async () => seen.push('second in'))
    await first
    expect(seen).toEqual(['first in', 'first out', 'second in'])
  })

  it('takes over from a dead process', async () => {
    const file = join(folder, 'lock')
    await writeFile(file, DEAD)
    expect(
      await whileLocked(
        file,
        () => {},
        async () => 'done',
      ),
    ).toBe('done')
  })

  it('takes over from a process that was killed before it could say who it is', async () => {
    const file = join(folder, 'lock')
    await writeFile(file, '')
    const longAgo = new Date(Date.now() - 60_000)
    await utimes(file, longAgo, longAgo)
    expect(
      await whileLocked(
        file,
        () => {},
        async () => 'done',
      ),
    ).toBe('done')
  })

  it('lets go where the work fails', async () => {
    const file = join(folder, 'lock')
    await expect(
      whileLocked(
        file,
        () => {},
        () => Promise.reject(new Error('no')),
      ),
    ).rejects.toThrow('no')
    expect(
      await whileLocked(
        file,
        () => {},
        async () => 'done',
      ),
    ).toBe('done')
  })
})

describe('cacheFolder', () => {
  it('is where the system says, else in the home folder', () => {
    expect(cacheFolder('/cache')).toBe('/cache/baton')
    expect(cacheFolder(undefined)).toBe(join(homedir(), '.cache', 'baton'))
  })
})
