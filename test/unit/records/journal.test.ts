import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { Conflict, RecordsCorrupt } from '../../../src/errors.ts'
import { openFolderArtifacts } from '../../../src/records/artifacts-folder.ts'
import { openJournal } from '../../../src/records/journal.ts'
import { eraseBody } from '../../../src/records/journal-item.ts'
import { type JournalWriter, openJournalWriter } from '../../../src/records/journal-writer.ts'
import type { Condition, Records, Write } from '../../../src/records/records.ts'
import { openSqliteRecords } from '../../../src/records/sqlite.ts'
import { AgentName, RunId, Sha256, StepId } from '../../../src/schema/ids.ts'
import { JournalRow } from '../../../src/schema/journal-row.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'
import { foldStep } from './support/fold-step.ts'

const runId = RunId.parse('run-1')
const stepId = StepId.parse('findings:3/research')
const sha = (digit: string) => Sha256.parse(digit.repeat(64))
const actor = { agent: AgentName.parse('researcher'), version: '1.0.0', sha256: sha('a'), role: 'finds facts' }
const usage = { inputTokens: 10, outputTokens: 5, cacheReadTokens: 0, cacheWriteTokens: 0 }
const model = { provider: 'scripted', id: 'm', parameters: { maxTokens: 100 } }

function prepare(path = ':memory:') {
  const folder = mkdtempSync(join(tmpdir(), 'baton-journal-'))
  const records = openSqliteRecords({ path: path === ':memory:' ? path : join(folder, path), synchronous: 'NORMAL' })
  const journal = openJournal({ records, artifacts: openFolderArtifacts(folder), clock: fakeClock() })
  return { records, journal, folder }
}

async function claim({ journal }: ReturnType<typeof prepare>, attempt = 1): Promise<JournalWriter> {
  const writer = await journal.claimAttempt({ runId, stepId, attempt, actor })
  if (writer instanceof Conflict) throw writer
  return writer
}

