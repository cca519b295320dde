/** Orders as items of a DynamoDB table, by the tools of `baton/tools`: each write is made once, also where it is sent twice. */
import { InvalidRequest, NotActed, type Tool, type ToolContext } from 'baton'
import { dynamodbTools } from 'baton/tools'
import * as z from 'zod'
import { Order } from './order.ts'
import type { Load, Loaded, Warehouse } from './warehouse.ts'

/** Your table: partition key `id`, a text. The tools get rights on exactly this one. */
export const TABLE = 'arn:aws:dynamodb:us-east-1:111122223333:table/orders'

const Place = { batch: z.string(), file: z.string(), line: z.int() }

export const table = dynamodbTools({
  name: 'orders',
  table: TABLE,
  key: { partition: 'id' },
  operations: {
    get: { kind: 'get', description: 'Gives an order by its number' },
    put: {
      kind: 'put',
      description: 'Puts a new order',
      when: 'absent',
      item: z.strictObject({ ...Order.shape, ...Place }),
    },
    note: {
      kind: 'put',
      description: 'Notes why a row was not loaded',
      item: z.strictObject({ ...Place, why: z.string() }),
    },
  },
})

/** Items that are written at the same time. */
const AT_ONCE = 16

export function dynamodbWarehouse({ get, put, note }: Record<'get' | 'put' | 'note', Tool> = table): Warehouse {
  return {
    async load({ batch, orders, odd, rejected }: Load, call) {
      const ends = await each(orders, async ({ file, line, order }) => {
        const item = { ...order, batch, file, line }
        const isNew = await put.run({ id: order.order, item }, of(call, order.order)).then(
          () => true,
          (error: unknown) => {
            if (error instanceof NotActed) return false
            throw error
          },
        )
        return isNew ? 'loaded' : isSame(await find(order.order, call), order) ? 'alreadyThere' : order.order
      })
      await each([...odd.map(({ cause, ...row }) => ({ ...row, problem: cause })), ...rejected], async (row) => {
        const { file, line, problem: why } = row
        const id = `not-loaded#${batch}#${file}#${line}`
        await note.run({ id, item: { batch, file, line, why } }, of(call, id))
      })
      const count = (end: string) => ends.filter((one) => one === end).length
      const differing = ends.filter((one) => one !== 'loaded' && one !== 'alreadyThere').slice(0, 100)
      return { loaded: count('loaded'), alreadyThere: count('alreadyThere'), differing } satisfies Loaded
    },
    async present(orders, call) {
      if (call === undefined) throw new InvalidRequest({ message: 'nobody asks', next: 'Ask from within a tool.' })
      const found = await each(orders, (order) => find(order, call))
      return found.filter((item) => item !== null).length
    },
  }

  async function find(id: string, call: ToolContext<unknown>) {
    const { item } = z.object({ item: z.record(z.string(), z.unknown()).nullable() }).parse(await get.run({ id }, call))
    return item
  }
}

/** A write of its own for each item, under the call's own identity. */
function of(call: ToolContext<unknown>, item: string): ToolContext<unknown> {
  return { ...call, callId: `${call.callId}:${item}` }
}

function isSame(item: Readonly<Record<string, unknown>> | null, order: Order): boolean {
  return item !== null && Object.entries(order).every(([key, value]) => item[key] === value)
}

async function each<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (let from = 0; from < items.length; from += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(from, from + AT_ONCE).map(work))))
  }
  return results
}
