/** Conditions: what holds, and that a refusal is a value which tells what is stored. */
import { deepStrictEqual, strictEqual } from 'node:assert/strict'
import type { Condition, Item, Records, Write } from '../../records/records.ts'
import type { RecordsCase } from '../records-contract.ts'

const STORED = { word: 'a', number: 5, flag: true, nothing: null, list: [1, { b: 2, a: [] }], text5: '5' }
const also = (...conditions: Condition[]): Condition => ({ kind: 'and', conditions })
const either = (...conditions: Condition[]): Condition => ({ kind: 'or', conditions })

/** On the item above: whether it holds. On no item at all: whether it holds there. */
const TABLE: readonly (readonly [Condition, onStored: boolean, onNothing: boolean])[] = [
  [{ kind: 'absent' }, false, true],
  [{ kind: 'exists' }, true, false],
  [{ kind: 'equals', attribute: 'word', value: 'a' }, true, false],
  [{ kind: 'equals', attribute: 'word', value: 'b' }, false, false],
  [{ kind: 'equals', attribute: 'text5', value: 5 }, false, false],
  [{ kind: 'equals', attribute: 'nothing', value: null }, true, false],
  [{ kind: 'equals', attribute: 'missing', value: null }, false, false],
  [{ kind: 'equals', attribute: 'list', value: [1, { a: [], b: 2 }] }, true, false],
  [{ kind: 'equals', attribute: 'list', value: [1] }, false, false],
  [{ kind: 'notEquals', attribute: 'flag', value: true }, false, true],
  [{ kind: 'notEquals', attribute: 'flag', value: 'true' }, true, true],
  [{ kind: 'notEquals', attribute: 'missing', value: 1 }, true, true],
  [{ kind: 'less', attribute: 'number', than: 6 }, true, false],
  [{ kind: 'less', attribute: 'number', than: 5 }, false, false],
  [{ kind: 'less', attribute: 'word', than: 5 }, false, false],
  [{ kind: 'less', attribute: 'missing', than: 5 }, false, false],
  [{ kind: 'atLeast', attribute: 'number', value: 5 }, true, false],
  [{ kind: 'atLeast', attribute: 'number', value: 5.5 }, false, false],
  [also(), true, true],
  [either(), false, false],
  [also({ kind: 'exists' }, { kind: 'less', attribute: 'number', than: 9 }), true, false],
  [either({ kind: 'absent' }, also({ kind: 'exists' }, { kind: 'less', attribute: 'number', than: 1 })), false, true],
  [either(also({ kind: 'notEquals', attribute: 'word', value: 'x' }, either({ kind: 'exists' }))), true, false],
]

export const CONDITION_CASES: readonly RecordsCase[] = [
  {
    name: 'conditions hold and are refused alike for each kind of write',
    async run(records, partition) {
      const here: Item = { partition, sort: 'here', attributes: STORED }
      const nothing = { partition, sort: 'nothing' }
      await put(records, here)
      for (const [condition, onStored, onNothing] of TABLE) {
        const write: Write = { kind: 'check', key: here, condition }
        await expectOutcome(records, write, onStored, here)
        await expectOutcome(records, { ...write, key: nothing }, onNothing, undefined)
        await expectOutcome(records, { kind: 'put', item: here, condition }, onStored, here)
        await expectOutcome(records, { kind: 'update', key: here, condition, set: { word: 'a' } }, onStored, here)
      }
    },
  },
  {
    name: 'a refused put changes nothing and tells what is stored',
    async run(records, partition) {
      const first: Item = { partition, sort: 'x', attributes: { n: 1, deep: { a: [1] } } }
      strictEqual((await put(records, first)).ok, true)
      const outcome = await put(records, { ...first, attributes: { n: 2 } })
      deepStrictEqual(outcome, { ok: false, failed: 0, item: first })
      deepStrictEqual(await records.get(first), first)
    },
  },
  {
    name: 'an update sets, adds and removes, keeps the rest, and makes an item where the condition lets it',
    async run(records, partition) {
      const key = { partition, sort: 'x' }
      const condition: Condition = { kind: 'absent' }
      await records.write({ kind: 'update', key, condition, set: { a: 1, b: [2] }, add: { count: 2 } })
      const update = { set: { a: 'one' }, add: { count: -0.5, other: 3 }, remove: ['b', 'missing'] }
      await records.write({ kind: 'update', key, condition: { kind: 'exists' }, ...update })
      deepStrictEqual((await records.get(key))?.attributes, { a: 'one', count: 1.5, other: 3 })
    },
  },
  {
    name: 'a delete takes the item away, from its index too, and only where its condition holds',
    async run(records, partition) {
      const index = { partition: `${partition}-index`, sort: 'x' }
      const item: Item = { partition, sort: 'x', attributes: { n: 1 }, index }
      await put(records, item)
      const kept = await records.write({
        kind: 'delete',
        key: item,
        condition: { kind: 'less', attribute: 'n', than: 1 },
      })
      deepStrictEqual(kept, { ok: false, failed: 0, item })
      strictEqual((await records.write({ kind: 'delete', key: item, condition: { kind: 'exists' } })).ok, true)
      strictEqual(await records.get(item), undefined)
      deepStrictEqual((await records.queryIndex(index.partition)).items, [])
    },
  },
  {
    name: 'of 50 conditional increments at once none is lost',
    async run(records, partition) {
      const key = { partition, sort: 'counter' }
      await put(records, { ...key, attributes: { n: 0, version: 0 } })
      await Promise.all(Array.from({ length: 50 }, () => increment(records, key)))
      deepStrictEqual((await records.get(key))?.attributes, { n: 50, version: 50 })
    },
  },
]

/** Reads, then writes only if nobody wrote in between. Each refusal means that another got through: 50 rounds are enough. */
async function increment(records: Records, key: { partition: string; sort: string }): Promise<void> {
  let version = Number((await records.get(key))?.attributes['version'])
  for (let round = 0; round < 50; round++) {
    const condition: Condition = { kind: 'equals', attribute: 'version', value: version }
    const outcome = await records.write({ kind: 'update', key, condition, add: { n: 1, version: 1 } })
    if (outcome.ok) return
    version = Number(outcome.item?.attributes['version'])
  }
  throw new Error('an increment was refused 50 times')
}

function put(records: Records, item: Item) {
  return records.write({ kind: 'put', item, condition: { kind: 'absent' } })
}

async function expectOutcome(records: Records, write: Write, ok: boolean, item: Item | undefined): Promise<void> {
  const expected = ok ? { ok } : { ok, failed: 0, item }
  deepStrictEqual(await records.write(write), expected, `${write.kind} if ${JSON.stringify(write.condition)}`)
}
