import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ADAPTER_USERS, ADAPTERS, AWS_FILES, FILE_LINES, FOUNDATION, GENERATED, ROOMS } from './architecture/rules.ts'

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' })
  .split('\n')
  .filter((file) => /\.(ts|md|json|py|sh|yml)$/.test(file) && !GENERATED.some((prefix) => file.startsWith(prefix)))
const sources = files.filter((file) => file.startsWith('src/') && file.endsWith('.ts'))
const code = files.filter((file) => file.endsWith('.ts'))

const text = (file: string) => readFileSync(file, 'utf8')
const importsOf = (file: string) =>
  [
    ...text(file).matchAll(
      /(?:^|\n)\s*(?:import|export)\s[^'"`;]*?from\s+'([^']+)'|import\(\s*'([^']+)'\s*\)|(?:^|\n)import '([^']+)'/g,
    ),
  ].map((match) => match[1] ?? match[2] ?? match[3] ?? '')
const roomOf = (file: string) => (file.split('/')[1] ?? '').replace(/\.ts$/, '')
const localImports = (file: string) =>
  importsOf(file)
    .filter((target) => target.startsWith('.'))
    .map((target) => normalize(join(dirname(file), target)))

describe('the import law', () => {
  it.each(sources)('%s imports only what its room may', (file) => {
    const room = roomOf(file)
    const allowed = ROOMS[room]
    expect(allowed, `room ${room} is not in the law`).toBeDefined()
    const below = FOUNDATION.includes(room) ? [] : FOUNDATION
    const inside = localImports(file).filter((target) => target.startsWith('src/'))
    const wrong = inside.filter((target) => {
      const other = roomOf(target)
      return other !== room && !below.includes(other) && !allowed?.includes(other)
    })
    expect(wrong).toEqual([])
  })

  it('lets only hosts and choosers name an adapter', () => {
    const users = sources.flatMap((file) =>
      localImports(file)
        .filter((target) => ADAPTERS.some((adapter) => target === `src/${adapter}.ts`))
        .filter(
          (target) => dirname(target) !== dirname(file) || ADAPTERS.some((adapter) => file === `src/${adapter}.ts`),
        )
        .filter(() => !ADAPTER_USERS.some((user) => file.startsWith(`src/${user}`)))
        .map((target) => `${file} → ${target}`),
    )
    expect(users).toEqual([])
  })

  it('keeps the AWS SDK in files named for a service, and the CDK out of the core', () => {
    const sdk = sources.filter((file) => importsOf(file).some((target) => /^@(aws-sdk|smithy)\//.test(target)))
    expect(sdk.filter((file) => !AWS_FILES.test(file))).toEqual([])
    expect(
      sources.filter((file) => importsOf(file).some((target) => /^aws-cdk-lib|^constructs$/.test(target))),
    ).toEqual([])
  })
})

describe('the budget', () => {
  it.each(files)(`%s has at most ${FILE_LINES} lines`, (file) => {
    expect(text(file).split('\n').length).toBeLessThanOrEqual(FILE_LINES + 1)
  })
})

describe('the habits', () => {
  it('reads the environment in one file', () => {
    const readers = sources.filter((file) => text(file).includes('process.env'))
    expect(readers).toEqual(['src/config.ts'])
  })

  it('skips no test and focuses none', () => {
    const words = /\b(?:it|test|describe)(?:\.\w+)*\.(?:skip|only|todo|fails|skipIf|runIf)\b/
    expect(code.filter((file) => words.test(text(file)))).toEqual([])
  })

  it('has no enum, no any, no default export but in teams and configuration', () => {
    const exempt = /team\.ts$|\.config\.ts$/
    const wrong = code.filter(
      (file) =>
        /^\s*(?:export )?(?:const )?enum \w/m.test(text(file)) ||
        (!exempt.test(file) && /^export default/m.test(text(file))),
    )
    expect(wrong).toEqual([])
  })

  it('opens every source file with a word on what it is, unless its one export says it', () => {
    const silent = sources.filter((file) => text(file).split('\n').length > 120 && !text(file).startsWith('/**'))
    expect(silent).toEqual([])
  })

  it('imports zod whole, so that bundles stay small', () => {
    expect(code.filter((file) => /import \{[^}]*\} from 'zod'/.test(text(file)))).toEqual([])
  })
})
