/** Which calls reached a model, for tests in other processes: `GET /?text=…` gives those whose request holds the text. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fromConverseCall } from '../../../src/testing/converse-request.ts'
import type { ConverseServer } from '../../../src/testing/converse-server.ts'

export interface ModelCall {
  readonly agent: string
  readonly stepId: string
  readonly turn: number
}

export async function serveCalls(endpoint: ConverseServer): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const text = new URL(request.url ?? '', 'http://calls').searchParams.get('text') ?? ''
    const found = endpoint.calls.filter(({ body }) => JSON.stringify(body).includes(text))
    const calls = found.map((call): ModelCall => {
      const { agent, stepId, turn } = fromConverseCall(call)
      return { agent, stepId, turn }
    })
    response.setHeader('content-type', 'application/json').end(JSON.stringify(calls))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

export async function modelCalls(callsUrl: string, text: string): Promise<readonly ModelCall[]> {
  const response = await fetch(`${callsUrl}/?${new URLSearchParams({ text })}`)
  return (await response.json()) as readonly ModelCall[]
}
