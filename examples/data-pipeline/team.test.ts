import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type JsonObject, NotActed } from 'baton'
import { chooseModel, type Model } from 'baton/host'
import { runInMemory, type Script, scriptedModel, toolContext } from 'baton/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { inspectBatch } from './inspect-batch.ts'
import { readBatch } from './read-batch.ts'
import { Report, renderReport, reportHolds } from './report.ts'
import team from './team.ts'
import { loadTool } from './tools.ts'
import { dynamodbWarehouse } from './warehouse-dynamodb.ts'

const DATA = join(import.meta.dirname, 'data')
let runs = 0
let folder: string
let warehouse: string
let batches: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'baton-pipeline-'))
  warehouse = join(folder, 'made', 'orders.db')
  batches = join(folder, 'data')
  cpSync(DATA, batches, { recursive: true })
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

interface Attempt {
  readonly model?: Model
  /** What the person says, by the node that asks. */
  readonly says?: Readonly<Record<string, JsonObject>>
}

async function ingest(batch: string, { model, says = {} }: Attempt = {}) {
  const asked: string[] = []
  const ended = await runInMemory(team, {
    model: model ?? (await chooseModel('offline')).model,
    input: { batch },
    settings: { batches, warehouse },
    runId: `run-${++runs}`,
    people: ({ node, request }) => {
      asked.push(`${node?.name}: ${JSON.stringify(request.subject)}`)
      const answer = says[node?.name ?? '']
      return answer ? { decision: 'approve', answer } : { decision: 'deny' }
    },
  })
  return { ...ended, asked }
}

function rowsOf(table: string): Record<string, unknown>[] {
  const database = new DatabaseSync(warehouse, { readOnly: true })
  try {
    return database.prepare(`SELECT * FROM ${table} ORDER BY 1, 2, 3`).all()
  } finally {
    database.close()
  }
}

describe('a good day with a few faults, offline', () => {
  it('loads what is clean and what a person lets in, and keeps the rest with its reason', async () => {
    const { run, output, asked } = await ingest('2026-03-02', { says: { decide: { release: ['BE-10169', 'BE-1'] } } })
    expect(run.error).toBeUndefined()
    const report = Report.parse(output)
    expect(report.figures).toEqual({
      decision: 'load',
      rows: 310,
      clean: 291,
      rejected: 12,
      repeated: 2,
      odd: 5,
      loaded: 292,
      alreadyThere: 0,
      differing: [],
      inWarehouse: 292,
    })
    expect(asked).toHaveLength(1)
    expect(asked[0]).toMatch(/^decide: .*EUR 2990.00 each; LAMP-01 usually costs EUR 29.90/)
    expect(rowsOf('orders')).toHaveLength(292)
    expect(rowsOf('orders').find((row) => row['order_number'] === 'AU-20001')).toMatchObject({
      day: '2026-03-02',
      batch: '2026-03-02',
      file: 'shop-austin.json',
      line: 2,
    })
    expect(rowsOf('odd_orders').map((row) => row['order_number'])).toEqual([
      'AU-20064',
      'AU-20080',
      'BE-10132',
      'BE-10151',
    ])
    const rejected = rowsOf('rejected_rows').map(({ file, line, problem }) => `${file}:${line} ${problem}`)
    expect(rejected).toHaveLength(12)
    expect(rejected).toContain('shop-berlin.csv:30 quantity "-3": at least 1 is expected')
    expect(rejected).toContain('shop-austin.json:42 customer C0000 is unknown')
    expect(renderReport(report)).toContain('- shop-berlin.csv:88: the line has 5 values for 9 columns')
  })

  it('loads nothing twice, and leaves alone what was changed at the source', async () => {
    await ingest('2026-03-02')
    const before = rowsOf('orders')
    const again = await ingest('2026-03-02')
    expect(Report.parse(again.output).figures).toMatchObject({ loaded: 0, alreadyThere: 291, inWarehouse: 291 })
    const file = join(batches, '2026-03-02/shop-berlin.csv')
    writeFileSync(file, readFileSync(file, 'utf8').replace('C1120;SHELF-04;2;', 'C1120;SHELF-04;4;'))
    const changed = await ingest('2026-03-02')
    expect(Report.parse(changed.output).figures).toMatchObject({
      loaded: 0,
      alreadyThere: 290,
      differing: ['BE-10001'],
      inWarehouse: 291,
    })
    expect(rowsOf('orders')).toEqual(before)
  })

  it('tries a load again under the same identity without loading more', async () => {
    const { sha256 } = readBatch(batches, '2026-03-02')
    const stepInput = { batch: '2026-03-02', columns: [], answers: null, sha256, release: null }
    const context = toolContext<unknown>({ settings: { batches, warehouse }, stepInput, callId: 'one' })
    const first = await loadTool.run({ batch: '2026-03-02' }, context)
    expect(await loadTool.run({ batch: '2026-03-02' }, { ...context, fence: 2 })).toEqual(first)
    expect(rowsOf('orders')).toHaveLength(291)
    writeFileSync(join(batches, 'reference/rates.json'), '{ "EUR": 1, "USD": 0.5 }')
    const later = loadTool.run({ batch: '2026-03-02' }, { ...context, callId: 'two' })
    await expect(later).rejects.toMatchObject({ name: 'NotActed' })
  })
})

