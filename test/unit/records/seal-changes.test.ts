import { createHash, generateKeyPairSync, sign as signWith } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { canonicalJson } from '../../../src/audit/canonical.ts'
import { verifySeal } from '../../../src/audit/seal.ts'
import { Conflict, RecordsCorrupt } from '../../../src/errors.ts'
import { artifactsOver } from '../../../src/records/artifacts.ts'
import { openJournal } from '../../../src/records/journal.ts'
import { eraseBody } from '../../../src/records/journal-item.ts'
import type { Item, Records, Write } from '../../../src/records/records.ts'
import { readStoredItems, type SealerDependencies, sealChanges } from '../../../src/records/seal-changes.ts'
import type { ItemChange } from '../../../src/records/seal-rows.ts'
import { openRecordsSeals } from '../../../src/records/seals.ts'
import { openSqliteRecords } from '../../../src/records/sqlite.ts'
import { RunId, type Sha256, StepId, TeamName } from '../../../src/schema/ids.ts'
import type { Actor } from '../../../src/schema/journal-row.ts'
import type { Json } from '../../../src/schema/json.ts'
import type { SealKey } from '../../../src/schema/run-audit.ts'
import { sha256 } from '../../../src/schema/sha256.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'

const RUN = RunId.parse('run-1')
const STEP = StepId.parse('topics:0/work')
const actor = { agent: 'worker', version: '1.0.0', sha256: '0'.repeat(64), role: 'r' } as unknown as Actor

/** A P-256 key as KMS has it, here. */
function p256() {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const der = publicKey.export({ type: 'spki', format: 'der' })
  const key: SealKey = {
    keyId: sha256(der),
    algorithm: 'ECDSA_SHA_256',
    publicKey: String(publicKey.export({ type: 'spki', format: 'pem' })),
    kind: 'kms',
  }
  return { key, sign: async (text: string) => signWith('sha256', Buffer.from(text), privateKey).toString('base64') }
}

/** A table whose stream is kept, the journal over it, and a sealer. */
function prepare() {
  const clock = fakeClock('2026-01-01T00:00:00.000Z', { auto: true })
  const table = openSqliteRecords({ path: ':memory:', synchronous: 'NORMAL' })
  const stream: ItemChange[] = []
  async function told(write: Write): Promise<void> {
    const key = write.kind === 'put' ? write.item : write.key
    const old = await table.get(key)
    await table.write(write)
    const item = await table.get(key)
    const event = String(stream.length)
    if (item === undefined && old !== undefined) stream.push({ kind: 'REMOVE', item: old, event })
    else if (item !== undefined) stream.push({ kind: old === undefined ? 'INSERT' : 'MODIFY', item, old, event })
  }
  const records: Records = {
    ...table,
    async write(write) {
      await told(write)
      return { ok: true }
    },
    async transact(writes) {
      for (const write of writes) await told(write)
      return { ok: true }
    },
  }
  const artifacts = artifactsOver({ write: async () => undefined, read: async () => undefined })
  const journal = openJournal({ records, artifacts, clock })
  const store = openRecordsSeals(openSqliteRecords({ path: ':memory:', synchronous: 'NORMAL' }))
  const copies = new Map<Sha256, string>()
  const { key, sign } = p256()
  const sealer: SealerDependencies = {
    team: TeamName.parse('team'),
    seals: { ...store, addCopy: async (_, hash, text) => void copies.set(hash, text) },
    key: async () => key,
    sign,
    readItems: readStoredItems(table),
    clock,
  }
  return {
    ...{ table, records, stream, store, copies, key, sealer },
    seal: (changes: readonly ItemChange[] = stream) => sealChanges(changes, sealer),
    async write(rows = 3, stepId = STEP, runId = RUN) {
      const writer = await journal.claimAttempt({ runId, stepId, attempt: 1, actor, body: { input: 'x' } })
      if (writer instanceof Conflict) throw writer
      for (let turn = 1; turn < rows; turn += 1) await writer.append({ event: 'turn', turn }, { text: `turn ${turn}` })
      return writer
    },
    async itemAt(seq: number, stepId = STEP) {
      const { items } = await table.query(`RUN#${RUN}#${stepId}`)
      return items[seq] as Item
    },
  }
}

