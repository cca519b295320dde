import type { Item, Key, Page, Records, Write, WriteOutcome } from '../../../src/records/records.ts'

/** Records of their own within others: every partition begins with a name that no other test uses. */
export function apart(records: Records, name: string): Records {
  const inside = <T extends Key>(key: T): T => ({ ...key, partition: `${name}#${key.partition}` })
  const outside = (item: Item): Item => ({ ...item, partition: item.partition.slice(name.length + 1) })
  const write = (one: Write): Write =>
    one.kind === 'put' ? { ...one, item: inside(one.item) } : { ...one, key: inside(one.key) }
  const page = ({ items, ...rest }: Page): Page => ({ ...rest, items: items.map(outside) })
  const outcome = (of: WriteOutcome): WriteOutcome =>
    of.ok || of.item === undefined ? of : { ...of, item: outside(of.item) }
  return {
    async get(key) {
      const item = await records.get(inside(key))
      return item && outside(item)
    },
    query: async (partition, options) => page(await records.query(`${name}#${partition}`, options)),
    queryIndex: async (partition, options) => page(await records.queryIndex(partition, options)),
    write: async (one) => outcome(await records.write(write(one))),
    transact: async (writes) => outcome(await records.transact(writes.map(write))),
  }
}
