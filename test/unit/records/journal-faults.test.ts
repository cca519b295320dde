import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/clock.ts'
import { openFolderArtifacts } from '../../../src/records/artifacts-folder.ts'
import { openJournal } from '../../../src/records/journal.ts'
import { openSqliteRecords } from '../../../src/records/sqlite.ts'
import { RunId, StepId } from '../../../src/schema/ids.ts'
import { foldStep } from './support/fold-step.ts'

const child = join(import.meta.dirname, 'journal-child.ts')
const newFolder = () => mkdtempSync(join(tmpdir(), 'baton-faults-'))

async function reopen(folder: string) {
  const records = openSqliteRecords({ path: join(folder, 'records.db'), synchronous: 'NORMAL' })
  const journal = openJournal({ records, artifacts: openFolderArtifacts(folder), clock: systemClock })
  const step = await journal.readStep(RunId.parse('run-1'), StepId.parse('plan'))
  records.close()
  return step
}

describe('a process that dies while it keeps a journal', () => {
  it.each([
    ['journal.start.before', 0],
    ['journal.start.after', 1],
    ['journal.turn.before:2', 3],
    ['journal.turn.after:3', 6],
    ['journal.tool.before:3', 6],
    ['journal.tool.after:1', 3],
    ['journal.outcome.before', 11],
    ['journal.outcome.after', 12],
    ['artifact.put.before', 3],
    ['artifact.put.after', 3],
  ])('at %s leaves %i whole rows, and the next goes on from them', async (point, rows) => {
    const folder = newFolder()

    const killed = spawnSync(process.execPath, [child, folder], { env: { BATON_CRASH_AT: point }, encoding: 'utf8' })

    expect(killed.signal, killed.stderr).toBe('SIGKILL')
    const step = await reopen(folder)
    const hashes = step.records.map(({ row }) => row.hash)
    expect(hashes).toHaveLength(rows)
    expect(hashes).toEqual(expect.arrayContaining(killed.stdout.trim().split('\n').filter(Boolean)))

    const next = spawnSync(process.execPath, [child, folder], { env: {}, encoding: 'utf8' })
    expect(next.status, next.stderr).toBe(0)
    const after = await reopen(folder)
    expect(foldStep(after.records).outcome?.body).toBe('done')
    expect(after.chains.map(({ verdict }) => verdict.status)).not.toContain('broken')
    if (rows > 0) expect(after.records[rows]?.row.cause).toBe(hashes.at(-1))
  })

  it('at any moment at all keeps every row it was told is durable', async () => {
    const folder = newFolder()
    const acknowledged = await killAfterRows(folder, 200)
    const step = await reopen(folder)
    const hashes = step.records.map(({ row }) => row.hash)
    expect(hashes.slice(0, acknowledged.length)).toEqual(acknowledged)
    expect(hashes.length - acknowledged.length).toBeLessThanOrEqual(1)
  })
})

it('two processes that claim the same attempt at once: one writes it, the other says so or takes the next', async () => {
  const folder = newFolder()
  const outputs = await Promise.all([runToEnd(folder), runToEnd(folder), runToEnd(folder)])
  const step = await reopen(folder)
  const winners = outputs.filter((output) => !output.startsWith('conflict'))
  expect(step.chains).toHaveLength(winners.length)
  expect(step.chains.map(({ verdict }) => verdict.status)).not.toContain('broken')
})

function killAfterRows(folder: string, rows: number): Promise<string[]> {
  return new Promise((resolve) => {
    const running = spawn(process.execPath, [child, folder, '100000'], { env: {} })
    let text = ''
    running.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.split('\n').length > rows) running.kill('SIGKILL')
    })
    running.on('close', () => resolve(text.split('\n').filter((line) => line.length === 64)))
  })
}

function runToEnd(folder: string): Promise<string> {
  return new Promise((resolve) => {
    const running = spawn(process.execPath, [child, folder], { env: {} })
    let text = ''
    running.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    running.on('close', () => resolve(text))
  })
}
