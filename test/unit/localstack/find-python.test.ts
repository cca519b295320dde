import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findPython } from '../../../localstack/find-python.ts'
import { fakeProgram, fakePython } from './programs.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'python-'))
})
afterEach(() => rm(root, { recursive: true }))

const inPath = (...names: string[]) => ({ path: names.map((name) => join(root, name)).join(delimiter), pyenvRoots: [] })

describe('findPython', () => {
  it('prefers 3.13 to a newer one, wherever in the path it is', async () => {
    await fakePython(join(root, 'a/python3'), [3, 15])
    const best = await fakePython(join(root, 'b/python3.13'), [3, 13])
    expect(await findPython(inPath('a', 'b'))).toEqual({ python: { executable: best, version: '3.13' } })
  })

  it('passes over what does not run, is too old or makes no virtual environments, and says so', async () => {
    const shim = await fakeProgram(
      join(root, 'shims/python3.13'),
      'echo "pyenv: python3.13: command not found" >&2; exit 127',
    )
    const bare = await fakePython(join(root, 'a/python3.12'), [3, 12], false)
    const old = await fakePython(join(root, 'a/python3'), [3, 11])
    const two = await fakePython(join(root, 'b/python'), [2, 7])
    expect(await findPython(inPath('shims', 'a', 'b'))).toEqual({
      seen: [
        `${shim} does not run`,
        `${bare} is 3.12, but has no venv or ensurepip module`,
        `${old} is 3.11`,
        `${two} is 2.7`,
      ],
    })
  })

  it('looks under pyenv after the path', async () => {
    await fakeProgram(join(root, 'shims/python3'), 'exit 127')
    await fakePython(join(root, 'pyenv/versions/3.11.7/bin/python3'), [3, 11])
    await fakePython(join(root, 'pyenv/versions/3.14.1/bin/python3'), [3, 14])
    const found = await fakePython(join(root, 'pyenv/versions/3.12.1/bin/python3'), [3, 12])
    const places = { ...inPath('shims'), pyenvRoots: [join(root, 'absent'), join(root, 'pyenv')] }
    expect(await findPython(places)).toEqual({ python: { executable: found, version: '3.12' } })
  })

  it('finds nothing in an empty path', async () => {
    expect(await findPython({ path: '', pyenvRoots: [] })).toEqual({ seen: [] })
  })
})
