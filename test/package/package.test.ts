import { execFileSync } from 'node:child_process'
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = process.cwd()
const strict = ['--noEmit', '--module', 'nodenext', '--target', 'es2024', '--strict', '--skipLibCheck']

const EXAMPLES = readdirSync(join(root, 'examples')).filter((name) =>
  existsSync(join(root, 'examples', name, 'example.json')),
)

/** What a user's own app looks like. */
const APP = `
import { App, Stack } from 'aws-cdk-lib'
import { AgentTeam } from 'baton/infra'
import team from './team.ts'

const app = new App()
new AgentTeam(new Stack(app, 'Support'), 'Team', { team, teamFile: 'team.ts' })
app.synth()
`

describe('the packed package, in a project of its own', () => {
  let folder = ''
  let packed: { readonly filename: string; readonly files: readonly { readonly path: string }[] }

  const run = (
    command: string,
    words: readonly string[],
    environment: Readonly<Record<string, string>> = {},
    cwd = folder,
  ) =>
    execFileSync(command, [...words], {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
    })

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'baton-package-'))
    const words = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]
    const told = execFileSync('npm', words, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
    packed = JSON.parse(told)[0]
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'scratch', private: true, type: 'module' }))
    run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', `./${packed.filename}`])
    writeFileSync(join(folder, 'team.ts'), readFileSync(join(root, 'examples/triage/team.ts')))
  }, 240_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true }), 60_000)

  it('holds the library, and nothing of the workshop', () => {
    const paths = packed.files.map(({ path }) => path)
    expect(paths).toEqual(expect.arrayContaining(['dist/index.js', 'dist/infra.js', 'dist/functions.js']))
    expect(paths.filter((path) => /^(test|bench|\.baton|cdk\.out)\//.test(path))).toEqual([])
  })

  it('type-checks a team, and runs it, without development dependencies', { timeout: 120_000 }, () => {
    run(join(root, 'node_modules/.bin/tsc'), [...strict, 'team.ts'])
    const baton = join(folder, 'node_modules/.bin/baton')
    const planned = JSON.parse(run(baton, ['plan', '--json'])) as readonly { readonly modelCalls: number }[]
    const lines = run(baton, ['run', 'I want my money back', '--json']).trim().split('\n')

    expect(planned[0]?.modelCalls).toBeGreaterThan(0)
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
      type: 'run',
      run: { status: 'succeeded', model: 'offline' },
    })
  })

  it("type-checks and synthesizes a user's own CDK app", { timeout: 240_000 }, () => {
    // The peers that such a project has: large, so those of this project.
    for (const peer of ['aws-cdk-lib', 'constructs', 'esbuild']) {
      symlinkSync(join(root, 'node_modules', peer), join(folder, 'node_modules', peer))
    }
    writeFileSync(join(folder, 'app.ts'), APP)

    run(join(root, 'node_modules/.bin/tsc'), [...strict, '--allowImportingTsExtensions', 'app.ts'])
    run('node', ['app.ts'], { CDK_OUTDIR: join(folder, 'cdk.out') })

    expect(readdirSync(join(folder, 'cdk.out'))).toContain('Support.template.json')
  })

  it.each(EXAMPLES)('makes a project of the example %s, whose team loads', { timeout: 60_000 }, (name) => {
    const project = join(folder, `my-${name}`)
    const told = run('npx', ['baton', 'init', `my-${name}`, '--example', name, '--json'])
    const { files } = JSON.parse(told) as { readonly files: readonly string[] }
    expect(files).toEqual(expect.arrayContaining(['README.md', 'app.ts', 'package.json', 'team.test.ts', 'team.ts']))
    expect(files.every((file) => existsSync(join(project, file)))).toBe(true)
    expect(readFileSync(join(project, 'README.md'), 'utf8')).not.toContain('examples/')
    expect(JSON.parse(run('npx', ['baton', 'plan', '--json'], {}, project))).not.toEqual([])
    expect(() => run('npx', ['baton', 'init', `my-${name}`])).toThrow(/is not empty: .*nothing was written/)
    expect(readdirSync(folder).filter((found) => found.startsWith('.my-'))).toEqual([])
  })

  it('makes a project that installs, runs, passes its types and tests, and synthesizes', { timeout: 300_000 }, () => {
    const project = join(folder, 'my-desk')
    run('npx', ['baton', 'init', 'my-desk', '--example', 'customer-service'])
    run('npm', ['install', '--omit=dev', '--no-audit', '--no-fund', '--prefer-offline'], {}, project)
    expect(lstatSync(join(project, 'node_modules/baton/dist/index.js')).isFile()).toBe(true)
    // Its development tools: large, so those of this project.
    for (const tool of ['aws-cdk-lib', 'constructs', 'esbuild', 'vitest', '@types']) {
      const place = join(project, 'node_modules', tool)
      if (!existsSync(place)) symlinkSync(join(root, 'node_modules', tool), place)
    }

    expect(run('npm', ['start'], {}, project)).toContain('refunded: €39.90 for F-5001')
    run(join(root, 'node_modules/.bin/tsc'), ['-p', '.'], {}, project)
    run(join(root, 'node_modules/.bin/vitest'), ['run'], {}, project)
    run(join(root, 'node_modules/.bin/cdk'), ['synth', '--quiet'], {}, project)
    expect(readdirSync(join(project, 'cdk.out'))).toContain('baton-customer-service-dev.template.json')
  })
})
