/** A shop over HTTP that counts what it does, and fails in the ways that shops fail. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** What becomes of the next request: `act`: does it, then answers by `then`. */
export type Fault = (request: Seen, response: ServerResponse, act: () => unknown) => void

export interface Shop {
  readonly url: string
  readonly seen: Seen[]
  /** Refunds that were made, by their key. */
  readonly refunds: Map<string, unknown>
  /** How often a refund was made, keys regardless. */
  made: number
  fault: Fault | undefined
  close(): Promise<void>
}

export async function openShop(): Promise<Shop> {
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      const seen: Seen = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body }
      shop.seen.push(seen)
      const act = () => actOn(seen)
      const { fault } = shop
      shop.fault = undefined
      if (fault) fault(seen, response, act)
      else answer(response, 200, act())
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const shop: Shop = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    seen: [],
    refunds: new Map(),
    made: 0,
    fault: undefined,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  function actOn({ method, headers, body, url }: Seen): unknown {
    if (method !== 'POST') return { method, url, id: url.split('/').at(-1) }
    const key = headers['idempotency-key'] as string | undefined
    const known = key === undefined ? undefined : shop.refunds.get(key)
    if (known) return known
    shop.made += 1
    const refund = { refund: shop.made, of: JSON.parse(body) as unknown }
    shop.refunds.set(key ?? `none-${shop.made}`, refund)
    return refund
  }
  return shop
}

export function answer(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}

/** OpenAPI 3.0, with what real documents have: references, nullable, shared parameters. */
export const SHOP_DOCUMENT = {
  openapi: '3.0.3',
  info: { title: 'Shop', version: '1' },
  servers: [{ url: 'https://shop.example/v1' }],
  paths: {
    '/orders/{orderId}': {
      parameters: [{ $ref: '#/components/parameters/OrderId' }],
      get: {
        operationId: 'getOrder',
        summary: 'Gives one order',
        parameters: [
          { name: 'fields', in: 'query', schema: { type: 'array', items: { type: 'string' } } },
          { name: 'X-Trace', in: 'header', schema: { type: 'string' } },
          { name: 'Authorization', in: 'header', schema: { type: 'string' } },
          { name: 'session', in: 'cookie', schema: { type: 'string' } },
        ],
      },
      delete: { operationId: 'deleteOrder' },
    },
    '/refunds': {
      post: {
        operationId: 'createRefund',
        parameters: [{ name: 'Idempotency-Key', in: 'header', required: true, schema: { type: 'string' } }],
        requestBody: {
          required: true,
          content: { 'application/json': { schema: { $ref: '#/components/schemas/NewRefund' } } },
        },
      },
      get: {
        operationId: 'findRefund',
        parameters: [{ name: 'order', in: 'query', required: true, schema: { type: 'string' } }],
      },
    },
    '/upload': { post: { operationId: 'upload', requestBody: { required: true, content: { 'image/png': {} } } } },
    '/tree': {
      post: {
        operationId: 'plant',
        requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Tree' } } } },
      },
    },
    '/search': {
      get: {
        operationId: 'search',
        parameters: [{ name: 'filter', in: 'query', style: 'deepObject', schema: { type: 'object' } }],
      },
    },
  },
  components: {
    parameters: { OrderId: { name: 'orderId', in: 'path', required: true, schema: { type: 'string' } } },
    schemas: {
      NewRefund: {
        type: 'object',
        required: ['order', 'cents'],
        properties: {
          order: { type: 'string' },
          cents: { type: 'integer', minimum: 0, exclusiveMinimum: true },
          note: { type: 'string', nullable: true },
        },
      },
      Tree: { type: 'object', properties: { left: { $ref: '#/components/schemas/Tree' } } },
    },
  },
} as const
