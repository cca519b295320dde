/** A server that answers LocalStack's own pages as it is told: for tests of who is taken for a LocalStack. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { NEEDED_SERVICES } from '../../../localstack/health.ts'

export const HEALTH = {
  services: Object.fromEntries(NEEDED_SERVICES.map((service) => [service, 'available'])),
  edition: 'community',
  version: '4.14.0',
}
export const INFO = { version: '4.14.0', edition: 'community', session_id: '5', is_docker: false }

export interface Pages {
  readonly health?: unknown
  readonly info?: unknown
  readonly adapted?: boolean
}

export async function fakeLocalStack({ health = HEALTH, info = INFO, adapted = true }: Pages = {}) {
  const pages: Readonly<Record<string, string | undefined>> = {
    '/_localstack/health': typeof health === 'string' ? health : JSON.stringify(health),
    '/_localstack/info': typeof info === 'string' ? info : JSON.stringify(info),
    '/_baton/adapted': adapted ? 'yes' : undefined,
  }
  const server = createServer((request, response) => {
    const page = pages[request.url ?? '']
    response.writeHead(page === undefined ? 404 : 200, { connection: 'close' }).end(page)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()))
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close }
}
