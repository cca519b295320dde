/**
 * A DynamoDB between a function and LocalStack's, which does to one chosen write of a run what a network or a dying process
 * would do. Knows writes by their number within a run, and nothing of what is in them.
 *
 * `PUT /plan/<runId>` says what is to happen, `GET /seen/<runId>` what did. Writes of a run wait until there is a plan for it.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export const FAULTS = ['diesBefore', 'diesAfter', 'diesAndLandsLate', 'replyLost', 'deliveredTwice'] as const
export type Fault = (typeof FAULTS)[number]

export interface Plan {
  /** Which of the run's writes: 1 is the first. 0: none. */
  readonly at: number
  readonly fault: Fault
}

export interface Seen {
  /** By their operations. */
  readonly writes: readonly string[]
  readonly hasHappened: boolean
}

/** An answer with it kills the function's process, by `DIE_ON_HEADER`. */
const DIE = 'x-test-die'
/** How long a write of a dead process is on its way: until its successor is at work. */
const LATE_MS = 4_000
/** Until a test that starts a run has said what is to happen to it. */
const PLAN_MS = 30_000

/** For `NODE_OPTIONS`: ends the process, by a signal that nothing sees, before anything sees the answer. */
export const DIE_ON_HEADER = `--import=data:text/javascript,${encodeURIComponent(`
import http from 'node:http'
const { emit } = http.ClientRequest.prototype
http.ClientRequest.prototype.emit = function (name, ...given) {
  if (name === 'response' && given[0].headers['${DIE}']) process.kill(process.pid, 'SIGKILL')
  return emit.call(this, name, ...given)
}`)}`

interface Watched {
  plan?: Plan
  readonly writes: string[]
  hasHappened: boolean
}

export async function serveFaultyDynamodb(
  endpoint: string,
  listenOn: string,
): Promise<{ port: number; close(): Promise<void> }> {
  const runs = new Map<string, Watched>()
  const watched = (runId: string): Watched => {
    const known = runs.get(runId) ?? { writes: [], hasHappened: false }
    runs.set(runId, known)
    return known
  }

  async function planned(run: Watched): Promise<Plan | undefined> {
    for (const start = Date.now(); run.plan === undefined && Date.now() - start < PLAN_MS; ) await sleep(20)
    return run.plan
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request)
    const [, what, runId = ''] = /^\/(plan|seen)\/(.+)$/.exec(request.url ?? '') ?? []
    if (what === 'plan') {
      watched(runId).plan = JSON.parse(body) as Plan
      return void response.end('{}')
    }
    if (what === 'seen') return void response.end(JSON.stringify(watched(runId)))
    const forward = () => forwarded(endpoint, request, body)
    const operation = String(request.headers['x-amz-target']).split('.')[1] ?? ''
    const [, writing] = /"RUN#([^#"]+)#/.exec(body) ?? []
    if (writing === undefined || !/^(Put|Update|Delete|TransactWrite)/.test(operation))
      return send(response, await forward())
    const run = watched(writing)
    run.writes.push(operation)
    const count = run.writes.length
    const plan = await planned(run)
    if (plan?.at !== count) return send(response, await forward())
    run.hasHappened = true
    await happen(plan.fault, response, forward)
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, listenOn, resolve))
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function happen(fault: Fault, response: ServerResponse, forward: () => Promise<Forwarded>): Promise<void> {
  const die = () => response.writeHead(500, { [DIE]: 'now' }).end('{}')
  switch (fault) {
    case 'diesBefore':
      return void die()
    case 'diesAfter':
      await forward()
      return void die()
    case 'diesAndLandsLate':
      die()
      await sleep(LATE_MS)
      return void (await forward())
    case 'replyLost':
      await forward()
      return void response.destroy()
    case 'deliveredTwice': {
      const first = await forward()
      await forward()
      return send(response, first)
    }
  }
}

interface Forwarded {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

const KEPT_HEADERS = ['content-type', 'x-amzn-requestid', 'x-amz-crc32']

async function forwarded(endpoint: string, { headers }: IncomingMessage, body: string): Promise<Forwarded> {
  const { host: _, connection: __, 'content-length': ___, ...kept } = headers as Record<string, string>
  const answer = await fetch(endpoint, { method: 'POST', headers: { ...kept, 'accept-encoding': 'identity' }, body })
  const text = await answer.text()
  const told = KEPT_HEADERS.flatMap((name) => {
    const value = answer.headers.get(name)
    return value === null ? [] : [[name, value] as const]
  })
  return { status: answer.status, headers: Object.fromEntries(told), text }
}

function send(response: ServerResponse, { status, headers, text }: Forwarded): void {
  response.writeHead(status, headers).end(text)
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
