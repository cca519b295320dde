/** A service of AWS on loopback: records what it is asked, answers as it is told. The real client speaks to it. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Asked {
  readonly method: string
  readonly path: string
  /** Of JSON services: the operation, e.g. `StartExecution`. */
  readonly operation: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

export interface Answer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | object
}

export interface AwsService {
  readonly url: string
  readonly asked: Asked[]
  /** For a client. */
  readonly config: {
    readonly endpoint: string
    readonly region: string
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
    readonly maxAttempts: number
  }
  close(): void
}

export async function awsService(answer: (asked: Asked) => Answer): Promise<AwsService> {
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      const target = String(request.headers['x-amz-target'] ?? '')
      const one = {
        method: request.method ?? '',
        path: request.url ?? '',
        operation: target.split('.').at(-1) ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      }
      asked.push(one)
      const { status = 200, headers = {}, body = '' } = answer(one)
      response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  return {
    url,
    asked,
    config: { endpoint: url, region: 'us-east-1', credentials, maxAttempts: 1 },
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** An error of a JSON service. */
export function fault(name: string, status = 400): Answer {
  return { status, body: { __type: name, message: 'no' } }
}
