/**
 * The other side of tools: counts what really happened, as five kinds of services would. `POST /<kind>` does it, `GET /?run=…`
 * lists what was done, `GET /happened?key=…` tells who asks by key.
 */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Effect {
  readonly kind: string
  readonly runId: string
  /** The call's own key. */
  readonly key: string
  readonly fence: number
  readonly text: string
}

export async function serveEffects(listenOn: string): Promise<{ port: number; url: string; close(): Promise<void> }> {
  const done: Effect[] = []
  const of = (key: string, kind: string) => done.filter((one) => one.key === key && one.kind === kind)

  function act(effect: Effect): number {
    const before = of(effect.key, effect.kind)
    // This one keeps its promise to do once what comes with the same key.
    if (effect.kind === 'keyed' && before.length > 0) return 200
    if (effect.kind === 'fenced' && before.some(({ fence }) => fence > effect.fence)) return 409
    done.push(effect)
    return 200
  }

  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://effects')
    const answer = (status: number, body: unknown) => response.writeHead(status).end(JSON.stringify(body))
    if (request.method === 'POST') {
      const effect = { ...(await jsonOf(request)), kind: pathname.slice(1) } as Effect
      return answer(act(effect), {})
    }
    const run = searchParams.get('run')
    const key = searchParams.get('key') ?? ''
    return answer(
      200,
      run === null ? of(key, searchParams.get('kind') ?? '').length > 0 : done.filter(({ runId }) => runId === run),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, listenOn, resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

export async function effectsOf(url: string, runId: string): Promise<readonly Effect[]> {
  return (await (await fetch(`${url}/?${new URLSearchParams({ run: runId })}`)).json()) as readonly Effect[]
}

async function jsonOf(request: IncomingMessage): Promise<object> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return JSON.parse(Buffer.concat(chunks).toString()) as object
}
