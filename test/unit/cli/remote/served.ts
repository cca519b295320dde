/** Servers on the loopback that go away with the test, and clients of them that wait for nothing. */
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { onTestFinished } from 'vitest'
import type { HttpAppOptions } from '../../../../src/api/http/app.ts'
import { type EndpointOptions, openEndpoint } from '../../../../src/cli/remote/endpoint.ts'
import { openRemoteRuns } from '../../../../src/cli/remote/remote-runs.ts'
import type { Clock } from '../../../../src/clock.ts'
import type { Script } from '../../../../src/testing/scripted-model.ts'
import { bench } from '../../api/http/bench.ts'

export interface ImpatientClock extends Clock {
  /** What would have been slept, ms. */
  readonly slept: number[]
  /** Alarms that would ring at this moment. */
  readonly alarms: Set<() => void>
}

/** Sleeps not at all; alarms ring when a test lets them. */
export function impatientClock(now = new Date('2026-11-22T19:05:01.000Z')): ImpatientClock {
  const slept: number[] = []
  const alarms = new Set<() => void>()
  return {
    slept,
    alarms,
    now: () => now,
    async sleep(milliseconds) {
      slept.push(milliseconds)
      await new Promise((done) => setImmediate(done))
    },
    alarm(_milliseconds, ring) {
      alarms.add(ring)
      return () => void alarms.delete(ring)
    },
  }
}

/** @returns the URL. */
export async function listen(server: ReturnType<typeof createServer>): Promise<string> {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

export function serve(listener: RequestListener): Promise<string> {
  return listen(createServer(listener))
}

/** The real app on an embedded host. */
export async function serveApp(script?: Script, options?: HttpAppOptions) {
  const host = bench(script, options)
  const server = createAdaptorServer({ fetch: host.app.fetch }) as ReturnType<typeof createServer>
  return { ...host, server, url: await listen(server) }
}

export function client(url: string, options: Partial<EndpointOptions> = {}) {
  const clock = impatientClock()
  const way = { clock, random: () => 0.5, ...options }
  const endpoint = openEndpoint({ url, ...way })
  return { clock, endpoint, runs: openRemoteRuns(endpoint, way) }
}
