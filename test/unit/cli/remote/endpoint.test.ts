/** What an endpoint may answer instead of what was asked, and what becomes of it. */
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { client, listen, serve } from './served.ts'
import { verifySignature } from './verify-signature.ts'

type Answered = (response: ServerResponse) => void

const json =
  (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Answered =>
  (response) =>
    void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
const page =
  (status: number): Answered =>
  (response) =>
    void response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' }).end('<h1>Sign\u001B[2J in</h1>')
const cut: Answered = (response) =>
  void response.writeHead(200, { 'content-length': '90' }).write('{"a":', () => response.destroy())

/** The answers in their order, the last one for ever. */
async function answering(...answers: readonly Answered[]) {
  const asked: string[] = []
  const url = await serve((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    request.resume().on('end', () => (answers[asked.length - 1] ?? answers.at(-1))?.(response))
  })
  return { ...client(url), asked, url }
}

const ASK = { method: 'GET', path: '/health' } as const

describe('a refusal', () => {
  it.each([
    [400, 'InvalidRequest', { detail: 'The body cannot be used', next: 'Correct it' }, /^The body/, /^Correct it$/],
    [413, 'InvalidRequest', { detail: 'Too much' }, /Too much/, /Correct/],
    [415, 'InvalidRequest', { message: 'Unsupported Media Type' }, /Unsupported/, /Correct/],
    [404, 'NotFound', { detail: 'There is no run x', next: 'baton runs lists them' }, /no run x/, /baton runs/],
    [409, 'Conflict', { detail: 'Run x is over', next: 'baton show x' }, /is over/, /baton show x/],
    [403, 'EndpointRefused', { message: 'Forbidden' }, /was not signed \(HTTP 403\): Forbidden/, /--sign/],
    [500, 'EndpointUnavailable', { detail: 'A fault', next: 'Look into the log' }, /HTTP 500: A fault/, /the log/],
    [302, 'EndpointUnknown', {}, /no API of Baton \(HTTP 302, to https:\/\/login/, /ApiUrl/],
  ] as const)('of HTTP %i is %s', async (status, name, body, message, next) => {
    const { endpoint } = await answering(json(status, body, { location: 'https://login.example' }))
    const error = await endpoint.ask(ASK).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ name, message: expect.stringMatching(message), next: expect.stringMatching(next) })
  })

  it.each([
    ['a page', page(200), 'EndpointUnknown', /no API of Baton \(HTTP 200, text\/html: <h1>Sign\[2J in/],
    ['a page that is not there', page(404), 'EndpointUnknown', /HTTP 404, text\/html/],
    ['a page of a failing proxy', page(502), 'EndpointUnavailable', /HTTP 502: <h1>Sign/],
    ['half an answer', cut, 'EndpointUnavailable', /could not be asked/],
    [
      'an answer of another API',
      json(200, { status: 'green' }),
      'EndpointUnknown',
      /otherwise than this version.*status/,
    ],
  ] as const)('is no stack: %s', async (_what, answer, name, message) => {
    const { runs } = await answering(answer)
    const error = await runs.health().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ name, message: expect.stringMatching(message), next: expect.stringMatching(/./) })
  })
})

describe('trying again', () => {
  const busy = json(503, { detail: 'The records did not answer' }, { 'retry-after': '2' })
  const ok = json(200, { status: 'ok', team: 'work' })
  const start = { method: 'POST', path: '/runs', body: {} } as const

  it('waits as long as it is told, and otherwise a little longer each time', async () => {
    const { endpoint, clock, asked } = await answering(busy, json(500, {}), (response) => response.destroy(), ok)
    expect(await endpoint.ask(ASK)).toEqual({ status: 200, body: { status: 'ok', team: 'work' } })
    expect(clock.slept).toEqual([2_000, 600, 1_200])
    expect(asked).toHaveLength(4)
  })

  it('ends', async () => {
    const { endpoint, asked } = await answering(busy)
    await expect(endpoint.ask(ASK)).rejects.toMatchObject({ name: 'EndpointUnavailable', retryAfterMs: 2_000 })
    expect(asked).toHaveLength(4)
    const patient = await answering(json(503, {}, { 'retry-after': '3600' }))
    await expect(patient.endpoint.ask(ASK)).rejects.toMatchObject({ name: 'EndpointUnavailable' })
    expect(patient.asked).toHaveLength(1)
  })

  it('does not wait for ever', async () => {
    const { endpoint, clock, asked } = await answering(() => {
      for (const ring of clock.alarms) ring()
    })
    await expect(endpoint.ask(ASK)).rejects.toMatchObject({
      name: 'EndpointUnavailable',
      message: expect.stringContaining('no answer in time'),
    })
    expect([asked.length, clock.alarms.size]).toEqual([4, 0])
  })

  it('repeats nothing that may have been done already', async () => {
    const lost = await answering((response) => response.destroy(), ok)
    await expect(lost.endpoint.ask(start)).rejects.toThrow(/could not be asked/)
    expect(lost.asked).toHaveLength(1)
    const failed = await answering(json(500, {}), ok)
    await expect(failed.endpoint.ask(start)).rejects.toThrow(/HTTP 500/)
    const unsure = await answering(busy, ok)
    await expect(unsure.endpoint.ask(start)).rejects.toThrow(/HTTP 503/)
    const turnedAway = await answering(json(429, { message: 'Too Many Requests' }), ok)
    expect(await turnedAway.endpoint.ask(start)).toMatchObject({ status: 200 })
    const repeatable = await answering((response) => response.destroy(), json(500, {}), ok)
    expect(await repeatable.endpoint.ask({ ...start, isRepeatable: true })).toMatchObject({ status: 200 })
  })

  it('starts a run under one key, whatever is lost on the way', async () => {
    const keys: unknown[] = []
    const url = await serve((request, response) => {
      keys.push(request.headers['idempotency-key'])
      if (keys.length < 3) request.socket.destroy()
      else json(409, { detail: 'seen' })(response)
    })
    const request = { workflow: 'short' as never, input: 'why', settings: {} }
    const { runs } = client(url)
    await expect(runs.start({ ...request, idempotencyKey: 'k 1' })).rejects.toMatchObject({ name: 'Conflict' })
    expect(keys).toEqual(['k 1', 'k 1', 'k 1'])
    keys.length = 0
    await expect(runs.start(request)).rejects.toMatchObject({ name: 'EndpointUnavailable' })
    expect(keys).toEqual([undefined])
  })

  it('says what to do where nobody is, and where somebody speaks no HTTP', async () => {
    const closed = createTcpServer()
    const nobody = await new Promise<number>((done) => {
      closed.listen(0, '127.0.0.1', () => done((closed.address() as AddressInfo).port))
    })
    await new Promise((done) => closed.close(done))
    const gone = client(`http://127.0.0.1:${nobody}`)
    await expect(gone.endpoint.ask(ASK)).rejects.toMatchObject({ next: expect.stringContaining('baton serve') })
    const other = createServer().on('connection', (socket) => socket.write('SSH-2.0-OpenSSH\r\n'))
    const url = await listen(other)
    await expect(client(url).endpoint.ask(ASK)).rejects.toMatchObject({ name: 'EndpointUnknown' })
  })
})

describe('signing', () => {
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'session' }

  it('covers what is sent, anew for each try', async () => {
    const verified: unknown[] = []
    const url = await serve((request, response) => {
      let body = ''
      request
        .on('data', (chunk) => (body += chunk))
        .on('end', () => {
          const { method = '', url: target = '', headers } = request
          const received = { method, target, headers: headers as Record<string, string>, body }
          verified.push(verifySignature(received, credentials.secretAccessKey))
          json(verified.length < 2 ? 503 : 200, {})(response)
        })
    })
    const signing = { region: 'eu-west-1', credentials: async () => credentials }
    const { endpoint } = client(`${url}/dev`, { signing })
    await endpoint.ask({ method: 'GET', path: '/runs', query: { after: "2026#a+b ('é')*", limit: '5' } })
    await endpoint.ask({ method: 'POST', path: '/runs', body: { input: 'naïve' }, headers: { 'idempotency-key': 'k' } })
    const genuine = { isGenuine: true, scope: '20261122/eu-west-1/execute-api/aws4_request' }
    expect(verified).toMatchObject([genuine, genuine, genuine])
  })

  it.each([
    [/Signature expired: 20261122T190501Z is now earlier than/, /clocks differ/, /clock of this machine/],
    [/Signature not yet current/, /clocks differ/, /clock of this machine/],
    [/The security token included in the request is expired/, /refused the signed request/, /aws sso login/],
    [/The security token included in the request is invalid./, /HTTP 403/, /sts get-caller-identity/],
    [
      /User: arn:aws:iam::1:user\/a is not authorized to perform: execute-api:Invoke/,
      /not authorized/,
      /right execute-api/,
    ],
    [/Missing Authentication Token/, /Missing/, /stage/],
  ])('explains %s', async (words, message, next) => {
    const url = await serve((_request, response) => json(403, { message: words.source.replaceAll('\\', '') })(response))
    const { endpoint } = client(url, { signing: { region: 'a-1', credentials: async () => credentials } })
    await expect(endpoint.ask(ASK)).rejects.toMatchObject({
      name: 'EndpointRefused',
      message: expect.stringMatching(message),
      next: expect.stringMatching(next),
    })
  })
})