describe('journal', () => {
  it('gives back what was appended, folded, as rows of the schema', async () => {
    const prepared = prepare()
    const writer = await claim(prepared)
    await writer.append(
      { event: 'turn', turn: 1, model, usage, costUsd: null, hashes: { prompt: sha('b') } },
      { text: 'hi' },
    )
    const tool = { name: 'search', callId: sha('c'), effect: 'read' }
    const sources = [{ uri: 'file:a.md', sha256: sha('d'), lines: [1, 2] as [number, number] }]
    await writer.append({ event: 'tool', turn: 1, tool, sources }, { hits: [1] })
    const total = { turns: 1, toolCalls: 1, inputTokens: 10, outputTokens: 5, costUsd: null }
    const outcome = await writer.append({ event: 'outcome', status: 'completed', total }, 'done')

    const step = await prepared.journal.readStep(runId, stepId)

    for (const { row } of step.records) expect(JournalRow.parse(row)).toEqual(row)
    expect(step.records.map(({ row }) => row.event)).toEqual(['start', 'turn', 'tool', 'outcome'])
    expect(step.records[0]?.row.actor).toEqual(actor)
    expect(step.records[1]?.row).toMatchObject({ model, usage, costUsd: null, hashes: { prompt: sha('b') } })
    expect(step.records[2]?.row).toMatchObject({ tool, sources })
    expect(foldStep(step.records).turns).toMatchObject([
      { turn: 1, record: { body: { text: 'hi' } }, tools: [{ body: { hits: [1] } }] },
    ])
    expect(foldStep(step.records).toolResults.get(sha('c'))?.body).toEqual({ hits: [1] })
    expect(foldStep(step.records).outcome).toMatchObject({ row: { total }, body: 'done' })
    expect(step.records.at(-1)?.row).toEqual(outcome)
    expect(step).toMatchObject({ nextAttempt: 2, head: writer.head })
  })

  it('gives an attempt to one of many claimers, even at the same instant', async () => {
    const prepared = prepare()
    const claims = await Promise.all(
      Array.from({ length: 20 }, () => prepared.journal.claimAttempt({ runId, stepId, attempt: 1, actor })),
    )
    expect(claims.filter((claimed) => claimed instanceof Conflict)).toHaveLength(19)
  })

  it('refuses a row where another has written, as a value', async () => {
    const prepared = prepare()
    const writer = await claim(prepared)
    const stranger = { partition: `RUN#${runId}#${stepId}`, sort: '000001#000001', attributes: { r: {} } }
    await prepared.records.write({ kind: 'put', item: stranger, condition: { kind: 'absent' } })
    expect(await writer.append({ event: 'turn', turn: 1 })).toBeInstanceOf(Conflict)
    expect(writer.rows).toBe(1)
  })

  it('takes a row as written where the reply to its first send was lost, but never a claim', async () => {
    const { records } = prepare()
    const sentTwice = {
      ...records,
      write: async (write: Write) => [await records.write(write), await records.write(write)][1],
    }
    const options = { records: sentTwice as Records, artifacts: openFolderArtifacts('unused'), clock: fakeClock() }
    const id = { runId, stepId, attempt: 1 }
    const writer = openJournalWriter({ ...options, id, prev: sha('0') })
    expect(await writer.append({ event: 'turn', turn: 1 })).toMatchObject({ seq: 0 })
    expect(await writer.append({ event: 'turn', turn: 2 })).toMatchObject({ seq: 1 })
    expect(await openJournal(options).claimAttempt({ ...id, attempt: 2, actor })).toBeInstanceOf(Conflict)
  })

  it('writes what goes alongside in one transaction, or neither', async () => {
    const prepared = prepare()
    const writer = await claim(prepared)
    const key = { partition: 'BUDGET', sort: 'x' }
    const draw = (condition: Condition): Write => ({ kind: 'update', key, condition, add: { spent: 1 } })
    expect(await writer.append({ event: 'decision' }, undefined, [draw({ kind: 'exists' })])).toBeInstanceOf(Conflict)
    expect(await writer.append({ event: 'decision' }, undefined, [draw({ kind: 'absent' })])).toMatchObject({ seq: 1 })
    expect((await prepared.records.get(key))?.attributes).toEqual({ spent: 1 })
    expect((await prepared.journal.readStep(runId, stepId)).records).toHaveLength(2)
  })

  it('writes several rows as one, chained, or none', async () => {
    const prepared = prepare()
    const writer = await claim(prepared)
    const ending = [
      { entry: { event: 'turn' as const, turn: 1 }, body: 'answer' },
      { entry: { event: 'outcome' as const } },
    ]
    const key = { partition: 'BUDGET', sort: 'x' }
    const draw: Write = { kind: 'update', key, condition: { kind: 'exists' }, add: { spent: 1 } }
    expect(await writer.appendAll(ending, [draw])).toBeInstanceOf(Conflict)
    expect(writer.rows).toBe(1)
    const [, added] = await Promise.all([writer.append({ event: 'decision' }), writer.appendAll(ending)])
    expect(added).toMatchObject([
      { event: 'turn', seq: 2 },
      { event: 'outcome', seq: 3, hash: writer.head },
    ])
    const step = await prepared.journal.readStep(runId, stepId)
    expect(step.records.map(({ row }) => row.event)).toEqual(['start', 'decision', 'turn', 'outcome'])
    expect(foldStep(step.records).turns[0]?.record.body).toBe('answer')
  })

  it('keeps appends of one writer in order without gaps, however many at once', async () => {
    const prepared = prepare()
    const writer = await claim(prepared)
    await Promise.all(Array.from({ length: 50 }, (_, i) => writer.append({ event: 'decision', reason: `${i}` })))
    const step = await prepared.journal.readStep(runId, stepId)
    expect(foldStep(step.records).decisions.map(({ row }) => row.reason)).toEqual(
      Array.from({ length: 50 }, (_, i) => `${i}`),
    )
  })

  it('chains attempts by cause and folds a turn recorded before into the next attempt', async () => {
    const prepared = prepare()
    await (await claim(prepared)).append({ event: 'turn', turn: 1 }, 'first')
    const { head, nextAttempt } = await prepared.journal.readStep(runId, stepId)
    const second = await prepared.journal.claimAttempt({ runId, stepId, attempt: nextAttempt, actor, cause: head })
    if (second instanceof Conflict) throw second
    await second.append({ event: 'turn', turn: 1 }, 'again')
    await second.append({ event: 'turn', turn: 2 }, 'second')
    const step = await prepared.journal.readStep(runId, stepId)
    expect(foldStep(step.records).turns.map(({ record }) => record.body)).toEqual(['first', 'second'])
    expect(step.chains.map(({ verdict }) => verdict.status)).toEqual(['intact', 'intact'])
    expect(step.records[2]?.row.cause).toBe(head)
  })

  it('lists the chains of a run and of no other', async () => {
    const prepared = prepare()
    await claim(prepared)
    await claim(prepared, 2)
    await prepared.journal.claimAttempt({ runId: RunId.parse('run-10'), stepId, attempt: 1, actor })
    const listed = []
    for await (const chain of prepared.journal.listChains(runId)) listed.push(chain)
    expect(listed).toEqual([
      { stepId, attempt: 1 },
      { stepId, attempt: 2 },
    ])
  })

  it('puts a large body among the artifacts and gives it back', async () => {
    const prepared = prepare()
    const body = { text: 'ä'.repeat(150_000) }
    await (await claim(prepared)).append({ event: 'turn', turn: 1 }, body)
    const stored = await prepared.records.get({ partition: `RUN#${runId}#${stepId}`, sort: '000001#000001' })
    expect(JSON.stringify(stored).length).toBeLessThan(500)
    expect(foldStep((await prepared.journal.readStep(runId, stepId)).records).turns[0]?.record.body).toEqual(body)
  })

  it.each([
    ['lone surrogates', { text: 'a\ud83d b', 'k\udc00': 1 }, { text: 'a\ufffd b', 'k\ufffd': 1 }],
    ['odd Unicode', { text: '\u0000\u2028🜁 é\\ud800' }, { text: '\u0000\u2028🜁 é\\ud800' }],
    ['numbers', [1e300, -0.1, 5e-324, 1e21], [1e300, -0.1, 5e-324, 1e21]],
  ])('keeps a body with %s, and its chain', async (_, body, kept) => {
    const prepared = prepare()
    await (await claim(prepared)).append({ event: 'turn', turn: 1, reason: 'x\ud800' }, body)
    const step = await prepared.journal.readStep(runId, stepId)
    expect(foldStep(step.records).turns[0]?.record).toMatchObject({ body: kept, row: { reason: 'x\ufffd' } })
  })

  it('still verifies after a body was erased', async () => {
    const prepared = prepare()
    await (await claim(prepared)).append({ event: 'turn', turn: 1 }, { name: 'Jane' })
    const key = { partition: `RUN#${runId}#${stepId}`, sort: '000001#000001' }
    const item = await prepared.records.get(key)
    if (item === undefined) throw new Error('the row was to be there')
    expect(await prepared.records.write(eraseBody(item))).toEqual({ ok: true })
    expect(JSON.stringify(await prepared.records.get(key))).not.toContain('Jane')
    const step = await prepared.journal.readStep(runId, stepId)
    expect(foldStep(step.records).turns[0]?.record).not.toHaveProperty('body')
  })

  it.each([
    ['a field', `UPDATE items SET attributes = json_set(attributes, '$.r.r', 'other') WHERE sort = '000001#000003'`, 3],
    ['a hash', `UPDATE items SET attributes = json_set(attributes, '$.r.#', 'AAAA') WHERE sort = '000001#000004'`, 4],
    ['a body', `UPDATE items SET attributes = json_set(attributes, '$.b', 'other') WHERE sort = '000001#000002'`, 2],
    ['a missing row', `DELETE FROM items WHERE sort = '000001#000002'`, 2],
    [
      'two rows swapped',
      `UPDATE items SET sort = CASE sort WHEN '000001#000002' THEN '000001#000009' ELSE sort END`,
      2,
    ],
  ])('finds %s that was changed in the file, at its row', async (_, sql, seq) => {
    const prepared = prepare('records.db')
    const writer = await claim(prepared)
    for (let i = 1; i <= 5; i++) await writer.append({ event: 'decision', reason: `r${i}` }, `body ${i}`)
    prepared.records.close()
    const database = new DatabaseSync(join(prepared.folder, 'records.db'))
    expect(database.prepare(sql).run().changes).toBeGreaterThan(0)
    database.close()

    const records = openSqliteRecords({ path: join(prepared.folder, 'records.db'), synchronous: 'NORMAL' })
    const journal = openJournal({ records, artifacts: openFolderArtifacts(prepared.folder), clock: fakeClock() })
    const [chain] = await journal.readChains(runId, stepId)

    expect(chain?.verdict).toMatchObject({ status: 'broken', seq })
    await expect(journal.readStep(runId, stepId)).rejects.toBeInstanceOf(RecordsCorrupt)
  })
})
