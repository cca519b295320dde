/** Whole team files on the pages about patterns, and about data, are what `baton plan` takes. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { baton } from './cli/baton.ts'

const PAGES = join(import.meta.dirname, '../docs/patterns')
// Within the package, so that `baton` is found; where nothing is kept.
const DIST = join(import.meta.dirname, '../dist')
mkdirSync(DIST, { recursive: true })
const folder = mkdtempSync(join(DIST, 'pages-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const teams = [
  ...readdirSync(PAGES).filter((page) => page.endsWith('.md')),
  '../data-policy.md',
  '../memory.md',
].flatMap((page) => {
  const blocks = [...readFileSync(join(PAGES, page), 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code)
  return blocks.flatMap((code) => (code?.includes('export default defineTeam') ? [[page, code] as const] : []))
})

describe('teams on the pages', () => {
  it.each(teams)('%s', async (page, code) => {
    const file = join(folder, `${basename(page)}.team.ts`)
    writeFileSync(file, code)
    const { code: exit, stdout, stderr } = await baton(['plan', '--team', file])
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' })
    expect(stdout).toContain('model calls')
  })
})
