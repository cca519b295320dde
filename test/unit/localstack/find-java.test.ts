import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findJava } from '../../../localstack/find-java.ts'
import { fakeProgram } from './programs.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'java-'))
})
afterEach(() => rm(root, { recursive: true }))

async function fakeJava(name: string, version: string, library = true): Promise<string> {
  const home = join(root, name)
  await fakeProgram(
    join(home, 'bin/java'),
    `{ echo "Property settings:"; echo "    java.home = ${home}"; echo "    java.specification.version = ${version}"; } >&2`,
  )
  if (library) {
    await mkdir(join(home, 'lib/server'), { recursive: true })
    await writeFile(join(home, 'lib/server/libjvm.so'), '')
  }
  return home
}

describe('findJava', () => {
  it('passes over what is too old, broken or lacks its library, and takes the next', async () => {
    const old = await fakeJava('8', '1.8')
    const eleven = await fakeJava('11', '11')
    const bare = await fakeJava('bare', '21', false)
    await fakeProgram(join(root, 'broken/bin/java'), 'exit 1')
    const homes = [old, eleven, bare, join(root, 'broken')]
    const path = homes.map((home) => join(home, 'bin')).join(delimiter)
    expect(await findJava({ path })).toEqual({
      seen: [
        `${old}/bin/java is 1.8`,
        `${eleven}/bin/java is 11`,
        `${bare} has no libjvm`,
        `${root}/broken/bin/java does not run`,
      ],
    })
    const good = await fakeJava('17', '17')
    const longer = [path, join(good, 'bin')].join(delimiter)
    expect(await findJava({ path: longer })).toEqual({ java: { home: good, version: 17 } })
  })

  it('believes JAVA_HOME first', async () => {
    const home = await fakeJava('21', '21')
    const other = await fakeJava('17', '17')
    expect(await findJava({ path: join(other, 'bin'), javaHome: home })).toEqual({ java: { home, version: 21 } })
  })
})
