import { expect, it } from 'vitest'
import { EmbedderMissing } from '../../../src/errors.ts'
import { energeticEmbedder } from '../../../src/memory/energetic-embedder.ts'
import { openMemory } from '../../../src/memory/memory.ts'
import { openSqliteRecords } from '../../../src/records/sqlite.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'

const by = { runId: 'run-1', stepId: 'learn', agent: 'scout' }

it('finds what means the same in other words, with weights that are installed', async () => {
  const records = openSqliteRecords({ path: ':memory:', synchronous: 'NORMAL' })
  const memory = openMemory({ records, team: 'team', clock: fakeClock(), embedder: energeticEmbedder() })
  for (const text of ['The dog sleeps on the sofa.', 'Interest rates went up again.', 'It will rain tomorrow.']) {
    await memory.remember('notes', { text, subject: 'news', source: 'a test', by })
  }
  const search = async (query: string, how: 'words' | 'meaning' | 'both') =>
    (await memory.search('notes', { query, limit: 1, by: how })).map(({ fact }) => fact.text)
  expect(await search('wet weather is coming', 'words')).toEqual([])
  expect(await search('wet weather is coming', 'meaning')).toEqual(['It will rain tomorrow.'])
  expect(await search('a puppy is resting', 'both')).toEqual(['The dog sleeps on the sofa.'])
}, 30_000)

it('without its packages, facts are kept and found by words, and meaning says what to install', async () => {
  const records = openSqliteRecords({ path: ':memory:', synchronous: 'NORMAL' })
  const missing = new EmbedderMissing({ message: 'not installed', next: 'npm i it' })
  const embedder = energeticEmbedder(() => Promise.reject(missing))
  const memory = openMemory({ records, team: 'team', clock: fakeClock(), embedder })
  await memory.remember('notes', { text: 'It will rain.', subject: 'news', source: 'a test', by })
  const found = await memory.search('notes', { query: 'rain', limit: 1 })
  expect([found.by, found.length]).toEqual(['words', 1])
  await expect(memory.search('notes', { query: 'rain', limit: 1, by: 'meaning' })).rejects.toBe(missing)
})
