import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as rules from './architecture/rules.ts'

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' })
  .split('\n')
  .filter((file) => /\.([cm]?[jt]sx?|md|json|py|sh|ya?ml)$/.test(file) && existsSync(file))
  .filter((file) => !rules.GENERATED.some((prefix) => file.startsWith(prefix)))
const code = files.filter((file) => /\.[cm]?[jt]s$/.test(file))
const sources = code.filter((file) => file.startsWith('src/'))
const outer = code.filter((file) => Object.keys(rules.OUTER_ROOMS).some((room) => file.startsWith(`${room}/`)))

const text = (file: string) => readFileSync(file, 'utf8')
const roomOf = (file: string) => (file.split('/')[1] ?? '').replace(/\.ts$/, '')

const SPECIFIER =
  /(?:^|\n)\s*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]|(?:^|\n)\s*import\s*['"]([^'"]+)['"]/g
const importsOf = (file: string) =>
  [...text(file).matchAll(SPECIFIER)].map((match) => match[1] ?? match[2] ?? match[3] ?? '')
const localImports = (file: string) =>
  importsOf(file)
    .filter((target) => target.startsWith('.'))
    .map((target) => normalize(join(dirname(file), target)))

describe('the import law', () => {
  it.each(sources)('%s imports only what its room may', (file) => {
    const room = roomOf(file)
    const allowed = rules.ROOMS[room]
    expect(allowed, `room ${room} is not in the law`).toBeDefined()
    const below = rules.FOUNDATION.includes(room) ? [] : rules.FOUNDATION
    const wrong = localImports(file).filter((target) => {
      if (target === 'package.json') return false
      const other = roomOf(target)
      return !target.startsWith('src/') || (other !== room && !below.includes(other) && !allowed?.includes(other))
    })
    expect(wrong).toEqual([])
  })

  it('lets only hosts and choosers name an adapter', () => {
    const adapterOf = (file: string) => rules.ADAPTERS.find((adapter) => file.startsWith(`src/${adapter}`))
    const users = sources.flatMap((file) =>
      localImports(file)
        .filter((target) => adapterOf(target) !== undefined && adapterOf(target) !== adapterOf(file))
        .filter(() => !rules.ADAPTER_USERS.some((user) => file.startsWith(`src/${user}`)))
        .map((target) => `${file} → ${target}`),
    )
    expect(users).toEqual([])
  })

  it('imports no package that is not agreed on, so no CDK, no Lambda types, not itself', () => {
    const foreign = sources.flatMap((file) =>
      importsOf(file)
        .filter((target) => !target.startsWith('.') && !rules.PACKAGES.some((agreed) => agreed.test(target)))
        .map((target) => `${file} → ${target}`),
    )
    expect(foreign).toEqual([])
  })

  it.each(outer)('%s imports only what its room may', (file) => {
    const [room = ''] = file.split('/')
    const { src = [], packages = [] } = rules.OUTER_ROOMS[room] ?? {}
    const wrong = importsOf(file).filter((target) => {
      if (!target.startsWith('.')) return !packages.some((agreed) => agreed.test(target))
      const path = normalize(join(dirname(file), target))
      if (path === 'package.json' || path.startsWith(`${room}/`)) return false
      return !path.startsWith('src/') || !(src.includes('*') || src.includes(roomOf(path)))
    })
    expect(wrong).toEqual([])
  })

  it('keeps the AWS SDK in files named for a service', () => {
    const sdk = sources.filter((file) => importsOf(file).some((target) => /^@(aws-sdk|smithy)\//.test(target)))
    expect(sdk.filter((file) => !rules.AWS_FILES.test(file))).toEqual([])
  })

  it('has no import that cannot be read off the text', () => {
    const hidden = sources.filter((file) => /\bimport\(\s*[^'"\s]|\brequire\(|createRequire/.test(text(file)))
    expect(hidden).toEqual(rules.COMPUTED_IMPORTS)
  })
})

describe('the budget', () => {
  it.each(files)('%s is small enough to be read', (file) => {
    const content = text(file)
    expect(content.split('\n').length).toBeLessThanOrEqual(rules.FILE_LINES + 1)
    expect(content.length).toBeLessThanOrEqual(rules.FILE_BYTES)
  })
})

describe('the habits', () => {
  it('reads the environment in one file', () => {
    const reads = /\bprocess\s*(?:\?\.|\.)\s*env\b|\bprocess\s*\[|\}\s*=\s*process\b|node:process/
    const readers = code.filter((file) => !/^test\/|\.test\.ts$/.test(file) && reads.test(text(file)))
    expect(readers).toEqual(rules.ENVIRONMENT_READERS)
  })

  it('skips no test and focuses none', () => {
    const modifier = /\b(?:it|test|describe)(?:\.\w+)*(?:\.|\[['"])(?:skip|only|todo|fails|skipIf|runIf)\b/
    const option = /\{\s*(?:skip|todo|only|fails)\s*:\s*true|\b(?:context|ctx|c)\.skip\(|\bx(?:it|describe|test)\(/
    const tests = code.filter((file) => file !== 'test/architecture.test.ts')
    expect(tests.filter((file) => modifier.test(text(file)) || option.test(text(file)))).toEqual([])
  })

  it('has no enum, and no default export but in teams and configuration', () => {
    const exempt = /team\.ts$|\.config\.ts$/
    const wrong = code.filter(
      (file) =>
        /^\s*(?:export )?(?:const )?enum \w/m.test(text(file)) ||
        (!exempt.test(file) && /^export default/m.test(text(file))),
    )
    expect(wrong).toEqual([])
  })

  it('opens every source file with a word on what it is, unless its one export says it', () => {
    const silent = sources.filter((file) => text(file).split('\n').length > 120 && !/^(#!.*\n)?\/\*\*/.test(text(file)))
    expect(silent).toEqual([])
  })

  it('imports zod whole, so that bundles stay small', () => {
    expect(code.filter((file) => /import \{[^}]*\} from 'zod'/.test(text(file)))).toEqual([])
  })
})
