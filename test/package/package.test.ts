import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = process.cwd()
const strict = ['--noEmit', '--module', 'nodenext', '--target', 'es2024', '--strict', '--skipLibCheck']

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

  const run = (command: string, words: readonly string[], environment: Readonly<Record<string, string>> = {}) =>
    execFileSync(command, [...words], {
      cwd: folder,
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
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('holds the library, and nothing of the workshop', () => {
    const paths = packed.files.map(({ path }) => path)
    expect(paths).toEqual(expect.arrayContaining(['dist/index.js', 'dist/infra.js', 'dist/functions.js']))
    expect(paths.filter((path) => /^(test|bench|examples|\.baton|cdk\.out)\//.test(path))).toEqual([])
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
})
