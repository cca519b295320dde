/** docs/seals.md says what the record of a run costs on AWS: from the items that are written, at list prices. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { afterAll, expect, it, vi } from 'vitest'
import { systemClock } from '../../../src/clock.ts'
import { openHost } from '../../../src/engine/host.ts'
import { thisProcess } from '../../../src/engine/host-owner.ts'
import { openStores } from '../../../src/engine/host-stores.ts'
import { itemTo } from '../../../src/records/dynamodb-item.ts'
import { tableOf } from '../../../src/records/dynamodb-tables.ts'
import type { Item, Write } from '../../../src/records/records.ts'
import type { WorkflowName } from '../../../src/schema/ids.ts'
import { scriptedModel } from '../../../src/testing/scripted-model.ts'
import team from '../../cli/teams/work.team.ts'

const folder = mkdtempSync(join(tmpdir(), 'baton-seal-cost-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** US dollars, us-east-1, 2026. Free tiers and discounts left out. */
const WRITE_UNIT = 0.625 / 1_000_000
const SIGNATURE = 0.15 / 10_000
const PUT = 0.005 / 1_000
const GET = 0.0004 / 1_000
const INVOCATION = 0.2 / 1_000_000
const GIB_SECOND = 0.0000133334

/** The sealer's 512 MiB for a second: far more than it takes. */
const SEAL = SIGNATURE + 2 * PUT + 2 * GET + INVOCATION + 0.5 * GIB_SECOND
const MOST = 0.0002
/** What the page says of 50 rows. */
const UNITS = 80
const KIB = 1024

/** As DynamoDB counts: names and values in UTF-8; a number two digits a byte, and one. */
function bytesOf(item: Item): number {
  return Object.entries(itemTo(item)).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + sizeOf(value), 0)
}

function sizeOf({ S, N, B }: AttributeValue): number {
  if (S !== undefined) return Buffer.byteLength(S)
  if (N !== undefined) return Math.ceil(N.length / 2) + 1
  return B?.byteLength ?? 1
}

interface Counted {
  readonly kind: string
  readonly bytes: number
  readonly units: number
}

/** Every journal item of a run with five agents' steps, content included. In a transaction it costs twice, in the index once more. */
async function rowsOfRun(): Promise<readonly Counted[]> {
  const rows: Counted[] = []
  const stores = openStores({ folder, memory: true, synchronous: 'NORMAL', clock: systemClock })
  const count = (write: Write, times: number) => {
    if (write.kind !== 'put' || tableOf({ records: 'r', journal: 'j' }, write.item.partition) !== 'j') return
    const bytes = bytesOf(write.item)
    const { e: kind } = write.item.attributes['r'] as { readonly e: string }
    const once = Math.ceil(bytes / KIB)
    rows.push({ kind, bytes, units: once * times + (write.item.index === undefined ? 0 : once) })
  }
  const { write, transact } = stores.records
  vi.spyOn(stores.records, 'write').mockImplementation((one) => {
    count(one, 1)
    return write(one)
  })
  vi.spyOn(stores.records, 'transact').mockImplementation((several) => {
    for (const one of several) count(one, 2)
    return transact(several)
  })
  const note = (line: string) => ({ name: 'note', input: { line } })
  const turn = (n: number) => ({ toolUses: [note(`first ${n}`), note(`second ${n}`), note(`third ${n}`)] })
  const model = scriptedModel({
    planner: [{ submit: { topics: ['the rivers', 'the hills', 'the sea'] } }],
    worker: [turn(1), turn(2), turn(3), { submit: { done: 'yes' } }],
    writer: [{ submit: { title: 'All', lines: ['one', 'two', 'three'] } }],
  })
  const common = { stores, team, model, clock: systemClock, random: () => 0, priceOf: () => undefined }
  const host = openHost({ ...common, owner: thisProcess(), newRunId: () => 'run-1' })
  const { ended } = await host.start({ workflow: 'short' as WorkflowName, input: { question: 'What?' }, settings: {} })
  expect(await ended).toMatchObject({ status: 'succeeded' })
  await host.release()
  stores.close()
  return rows
}

it('costs at most 0.0002 US dollars for five agents and 50 rows, sealed four times', async () => {
  const rows = await rowsOfRun()
  const units = rows.reduce((sum, row) => sum + row.units, 0)
  const perRow = units / rows.length
  const written = 50 * perRow * WRITE_UNIT
  const told = UNITS * WRITE_UNIT
  console.log(`${rows.length} rows, ${units} write units; 50 rows: ${written.toFixed(6)}; a seal: ${SEAL.toFixed(6)}`)
  expect(rows.length).toBeGreaterThanOrEqual(45)
  expect(told + SEAL).toBeLessThan(MOST / 2)
  expect(told + 4 * SEAL).toBeLessThan(MOST)

  const page = readFileSync('docs/seals.md', 'utf8')
  expect(50 * perRow).toBeLessThanOrEqual(UNITS)
  expect(page).toContain(`| 50 rows | at most ${UNITS} write units | ${(UNITS * WRITE_UNIT).toFixed(6)} |`)
  expect(page).toContain(`| a seal | | ${SEAL.toFixed(6)} |`)
})
