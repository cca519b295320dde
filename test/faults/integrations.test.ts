/** Built-in tools under faults: each effect once, whatever dies or goes missing, and no secret anywhere. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { baton, eventsOf, scratch, twoAtATime, writeJson } from '../cli/baton.ts'
import { answer, type Fault, openShop, type Shop } from '../unit/integrations/shop-server.ts'

const TEAM = join(import.meta.dirname, '../cli/teams/shop.team.ts')
const VALUE = 'canary-9b1f60d2'

const CALLS = [
  { name: 'shop_createRefund', input: { body: { order: 'o-1', cents: 100 } } },
  { name: 'books_refund', input: { id: 'o-1', cents: 100 } },
  { name: 'notes_append', input: { file: 'log.md', text: 'refunded o-1\n' } },
]
/** One call a turn, so that each arrival at a crash point is of one tool. */
const REPLIES = [...CALLS.map((call) => ({ toolUses: [call] })), { submit: { done: true } }]

/** Of each tool where it matters most, of the first elsewhere. */
const OF_EACH = ['ledger.claim.after', 'ledger.act.after', 'ledger.settle.before', 'journal.tool.before']
const OF_FIRST = ['ledger.claim.before', 'ledger.settle.after', 'journal.tool.after']
const PLACES = [
  ...OF_EACH.flatMap((point) => [1, 2, 3].map((arrival) => `${point}:${arrival}`)),
  ...OF_FIRST.map((point) => `${point}:1`),
]

let shops: Shop[] = []
beforeEach(() => {
  shops = []
})
afterEach(() => Promise.all(shops.map((shop) => shop.close())))

async function surroundings(folder: string) {
  mkdirSync(folder, { recursive: true })
  const database = new DatabaseSync(join(folder, 'books.db'))
  database.exec("CREATE TABLE orders (id TEXT PRIMARY KEY, cents INTEGER); INSERT INTO orders VALUES ('o-1', 500)")
  database.close()
  const shop = await openShop()
  shops.push(shop)
  const script = writeJson(folder, 'script.json', { agents: { clerk: REPLIES } })
  const environment = {
    SHOP_URL: shop.url,
    SHOP_FOLDER: folder,
    BATON_SECRET_SHOP_TOKEN: VALUE,
    BATON_DATA: join(folder, 'data'),
    BATON_MODEL: `scripted:${script}`,
  }
  return { folder, shop, environment }
}

function effectsOf({ folder, shop }: { readonly folder: string; readonly shop: Shop }) {
  const database = new DatabaseSync(join(folder, 'books.db'))
  const cents = database.prepare("SELECT cents FROM orders WHERE id = 'o-1'").get()?.['cents']
  database.close()
  return { refunds: shop.made, cents, log: readFileSync(join(folder, 'log.md'), 'utf8') }
}

const ONCE = { refunds: 1, cents: 400, log: 'refunded o-1\n' }

/** Whether any file of the run holds it, also in Base64. */
function holdsSecret(data: string): boolean {
  const base64 = Buffer.from(VALUE).toString('base64').slice(0, 16)
  return spawnSync('grep', ['-raqE', `${VALUE}|${base64}`, data]).status === 0
}

it('kill -9 between claim, act, settlement and journal: a resumed run has done each thing once', async () => {
  const root = scratch()
  const outcomes = await twoAtATime(PLACES, async (place) => {
    const place0 = await surroundings(join(root, place))
    const { environment } = place0
    const first = await baton(['run', 'x', '--team', TEAM], { environment: { ...environment, BATON_CRASH_AT: place } })
    const resumed = await baton(['resume', 'latest'], { environment })
    const data = environment.BATON_DATA
    return { place, died: first.signal, code: resumed.code, effects: effectsOf(place0), leaks: holdsSecret(data) }
  })
  expect(outcomes.length).toBe(PLACES.length)
  for (const outcome of outcomes) {
    const { place } = outcome
    expect(outcome).toEqual({ place, died: 'SIGKILL', code: 0, effects: ONCE, leaks: false })
  }
}, 300_000)

const FAULTS: readonly (readonly [string, Fault])[] = [
  ['dropped after the act', (_, response, act) => [act(), response.destroy()]],
  ['dropped before the act', (_, response) => response.destroy()],
  ['a 503 after the act', (_, response, act) => [act(), answer(response, 503, {})]],
]

it.each(FAULTS)(
  'a reply that is %s: the call is made again under its key, and happens once',
  async (_, fault) => {
    const place = await surroundings(join(scratch(), 'fault'))
    place.shop.fault = fault
    expect(await baton(['run', 'x', '--team', TEAM], { environment: place.environment })).toMatchObject({ code: 0 })
    expect(effectsOf(place)).toEqual(ONCE)
    expect(place.shop.seen.length).toBe(2)
    expect(new Set(place.shop.seen.map(({ headers }) => headers['idempotency-key'])).size).toBe(1)
  },
  60_000,
)

it('a server that gives the secret back, well or in an error, gets it into nothing that is kept or said', async () => {
  const place = await surroundings(join(scratch(), 'echo'))
  const { environment, shop } = place
  const echo =
    (status: number): Fault =>
    (seen, response) =>
      answer(response, status, {
        you: seen.headers.authorization,
        base64: Buffer.from(`u:${VALUE}`).toString('base64'),
      })
  for (const status of [200, 401]) {
    shop.fault = echo(status)
    const run = await baton(['run', 'x', '--team', TEAM], { environment })
    const events = await baton(['events', 'latest', '--json'], { environment })
    expect(run.stdout + run.stderr + events.stdout).not.toContain(VALUE)
  }
  const told = JSON.stringify(await eventsOf(environment.BATON_DATA))
  expect(told).toContain('[secret]')
  expect(shop.seen.length).toBe(2)
  expect(shop.seen.every(({ headers }) => headers.authorization === `Bearer ${VALUE}`)).toBe(true)
  expect(holdsSecret(environment.BATON_DATA)).toBe(false)
}, 60_000)
