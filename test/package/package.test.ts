import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = process.cwd()

function run(folder: string, command: string, words: readonly string[]): string {
  return execFileSync(command, [...words], { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

describe('the packed package, in a project of its own', () => {
  it('installs without development dependencies, type-checks a team, and runs it', { timeout: 240_000 }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'baton-package-'))
    const [packed] = JSON.parse(
      run(root, 'npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]),
    ) as [{ readonly filename: string; readonly files: readonly { readonly path: string }[] }]
    expect(packed.files.map(({ path }) => path)).toContain('dist/index.js')
    expect(packed.files.filter(({ path }) => /^(test|bench|examples|\.baton)\//.test(path))).toEqual([])
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'scratch', private: true, type: 'module' }))
    run(folder, 'npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', `./${packed.filename}`])
    writeFileSync(join(folder, 'team.ts'), readFileSync(join(root, 'examples/triage/team.ts')))

    const strict = ['--noEmit', '--module', 'nodenext', '--target', 'es2024', '--strict', '--skipLibCheck', 'team.ts']
    run(folder, join(root, 'node_modules/.bin/tsc'), strict)
    const baton = join(folder, 'node_modules/.bin/baton')
    const planned = JSON.parse(run(folder, baton, ['plan', '--json'])) as readonly { readonly modelCalls: number }[]
    const lines = run(folder, baton, ['run', 'I want my money back', '--json']).trim().split('\n')

    expect(planned[0]?.modelCalls).toBeGreaterThan(0)
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
      type: 'run',
      run: { status: 'succeeded', model: 'offline' },
    })
  })
})
