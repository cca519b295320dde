/** An HTTP app on a port of this machine. What it answers, and who may ask, is the app's. */
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { InvalidRequest } from '../errors.ts'

export interface Listening {
  readonly url: string
  /** Cuts off who is still connected: they hold streams that end with no run. */
  close(): Promise<void>
}

interface ListenOptions {
  readonly fetch: (request: Request) => Response | Promise<Response>
  readonly hostname: string
  /** 0: any that is free. */
  readonly port: number
}

/** @throws InvalidRequest where the port is taken, or the address is none of this machine's. */
export async function listen({ fetch, hostname, port }: ListenOptions): Promise<Listening> {
  // Over HTTP/1.1, as no option of another protocol is given.
  const server = createAdaptorServer({ fetch }) as Server
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(port, hostname, () => resolve())
  try {
    await promise
  } catch (error) {
    throw refused(error as NodeJS.ErrnoException, hostname, port)
  }
  const { port: given } = server.address() as AddressInfo
  return {
    url: `http://${hostname.includes(':') ? `[${hostname}]` : hostname}:${given}`,
    close() {
      const closed = new Promise<void>((done) => server.close(() => done()))
      server.closeAllConnections()
      return closed
    },
  }
}

function refused(error: NodeJS.ErrnoException, hostname: string, port: number): InvalidRequest {
  const why: Readonly<Record<string, string>> = {
    EADDRINUSE: 'something else listens there',
    EADDRNOTAVAIL: 'that is no address of this machine',
    EACCES: 'that port needs rights that this process does not have',
  }
  return new InvalidRequest({
    message: `${hostname} port ${port} cannot be listened on: ${why[error.code ?? ''] ?? error.message}`,
    next: 'Name another port: --port 0 takes any that is free.',
    cause: error,
  })
}
