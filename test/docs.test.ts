import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'

const pages = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  encoding: 'utf8',
})
  .split('\n')
  .filter((page) => page !== '' && existsSync(page))
const text = (file: string) => readFileSync(file, 'utf8')
const sources = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', 'src/*.ts'], {
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '' && existsSync(file))
const verbs = [...text('src/cli/main.ts').matchAll(/^ {2}([a-z]+): \{/gm)].map((match) => match[1] ?? '')
const scripts = Object.keys((JSON.parse(text('package.json')) as { scripts: Record<string, string> }).scripts)

describe('what the pages say exists', () => {
  it.each(pages)('%s: links lead somewhere', (page) => {
    const links = [...text(page).matchAll(/\]\((?!https?:|#|mailto:)([^)#]+)[^)]*\)/g)].map((match) => match[1] ?? '')
    expect(links.filter((link) => !existsSync(join(dirname(page), link)))).toEqual([])
  })

  it.each(pages)('%s: paths in code exist', (page) => {
    const paths = [
      ...text(page).matchAll(
        /`((?:src|functions|infra|localstack|test|docs|bench|scripts|examples|statemachines)\/[A-Za-z0-9_./-]*)`/g,
      ),
    ]
    expect(paths.map((match) => match[1] ?? '').filter((path) => !existsSync(path))).toEqual([])
  })

  it.each(pages)('%s: npm scripts exist', (page) => {
    const named = [...text(page).matchAll(/npm run (?:--silent )?([a-z:-]+)/g)].map((match) => match[1] ?? '')
    expect(named.filter((name) => !scripts.includes(name))).toEqual([])
  })

  it.each(pages)('%s: verbs of baton exist', (page) => {
    const named = [...text(page).matchAll(/(?:npx baton|`baton) ([a-z]+)/g)].map((match) => match[1] ?? '')
    expect(named.filter((verb) => !verbs.includes(verb))).toEqual([])
  })

  it('what the program advises exists too', () => {
    const advised = sources.flatMap((file) => {
      const code = text(file).replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
      return [...code.matchAll(/\bbaton ([a-z]+)/g)].map((match) => ({ file, verb: match[1] ?? '' }))
    })
    expect(advised.length).toBeGreaterThan(20)
    expect(advised.filter(({ verb }) => !verbs.includes(verb))).toEqual([])
  })
})

describe('the README', () => {
  it('shows code that stands in the example, word for word', () => {
    const blocks = [...text('README.md').matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1] ?? '')
    const example = text('examples/triage/team.ts')
    expect(blocks.length).toBeGreaterThan(1)
    for (const block of blocks) expect(example).toContain(block)
  })

  it('holds no placeholder', () => {
    expect(pages.filter((page) => /\b(?:TODO|TBD|FIXME|NUMBERS|XXX)\b/.test(text(page)))).toEqual([])
  })

  it('names every verb', () => {
    expect(verbs.filter((verb) => !text('README.md').includes(`npx baton ${verb}`))).toEqual([])
  })
})
