/** The examples, killed in the middle: what they write is written once. */
import { cpSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { baton, scratch, start, twoAtATime } from '../cli/baton.ts'

const EXAMPLES = join(import.meta.dirname, '../../examples')
const PLACES = ['ledger.claim.after:1', 'ledger.act.after:1', 'ledger.settle.before:1', 'journal.tool.after:3']

describe('the data pipeline', () => {
  it('loads each order once, killed at any of these places and resumed', async () => {
    const folder = scratch()
    const outcomes = await twoAtATime(PLACES, async (place) => {
      const [data, warehouse] = [join(folder, place), join(folder, `${place}.db`)]
      const words = ['run', '2026-03-02', '--team', join(EXAMPLES, 'data-pipeline/team.ts'), '--data', data]
      const first = await baton([...words, '--warehouse', warehouse], { environment: { BATON_CRASH_AT: place } })
      const second = start(['resume', 'latest', '--data', data])
      await second.saw('waits for a person')
      const listed = await baton(['approvals', '--json', '--data', data])
      const [id] = /a-[0-9a-f]{32}/.exec(listed.stdout) ?? []
      const answer = '{"release":["BE-10169","AU-20080"]}'
      const decided = await baton(['approve', id ?? '', '--answer', answer, '--data', data])
      const { code, stdout } = await second.ended
      return { place, signal: first.signal, decided: decided.code, code, stdout, counts: countsOf(warehouse) }
    })
    for (const { place, signal, decided, code, stdout, counts } of outcomes) {
      expect({ place, signal, decided, code }).toEqual({ place, signal: 'SIGKILL', decided: 0, code: 0 })
      expect({ place, ...counts }).toEqual({ place, orders: 293, odd_orders: 3, rejected_rows: 12, baton_calls: 2 })
      expect(stdout).toContain('- new in the warehouse by this run: 293')
    }
  }, 120_000)
})

describe('software delivery', () => {
  it.each(['ledger.claim.after:1', 'ledger.act.after:1', 'ledger.settle.before:1'])(
    'writes what was approved once, killed at %s and resumed',
    async (place) => {
      const [data, project] = [join(scratch(), 'data'), join(scratch(), 'project')]
      cpSync(join(EXAMPLES, 'software-delivery/project'), project, { recursive: true })
      const words = ['run', '--team', join(EXAMPLES, 'software-delivery/team.ts'), '--project', project, '--data', data]
      const first = start(words, { environment: { BATON_CRASH_AT: place } })
      await first.saw('waits for a person')
      const listed = await baton(['approvals', '--json', '--data', data])
      const [id] = /a-[0-9a-f]{32}/.exec(listed.stdout) ?? []
      expect(existsSync(join(project, 'src/parse-duration.js'))).toBe(false)
      expect(await baton(['approve', id ?? '', '--data', data])).toMatchObject({ code: 0 })
      expect((await first.ended).signal).toBe('SIGKILL')
      const { code, stdout } = await baton(['resume', 'latest', '--data', data])
      expect({ code, stdout }).toEqual({
        code: 0,
        stdout: expect.stringContaining('# Delivered: src/parse-duration.js, test/parse-duration.test.js'),
      })
      const database = new DatabaseSync(join(project, '.baton/calls.db'), { readOnly: true })
      const calls = database.prepare('SELECT is_done FROM calls').all()
      database.close()
      expect(calls).toEqual([{ is_done: 1 }, { is_done: 1 }])
    },
    60_000,
  )
})

describe('customer service', () => {
  it.each(['ledger.claim.after:1', 'ledger.act.after:1', 'ledger.settle.before:1', 'ledger.act.after:2'])(
    'refunds an order and answers a mail once, killed at %s and resumed',
    async (place) => {
      const [data, desk] = [join(scratch(), 'data'), join(scratch(), 'desk.db')]
      const words = ['run', 'T-1001', '--team', join(EXAMPLES, 'customer-service/team.ts'), '--desk', desk]
      const first = await baton([...words, '--data', data], { environment: { BATON_CRASH_AT: place } })
      expect(first.signal).toBe('SIGKILL')
      const { code, stdout } = await baton(['resume', 'latest', '--data', data])
      expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('refunded: €39.90 for F-5001') })
      const database = new DatabaseSync(desk, { readOnly: true })
      const refunds = database.prepare('SELECT order_number, cents FROM refunds').all()
      const letters = database.prepare('SELECT count(*) AS n FROM letters').get()
      const calls = database.prepare('SELECT count(*) AS n FROM baton_calls').get()
      database.close()
      expect({ refunds, letters, calls }).toEqual({
        refunds: [{ order_number: 'F-5001', cents: 3990 }],
        letters: { n: 1 },
        calls: { n: 2 },
      })
    },
    60_000,
  )
})

function countsOf(warehouse: string): Record<string, number> {
  if (!existsSync(warehouse)) return {}
  const database = new DatabaseSync(warehouse, { readOnly: true })
  const count = (table: string) => Number(database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.['n'])
  const tables = ['orders', 'odd_orders', 'rejected_rows', 'baton_calls']
  const counts = Object.fromEntries(tables.map((table) => [table, count(table)]))
  database.close()
  return counts
}
