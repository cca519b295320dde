import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { baton, scratch } from './baton.ts'

const ROOT = resolve(import.meta.dirname, '../..')

it('copies an example as it is, and says what it wrote and what comes next', async () => {
  const cwd = scratch()
  mkdirSync(join(cwd, 'desk'))
  const { code, stdout } = await baton(['init', 'desk', '--example', 'customer-service', '--json'], { cwd })
  const told = JSON.parse(stdout) as { readonly files: readonly string[]; readonly next: readonly string[] }
  expect(code).toBe(0)
  expect(told.next).toContain('npm start')
  const found = readdirSync(join(cwd, 'desk'), { recursive: true, encoding: 'utf8' })
  expect(told.files.filter((file) => !found.includes(file))).toEqual([])
  for (const file of ['team.ts', 'team.test.ts', 'data/tickets.json', 'policy.ts']) {
    const example = join(ROOT, 'examples/customer-service', file)
    expect(readFileSync(join(cwd, 'desk', file), 'utf8')).toBe(readFileSync(example, 'utf8'))
  }
  expect(JSON.parse(readFileSync(join(cwd, 'desk/package.json'), 'utf8')).dependencies.baton).toMatch(/^file:/)
})

it.each([
  ['a folder that holds something', ['init', 'taken'], 4, 'taken is not empty: mine.txt; nothing was written'],
  ['a file', ['init', 'file'], 4, 'file is a file'],
  ['an unknown example', ['init', 'new', '--example', 'nothing'], 2, 'there is no example "nothing"'],
  ['no folder', ['init'], 2, 'next  baton init my-team'],
  ['the folder that one is in', ['init', '.'], 2, 'next  baton init my-team'],
])('refuses %s, and writes nothing', async (_, words, code, says) => {
  const cwd = scratch()
  mkdirSync(join(cwd, 'taken'))
  writeFileSync(join(cwd, 'taken/mine.txt'), 'mine')
  writeFileSync(join(cwd, 'file'), 'mine')
  const ended = await baton(words, { cwd })
  expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code, stderr: expect.stringContaining(says) })
  expect(readdirSync(cwd).sort()).toEqual(['file', 'taken'])
  expect(existsSync(join(cwd, 'taken/team.ts'))).toBe(false)
})
