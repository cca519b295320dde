/** `kill -9` around the writes of memory: nothing is lost, nothing stands twice, and a forgetting is finished by asking again. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openMemory } from '../../src/memory/memory.ts'
import { openSqliteRecords } from '../../src/records/sqlite.ts'
import { memoryPartition } from '../../src/schema/memory.ts'
import { fakeClock } from '../../src/testing/fake-clock.ts'
import { scratch } from '../cli/baton.ts'

const WRITER = join(import.meta.dirname, 'memory-writer.ts')
const by = { runId: 'run-1', stepId: 'learn', agent: 'scout' }

async function write(path: string, what: 'remember' | 'forget', crashAt?: string) {
  const env = { ...process.env, ...(crashAt && { BATON_CRASH_AT: crashAt }) }
  const child = spawn(process.execPath, ['--conditions=baton-source', WRITER, path, what], { env })
  let stdout = ''
  child.stdout.on('data', (text) => {
    stdout += String(text)
  })
  const [status, signal] = await once(child, 'close')
  return { status, signal, stdout }
}

function open(path: string) {
  const records = openSqliteRecords({ path, synchronous: 'NORMAL' })
  return { records, memory: openMemory({ records, team: 'team', clock: fakeClock() }) }
}

it.each(['before:1', 'after:1', 'before:2', 'after:2'])(
  'a fact is there once after a death at remember.%s',
  async (at) => {
    const path = join(scratch(), 'records.db')
    expect((await write(path, 'remember', `memory.remember.${at}`)).signal).toBe('SIGKILL')
    expect(await write(path, 'remember')).toMatchObject({ status: 0, stdout: '12' })
    const { records, memory } = open(path)
    const history = await memory.history('notes', 'prices')
    expect(history).toMatchObject([
      { version: 1, text: 'four euros' },
      { version: 2, text: 'five euros' },
    ])
    records.close()
  },
  60_000,
)

/** The mark, then rows in two transactions. */
it.each(['before:1', 'after:1', 'before:2', 'after:2', 'before:3', 'after:3'])(
  'a forgetting that died at forget.%s is finished by asking again',
  async (at) => {
    const path = join(scratch(), 'records.db')
    const { records, memory } = open(path)
    const remember = (text: string, source: string) => memory.remember('notes', { text, subject: 'prices', source, by })
    for (let n = 0; n < 30; n += 1) await remember(`poison ${n}`, 'bad')
    await remember('sound', 'good')
    const search = async () =>
      (await memory.search('notes', { query: 'poison sound', limit: 100 })).map(({ fact }) => fact.text)
    const texts = async () => JSON.stringify((await records.query(memoryPartition('team', 'notes'))).items)

    expect((await write(path, 'forget', `memory.forget.${at}`)).signal).toBe('SIGKILL')
    // From the mark on, nobody finds it, erased or not.
    expect(await search()).toHaveLength(at === 'before:1' ? 31 : 1)
    expect((await texts()).includes('poison 29')).toBe(at !== 'after:3')
    expect(await write(path, 'forget')).toMatchObject({ status: 0, stdout: '30' })
    expect(await search()).toEqual(['sound'])
    expect(await texts()).not.toContain('poison ')
    await expect(remember('poison again', 'bad')).rejects.toMatchObject({ name: 'MemoryForgotten' })
    records.close()
  },
  60_000,
)
