import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { InvalidDefinition, NotActed } from '../../../src/errors.ts'
import { apiKey, basic, bearer } from '../../../src/integrations/http-auth.ts'
import { type HttpOutput, type HttpTools, httpTools } from '../../../src/integrations/http-tools.ts'
import { answer, openShop, SHOP_DOCUMENT, type Shop } from './shop-server.ts'
import { contextOf } from './tool-context.ts'

let shop: Shop
beforeEach(async () => {
  shop = await openShop()
})
afterEach(() => shop.close())

const REFUND = { body: { order: 'o-1', cents: 500 } }

function shopTools(more: Partial<HttpTools<'getOrder' | 'createRefund' | 'deleteOrder'>> = {}) {
  return httpTools({
    name: 'shop',
    document: SHOP_DOCUMENT,
    baseUrl: shop.url,
    auth: bearer({ secret: 'shop-token' }),
    rateLimit: { calls: 10, perSeconds: 1 },
    operations: {
      getOrder: {},
      createRefund: { idempotencyHeader: 'Idempotency-Key' },
      deleteOrder: { effect: 'keyed' },
    },
    ...more,
  })
}

describe('what becomes of an OpenAPI document', () => {
  it('each named operation is a tool; its parameters and body are the input', () => {
    const tools = shopTools()
    expect(Object.keys(tools)).toEqual(['getOrder', 'createRefund', 'deleteOrder'])
    expect(tools.getOrder).toMatchObject({
      name: 'shop_getOrder',
      effect: 'read',
      secrets: ['shop-token'],
      rateLimit: { name: 'shop', calls: 10 },
    })
    expect(tools.createRefund.effect).toBe('keyed')
    expect(Object.keys(tools.getOrder.inputSchema['properties'] as object)).toEqual(['orderId', 'fields', 'X-Trace'])
    expect(tools.createRefund.inputSchema).toMatchObject({ required: ['body'], additionalProperties: false })
    expect(tools.createRefund.input.safeParse(REFUND).success).toBe(true)
    expect(tools.createRefund.input.safeParse({ body: { order: 'o-1', cents: 0 } }).success).toBe(false)
    expect(tools.createRefund.input.safeParse({ body: { order: 'o-1', cents: 1, note: null } }).success).toBe(true)
  })

  it('a POST without a key is opaque; with a way to ask, lookup', () => {
    const { createRefund } = shopTools({ operations: ['createRefund'] })
    expect(createRefund.effect).toBe('opaque')
    const asked = httpTools({
      name: 'shop',
      document: SHOP_DOCUMENT,
      operations: {
        createRefund: {
          reconcile: { operation: 'findRefund', input: () => ({}), happened: () => ({ happened: 'unknown' }) },
        },
      },
    })
    expect(asked.createRefund.effect).toBe('lookup')
  })

  it.each([
    ['upload', /image\/png, not JSON/],
    ['plant', /#\/components\/schemas\/Tree refers to itself/],
    ['search', /filter has style deepObject/],
    ['cancelOrder', /no operation "cancelOrder"/],
  ])('%s is refused by name, with what to do', (id, words) => {
    const declare = () => httpTools({ name: 'shop', document: SHOP_DOCUMENT, operations: [id] })
    expect(declare).toThrow(InvalidDefinition)
    expect(declare).toThrow(words)
    expect(declare).toThrow(new RegExp(`operations\\.${id}`))
  })

  it.each(['ftp://shop.example', 'https://user:pass@shop.example', '/v1', 'https://{region}.shop.example'])(
    '%s is no base URL',
    (baseUrl) => {
      expect(() => shopTools({ baseUrl })).toThrow(/is no base URL/)
    },
  )

  it('keyed by nothing is refused', () => {
    expect(() =>
      httpTools({ name: 'shop', document: SHOP_DOCUMENT, operations: { createRefund: { effect: 'keyed' } } }),
    ).toThrow(/idempotencyHeader/)
  })

  it('a document of another version is refused', () => {
    expect(() => httpTools({ name: 'shop', document: { swagger: '2.0' }, operations: ['a'] })).toThrow(/3\.0 or 3\.1/)
  })
})

describe('a request', () => {
  it('carries the declaration, the values and the secret, each in its place', async () => {
    const context = contextOf('call-1')
    const output = await shopTools().getOrder.run({ orderId: 'a b/c', fields: ['x', 'y'], 'X-Trace': 't' }, context)
    expect(output).toEqual({ status: 200, body: expect.objectContaining({ method: 'GET' }), isCut: false })
    const [seen] = shop.seen
    expect(seen?.url).toBe('/v1/orders/a%20b%2Fc?fields=x&fields=y')
    expect(seen?.headers).toMatchObject({ authorization: 'Bearer secret of shop-token', 'x-trace': 't' })
    expect(context.sources).toEqual([
      { uri: `${shop.url}/orders/a%20b%2Fc?fields=x&fields=y`, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ])
  })

  it.each(['../refunds', '..', '.', 'a/../../b', '..\\x', '', 'a\r\nHost: evil'])(
    'the path value %j leads nowhere',
    async (orderId) => {
      await expect(shopTools().getOrder.run({ orderId }, contextOf('c'))).rejects.toThrow(NotActed)
      expect(shop.seen).toEqual([])
    },
  )

  it.each(['//evil.example/', '?x=1', '#x', '%2e%2e', 'https://evil.example', '@evil.example'])(
    'the path value %j stays one part of the path',
    async (orderId) => {
      await shopTools().getOrder.run({ orderId }, contextOf('c'))
      expect(shop.seen[0]?.url).toBe(`/v1/orders/${encodeURIComponent(orderId)}`)
    },
  )

  it('no line break gets into a header', async () => {
    const input = { orderId: 'o', 'X-Trace': 'a\r\nAuthorization: Bearer mine' }
    await expect(shopTools().getOrder.run(input, contextOf('c'))).rejects.toThrow(NotActed)
  })

  it('the key of a POST is the id of the call', async () => {
    await shopTools().createRefund.run(REFUND, contextOf('call-7'))
    expect(shop.seen[0]?.headers['idempotency-key']).toBe('call-7')
    expect(JSON.parse(shop.seen[0]?.body ?? '')).toEqual(REFUND.body)
  })

  it('basic auth, and a key in a query that is not in the record', async () => {
    await shopTools({ auth: basic({ user: 'me', secret: 's' }) }).getOrder.run({ orderId: 'o' }, contextOf('c'))
    expect(shop.seen[0]?.headers.authorization).toBe(`Basic ${Buffer.from('me:secret of s').toString('base64')}`)
    const context = contextOf('c')
    await shopTools({ auth: apiKey({ query: 'key', secret: 's' }) }).getOrder.run({ orderId: 'o' }, context)
    expect(shop.seen[1]?.url).toBe('/v1/orders/o?key=secret+of+s')
    expect(context.sources[0]?.uri).not.toContain('secret')
  })
})

describe('what an exchange proves', () => {
  const refund = (given = {}) => shopTools().createRefund.run(REFUND, contextOf('call-1', given)) as Promise<HttpOutput>

  it.each([400, 401, 403, 404, 409, 422, 429])('%i: it did nothing, and says so', async (status) => {
    shop.fault = (_, response) => answer(response, status, { why: 'because' }, { 'retry-after': '30' })
    const failure = await refund().catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(NotActed)
    expect((failure as Error).message).toMatch(
      new RegExp(`POST .*/v1/refunds was answered ${status} \\(Retry-After: 30\\).*because`),
    )
  })

  it('a refusal of a repeated call says nothing of the first', async () => {
    shop.fault = (_, response) => answer(response, 429, {})
    await expect(refund({ fence: 2 })).rejects.toMatchObject({ name: 'EffectUnknown' })
  })

  it.each([500, 502, 503, 408, 302])('%i: in doubt', async (status) => {
    shop.fault = (_, response) => answer(response, status, {}, { location: `${shop.url}/refunds` })
    await expect(refund()).rejects.toMatchObject({ name: 'EffectUnknown' })
    expect(shop.seen.length).toBe(1)
  })

  it('a connection that breaks after the act: in doubt, and the same call again acts no second time', async () => {
    shop.fault = (_, response, act) => {
      act()
      response.destroy()
    }
    await expect(refund()).rejects.toMatchObject({ name: 'EffectUnknown' })
    expect(await refund({ fence: 2 })).toMatchObject({ status: 200, body: { refund: 1 } })
    expect(shop.made).toBe(1)
  })

  it('an answer cut off in the middle: in doubt', async () => {
    shop.fault = (_, response, act) => {
      act()
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
      response.write('{"half":')
      setTimeout(() => response.destroy(), 20)
    }
    await expect(refund()).rejects.toMatchObject({ name: 'EffectUnknown' })
  })

  it('nobody listens: it did nothing', async () => {
    const closed = await openShop()
    await closed.close()
    const { createRefund } = shopTools({ baseUrl: closed.url })
    await expect(createRefund.run(REFUND, contextOf('c'))).rejects.toThrow(/could not be sent: ECONNREFUSED/)
  })

  it('of a read nobody has to be asked', async () => {
    shop.fault = (_, response) => answer(response, 503, {})
    const read = shopTools().getOrder.run({ orderId: 'o' }, contextOf('c'))
    await expect(read).rejects.toMatchObject({ name: 'HttpUnanswered' })
  })

  it('an abort ends it', async () => {
    shop.fault = () => undefined
    const abort = new AbortController()
    const ended = refund({ signal: abort.signal })
    await delay(30)
    abort.abort(new DOMException('late', 'TimeoutError'))
    await expect(ended).rejects.toMatchObject({ name: 'EffectUnknown' })
  })

  it('a missing secret: nothing was sent, and it is said which', async () => {
    const secret = async () =>
      Promise.reject(new NotActed({ message: 'there is no secret shop-token', next: 'Set it.' }))
    const failure = await refund({ secret }).catch((error: unknown) => error)
    expect(failure).toMatchObject({ name: 'NotActed', message: 'there is no secret shop-token', next: 'Set it.' })
    // What an earlier try may have done, a secret that is gone by now does not undo.
    await expect(refund({ secret, fence: 2 })).rejects.toMatchObject({ name: 'EffectUnknown' })
    expect(shop.seen).toEqual([])
  })

  it('what a first DELETE removed, its repetition finds gone', async () => {
    const { deleteOrder } = shopTools()
    shop.fault = (_, response) => answer(response, 404, {})
    await expect(deleteOrder.run({ orderId: 'o' }, contextOf('c', { fence: 2 }))).resolves.toMatchObject({
      status: 404,
    })
    shop.fault = (_, response) => answer(response, 404, {})
    await expect(deleteOrder.run({ orderId: 'o' }, contextOf('c'))).rejects.toThrow(NotActed)
  })
})

describe('an answer', () => {
  it('is read no further than the bound', async () => {
    shop.fault = (_, response) => answer(response, 200, 'x'.repeat(2_000_000))
    const output = (await shopTools().getOrder.run({ orderId: 'o' }, contextOf('c'))) as HttpOutput
    expect(output.isCut).toBe(true)
    expect(String(output.body).length).toBe(256 * 1024)
  })

  it('of a read is followed on the same host, and on no other', async () => {
    shop.fault = (_, response) => answer(response, 302, {}, { location: '/v1/orders/other' })
    const output = await shopTools().getOrder.run({ orderId: 'o' }, contextOf('c'))
    expect(output).toMatchObject({ body: { id: 'other' } })
    const elsewhere = await openShop()
    shop.fault = (_, response) => answer(response, 302, {}, { location: elsewhere.url })
    await expect(shopTools().getOrder.run({ orderId: 'o' }, contextOf('c'))).rejects.toThrow(/is not followed/)
    expect(elsewhere.seen).toEqual([])
    await elsewhere.close()
  })

  it('that is no JSON is text; none is null', async () => {
    shop.fault = (_, response) => void response.writeHead(200, { 'content-type': 'text/plain' }).end('plain')
    expect(await shopTools().getOrder.run({ orderId: 'o' }, contextOf('c'))).toMatchObject({ body: 'plain' })
    shop.fault = (_, response) => void response.writeHead(204).end()
    expect(await shopTools().getOrder.run({ orderId: 'o' }, contextOf('c'))).toMatchObject({ status: 204, body: null })
  })
})

it('a secret that the server gives back is in nothing that is given on', async () => {
  const echo = { you: 'sent secret of shop-token', header: 'Bearer secret of shop-token' }
  shop.fault = (_, response) => answer(response, 200, echo)
  const output = await shopTools().getOrder.run({ orderId: 'o' }, contextOf('c'))
  expect(output).toMatchObject({ body: { you: 'sent [secret]', header: 'Bearer [secret]' } })
  shop.fault = (_, response) => answer(response, 400, `${'x'.repeat(480)}secret of shop-token`)
  const failure = await shopTools()
    .createRefund.run(REFUND, contextOf('c'))
    .catch((error: unknown) => error)
  expect((failure as Error).message).not.toContain('secret of')
  shop.fault = (_, response) => answer(response, 200, `${'x'.repeat(256 * 1024 - 10)}secret of shop-token`)
  const cut = (await shopTools().getOrder.run({ orderId: 'o' }, contextOf('c'))) as HttpOutput
  expect(String(cut.body).slice(-9)).toBe('xxxxxxxxx')
})

it('reconcile asks, undo takes back', async () => {
  const { createRefund } = httpTools({
    name: 'shop',
    document: SHOP_DOCUMENT,
    baseUrl: shop.url,
    operations: {
      createRefund: {
        reconcile: {
          operation: 'findRefund',
          input: ({ body }) => ({ order: z.object({ order: z.string() }).parse(body).order }),
          happened: ({ status }) => ({ happened: status === 404 ? 'no' : 'unknown' }),
        },
        undo: { operation: 'deleteOrder', input: () => ({ orderId: 'o-1' }) },
      },
    },
  })
  shop.fault = (_, response) => answer(response, 404, {})
  expect(await createRefund.reconcile?.(REFUND, contextOf('c'))).toEqual({ happened: 'no' })
  expect(await createRefund.reconcile?.(REFUND, contextOf('c'))).toEqual({ happened: 'unknown' })
  await createRefund.undo?.({ input: REFUND, output: { status: 200, body: null, isCut: false } }, contextOf('c'))
  expect(shop.seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
    'GET /v1/refunds?order=o-1',
    'GET /v1/refunds?order=o-1',
    'DELETE /v1/orders/o-1',
  ])
})
