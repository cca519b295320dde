/** What is said about a run afterwards, and about this machine before one. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { OFFLINE_NOTICE } from '../../src/models/offline/offline.ts'
import { SCRIPTED_NOTICE } from '../../src/models/scripted-answer.ts'
import { baton, jsonLines, scratch, WORK_TEAM } from './baton.ts'
import { RENDERED, REPORT, workScript } from './scripts.ts'

describe('baton show', () => {
  it('prints the tree of the run, its report, and below it what the model said of itself', async () => {
    const folder = scratch()
    const words = ['--data', join(folder, 'data')]
    const run = ['run', '--team', WORK_TEAM, ...words, '--model', workScript(folder, { topics: 2 })]
    expect((await baton([...run, 'q'])).stdout).toBe(RENDERED)

    const shown = await baton(['show', 'latest', ...words])
    expect(shown.stdout.replaceAll(/(\d+ ms|\d\.\d s)/g, 'TIME')).toContain(
      [
        '✔ plan  planner · 1 turn · 110 tok · $0 · TIME',
        'topics',
        ' ├─ ✔ #0 work  worker · 2 turns · 2 tool calls · 220 tok · $0 · TIME',
        ' └─ ✔ #1 work  worker · 2 turns · 2 tool calls · 220 tok · $0 · TIME',
        '✔ report  writer · 1 turn · 110 tok · $0 · TIME',
        '',
        'critical path TIME: plan → topics:',
      ].join('\n'),
    )
    expect(shown.stdout).toContain(`\n${RENDERED}\n`)
    expect(shown.stdout.split(SCRIPTED_NOTICE)).toHaveLength(2)
    expect(jsonLines((await baton(['show', 'latest', ...words, '--json'])).stdout)).toMatchObject([
      { notices: [SCRIPTED_NOTICE], output: REPORT },
    ])
    expect((await baton(['show', 'latest', ...words, '--steps'])).stdout).toMatch(
      /topics:0\/work +completed +worker@1.0.0/,
    )
  })

  it('has the label also where `run` prints JSON: as a field, or beside an output that programs read', async () => {
    const folder = scratch()
    const words = ['run', '--team', join(import.meta.dirname, '../../examples/triage/team.ts'), '--data', folder]
    const lines = jsonLines((await baton([...words, '--json'])).stdout)
    expect(lines.at(-1)).toMatchObject({ type: 'run', notices: [OFFLINE_NOTICE] })
    const plain = await baton(words)
    expect(JSON.parse(plain.stdout)).toMatchObject({ reply: expect.any(String) })
    expect(plain.stderr).toContain(`\n${OFFLINE_NOTICE}\n`)
  })
})

describe('baton doctor', () => {
  it('finds no fault in a folder without a team', async () => {
    const ended = await baton(['doctor'], { cwd: scratch() })
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(ended.stdout).toMatch(/✔ model .*it answered\n– team {3}none in this folder.*\n.*--team FILE/)
  })

  it('finds one in a team that is there and cannot be loaded', async () => {
    const folder = scratch()
    mkdirSync(join(folder, 'src'))
    writeFileSync(join(folder, 'src/team.ts'), 'export const a = 1')
    expect(await baton(['doctor'], { cwd: folder })).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('✖ team'),
    })
  })
})