describe('sealChanges', () => {
  it('tells of what it cannot read, and seals the other chains', async () => {
    const { write, seal, sealer, stream } = prepare()
    await write(3)
    await write(2, StepId.parse('report'))
    const readItems = () => Promise.reject(new RecordsCorrupt({ message: 'it is damaged', next: 'x' }))
    const [first, , ...rest] = stream
    const left = await sealChanges([first as ItemChange, ...rest], { ...sealer, readItems })
    expect(left.seals).toMatchObject([
      {
        chains: [
          { stepId: 'report', rows: 2 },
          { stepId: STEP, rows: 1 },
        ],
        faults: [`rows 1 to 1 of ${STEP}, attempt 1, cannot be read`],
      },
    ])
    const strange = { ...(stream[1] as ItemChange), item: { ...(stream[1] as ItemChange).item, attributes: {} } }
    const [seen] = (await seal([{ ...strange, kind: 'MODIFY', event: 'e9' }])).seals
    expect(seen?.faults).toEqual([`row 1 of ${STEP}, attempt 1, was changed (e9)`])
  })

  it('seals how far each chain of each run has come, with a copy of its rows and without their content', async () => {
    const { write, seal, store, copies, key } = prepare()
    const first = await write()
    const second = await write(2, StepId.parse('report'))
    await write(1, STEP, RunId.parse('run-2'))
    expect(await seal()).toMatchObject({
      seals: [
        { runId: RUN, seq: 0 },
        { runId: 'run-2', seq: 0 },
      ],
      strays: [],
    })

    const [sealed] = await store.list(RUN)
    expect(sealed?.chains).toEqual([
      { stepId: 'report', attempt: 1, rows: 2, head: second.head },
      { stepId: STEP, attempt: 1, rows: 3, head: first.head },
    ])
    expect(sealed && verifySeal(sealed, [key])).toBe(true)
    expect(sealed).not.toHaveProperty('faults')
    const copy = copies.get(sealed?.copy?.sha256 as Sha256) ?? ''
    expect(createHash('sha256').update(copy).digest('hex')).toBe(sealed?.copy?.sha256)
    expect(copy.trim().split('\n')).toHaveLength(5)
    expect(sealed?.copy?.rows).toBe(5)
    expect(copy).not.toContain('turn 1')
  })

  it('makes no second seal and no fault of changes that are told again, in part or after others', async () => {
    const { write, seal, store, stream } = prepare()
    const writer = await write()
    await seal()
    expect(await seal()).toMatchObject({ seals: [] })
    await writer.append({ event: 'turn', turn: 3 })
    expect(await seal(stream.slice(1))).toMatchObject({ seals: [{ seq: 1, chains: [{ rows: 4 }] }] })
    await seal(stream.slice(0, 2))
    await seal(stream)
    const seals = await store.list(RUN)
    expect(seals.map(({ seq, faults }) => [seq, faults])).toEqual([
      [0, undefined],
      [1, undefined],
    ])
  })

  it('takes chains in any order among each other, and reads rows that were left out from the table', async () => {
    const { write, seal, store, stream } = prepare()
    await write(3)
    await write(3, StepId.parse('report'))
    const [one, other] = [stream.slice(0, 3), stream.slice(3)]
    await seal([...other, ...one.slice(2)])
    const [only, ...more] = await store.list(RUN)
    expect(only?.chains.map(({ rows }) => rows)).toEqual([3, 3])
    expect(only?.faults).toBeUndefined()
    expect(more).toEqual([])
  })

  it('lets two sealers of one run seal each row once', async () => {
    const { write, seal, store, stream } = prepare()
    await write(2)
    await write(2, StepId.parse('report'))
    await Promise.all([seal(stream.slice(0, 2)), seal(stream.slice(2)), seal(stream.slice(2))])
    const seals = await store.list(RUN)
    expect(seals.map(({ seq }) => seq)).toEqual(seals.map((_, index) => index))
    expect(seals.flatMap(({ chains }) => chains.map(({ stepId }) => stepId)).sort()).toEqual(['report', STEP])
  })

  it.each([
    ['changed', 'row 1 of topics:0/work, attempt 1, was changed (3)'],
    ['removed', 'row 1 of topics:0/work, attempt 1, was removed (3)'],
  ])('tells of a row that was %s after it was sealed, once', async (how, fault) => {
    const { write, records, seal, store, stream, itemAt, key } = prepare()
    await write()
    await seal()
    const { partition, sort } = await itemAt(1)
    const set = { r: { e: 't', a: 0 } }
    await records.write(
      how === 'changed'
        ? { kind: 'update', key: { partition, sort }, condition: { kind: 'exists' }, set }
        : { kind: 'delete', key: { partition, sort }, condition: { kind: 'exists' } },
    )
    expect(await seal(stream.slice(3))).toMatchObject({ seals: [{ seq: 1, chains: [], faults: [fault] }] })
    expect(await seal(stream.slice(3))).toEqual({ seals: [], strays: [] })
    expect((await store.list(RUN)).every((one) => verifySeal(one, [key]))).toBe(true)
  })

  it('tells nothing of content that was erased, and of what replaced it afterwards', async () => {
    const { write, records, seal, stream, itemAt } = prepare()
    await write()
    await seal()
    await records.write(eraseBody(await itemAt(1)))
    expect(await seal(stream.slice(3))).toEqual({ seals: [], strays: [] })
    const { partition, sort } = await itemAt(1)
    const other: Json = { text: 'something else' }
    const change = {
      kind: 'update',
      key: { partition, sort },
      condition: { kind: 'exists' },
      set: { b: other },
    } as const
    await records.write(change)
    expect((await seal(stream.slice(4))).seals).toMatchObject([{ faults: [expect.stringContaining('was changed')] }])
  })

  it('tells of content that was erased under another hash', async () => {
    const { write, records, seal, stream, itemAt } = prepare()
    await write()
    await seal()
    const { partition, sort } = await itemAt(1)
    const set = { g: sha256('other') }
    await records.write({
      ...{ kind: 'update', key: { partition, sort }, condition: { kind: 'exists' } },
      ...{ set, remove: ['b'] },
    })
    expect((await seal(stream.slice(3))).seals).toMatchObject([{ faults: [expect.stringContaining('was changed')] }])
  })

  it('seals a chain up to a row that does not follow, and tells of it once', async () => {
    const { write, seal, stream, table, itemAt } = prepare()
    const writer = await write()
    const forged = { ...(await itemAt(2)), sort: '000001#000003' }
    await table.write({ kind: 'put', item: forged, condition: { kind: 'absent' } })
    stream.push({ kind: 'INSERT', item: forged, event: '3' })
    const fault = 'row 3 of topics:0/work, attempt 1, does not follow from the row before it'
    expect((await seal()).seals).toMatchObject([{ chains: [{ rows: 3, head: writer.head }], faults: [fault] }])
    stream.push({ kind: 'INSERT', item: { ...forged, sort: '000001#000004' }, event: '4' })
    expect((await seal()).seals).toEqual([])
  })

  it('tells of a row that is missing, and of what is none', async () => {
    const { write, seal, stream, table, itemAt } = prepare()
    await write()
    const { partition, sort } = await itemAt(1)
    await table.write({ kind: 'delete', key: { partition, sort }, condition: { kind: 'exists' } })
    const garbage = { partition, sort: 'x', attributes: { a: 1 } }
    const changes: ItemChange[] = [
      ...stream.filter((_, index) => index !== 1),
      { kind: 'INSERT', item: garbage, event: '9' },
      { kind: 'INSERT', item: { ...garbage, partition: 'elsewhere' }, event: '10' },
    ]
    expect(await seal(changes)).toMatchObject({
      seals: [
        {
          chains: [{ rows: 1 }],
          faults: ['row 1 of topics:0/work, attempt 1, is missing', `item ${partition} x is no row (9)`],
        },
      ],
      strays: ['item elsewhere x is of no run'],
    })
  })

  it('gives up where others are always quicker', async () => {
    const { write, stream, sealer } = prepare()
    await write()
    const store = { ...sealer.seals, add: async () => false }
    await expect(sealChanges(stream, { ...sealer, seals: store })).rejects.toMatchObject({ name: 'Conflict' })
  })

  it('copies rows in canonical JSON, one a line', async () => {
    const { write, seal, copies } = prepare()
    await write()
    await seal()
    const lines = [...copies.values()].flatMap((text) => text.trim().split('\n'))
    for (const line of lines) expect(canonicalJson(JSON.parse(line) as Json)).toBe(line)
  })
})