describe('the gate', () => {
  it('lets nothing in from an export that was cut', async () => {
    const { output, asked } = await ingest('2026-03-04')
    const report = Report.parse(output)
    expect(report.figures).toMatchObject({ decision: 'stop', rows: 60, clean: 40, loaded: 0, inWarehouse: 0 })
    expect(renderReport(report)).toContain('stopped by the quality gate')
    expect(asked).toEqual([])
  })

  it('names a batch that is not there', async () => {
    const { run } = await ingest('2026-03-09')
    expect(run.status).toBe('failed')
  })
})

describe('a column that no rule knows', () => {
  it('is asked about where there is no language model', async () => {
    const column = { column: 'Kd', field: 'customer', unit: null }
    const columns = [{ file: 'shop-berlin.csv', columns: [column] }]
    const { output, asked } = await ingest('2026-03-03', { says: { 'map-columns': { columns } } })
    expect(asked[0]).toMatch(/^map-columns: .*"column":"Kd","samples":\["C1183"/)
    expect(Report.parse(output).figures).toMatchObject({ decision: 'load', loaded: 60 })
  })

  it('stops the batch where nobody says what it is', async () => {
    const { output } = await ingest('2026-03-03')
    expect(Report.parse(output).figures).toMatchObject({ decision: 'stop', loaded: 0 })
  })

  it('is the surveyor’s to know, who cannot change what the rules know', async () => {
    const { columns } = { columns: ['Bestell-Nr', 'Datum', 'Kd', 'Artikel', 'Menge', 'Einzelpreis', 'Währung'] }
    const known = ['order', 'date', 'customer', 'product', 'quantity', 'price', 'currency']
    const said = [
      ...columns.map((column, at) => ({ column, field: known[at] ?? null, unit: null })),
      { column: 'Gewicht kg', field: 'weight', unit: 'kg' },
    ]
    const off = said.map((one) => (one.field === 'price' ? { ...one, field: 'weight', unit: 'g' } : one))
    const submit = (columns: unknown) => ({ submit: { columns: [{ file: 'shop-berlin.csv', columns }], unclear: [] } })
    const model = await scripted({
      surveyor: [
        { toolUses: [{ name: 'read_columns', input: { batch: '2026-03-03' } }] },
        submit(off) as never,
        submit(said) as never,
      ],
    })
    const { output, asked } = await ingest('2026-03-03', { model })
    expect(asked).toEqual([])
    expect(Report.parse(output).figures).toMatchObject({ loaded: 60 })
  })
})

describe('what a model says', () => {
  it('counts for nothing where code has counted', async () => {
    const model = await scripted({
      inspector: [
        { toolUses: [{ name: 'inspect_batch', input: { batch: '2026-03-04' } }] },
        ({ messages }) => {
          const { intake } = resultIn(messages) as { intake: { gate: object } }
          return { submit: { intake: { ...intake, gate: { ...intake.gate, decision: 'load' } } } as never }
        },
        { turn: 3, repeat: true, text: 'It is fine. Load it.' },
      ],
    })
    const { run } = await ingest('2026-03-04', { model })
    expect(run.status).toBe('failed')
    expect(run.error).toMatchObject({ stepId: 'inspect' })
  })

  it('may name no number that nothing bears out', async () => {
    const { output, steps } = await ingest('2026-03-04')
    expect(steps.map(({ stepId }) => stepId)).toContain('report')
    const { inspected } = { inspected: inspectBatch(readBatch(batches, '2026-03-04'), []).intake }
    const input = { batch: '2026-03-04', columns: [], answers: null, intake: inspected, clean: null, released: null }
    const context = { runId: '', stepId: '', input, settings: {}, signal: new AbortController().signal }
    const report = Report.parse(output)
    expect(await reportHolds.run(report, context)).toEqual({ verdict: 'accept' })
    const made = { ...report, inWords: 'All 4711 orders are in.' }
    expect(await reportHolds.run(made, context)).toMatchObject({ problems: ['inWords: nothing bears out 4711'] })
  })
})

it('loads into DynamoDB what is not there, once', async () => {
  const items = new Map<string, object>()
  const marks = new Map<string, boolean>()
  const { get, put, note } = fakeTable(items, marks)
  const store = dynamodbWarehouse({ get, put, note } as never)
  const { clean, odd, rejected } = inspectBatch(readBatch(batches, '2026-03-02'), [])
  const load = { batch: '2026-03-02', orders: clean, odd, rejected }
  const call = toolContext<unknown>({ callId: 'one' })
  expect(await store.load(load, call)).toEqual({ loaded: 291, alreadyThere: 0, differing: [] })
  expect(await store.load(load, call)).toEqual({ loaded: 291, alreadyThere: 0, differing: [] })
  expect(items.size).toBe(291 + 17)
  const [first, ...others] = clean
  const changed = [{ ...first, order: { ...first?.order, quantity: 77 } }, ...others] as typeof clean
  const again = await store.load({ ...load, orders: changed }, toolContext<unknown>({ callId: 'two' }))
  expect(again).toEqual({ loaded: 0, alreadyThere: 290, differing: [first?.order.order] })
  expect(await store.present(['BE-10001', 'nothing'], call)).toBe(1)
})

/** The table's tools, over a map: a write is made once for a call, `put` only where nothing is. */
function fakeTable(items: Map<string, object>, marks: Map<string, boolean>) {
  const write = (isNew: boolean) => ({
    run: async ({ id, item }: { id: string; item: object }, { callId }: { callId: string }) => {
      if (marks.has(callId)) return { done: true }
      if (isNew && items.has(id)) throw new NotActed({ message: 'it is there', next: '' })
      marks.set(callId, true)
      items.set(id, item)
      return { done: true }
    },
  })
  const get = { run: async ({ id }: { id: string }) => ({ item: items.get(id) ?? null }) }
  return { get, put: write(true), note: write(false) }
}

/** Scripted agents, the others offline. */
async function scripted(script: Script): Promise<Model> {
  const [{ model: offline }, model] = [await chooseModel('offline'), scriptedModel(script)]
  return { ...offline, call: (request, options) => (options.agent in script ? model : offline).call(request, options) }
}

function resultIn(messages: readonly { readonly content: readonly object[] }[]): unknown {
  const result = messages.flatMap(({ content }) => content).find((block) => 'toolUseId' in block)
  return (result as { readonly content: unknown } | undefined)?.content
}
