/** The deployed HTTP API as the tests use it: signed as AWS wants it, unless a test says otherwise. */
import { AwsClient } from 'aws4fetch'
import type * as z from 'zod'
import { RunDetails } from '../../../src/api/http/bodies.ts'
import { parseJson } from '../../../src/schema/parse-json.ts'
import { Run } from '../../../src/schema/run.ts'
import { type Stack, storesOf } from './deployed.ts'
import { until } from './until.ts'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  /** JSON where it is some. */
  readonly body: unknown
}

export interface Asked {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Text goes as it is, everything else as JSON. */
  readonly body?: unknown
  /** @default true */
  readonly signed?: boolean
  /** Whose access key signs: LocalStack takes a key's name for a user's. @default 'test' */
  readonly as?: string
}

/** As API Gateway names whoever signed. */
export function userArn(name: string): string {
  return `arn:aws:iam::000000000000:user/${name}`
}

function signerOf(accessKeyId: string): AwsClient {
  return new AwsClient({ accessKeyId, secretAccessKey: 'test', region: 'us-east-1', service: 'execute-api' })
}

export async function ask({ apiUrl }: Stack, path: string, asked: Asked = {}): Promise<Answer> {
  const { body, signed = true, as = 'test' } = asked
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
  const init = {
    method: asked.method ?? (body === undefined ? 'GET' : 'POST'),
    headers: { ...(text !== undefined && { 'content-type': 'application/json' }), ...asked.headers },
    ...(text !== undefined && { body: text }),
  }
  const request = new Request(`${apiUrl}${path}`, init)
  const response = await fetch(signed ? await signerOf(as).sign(request) : request)
  const said = await response.text()
  const parsed = parseJson(said)
  return { status: response.status, headers: response.headers, body: parsed.ok ? parsed.value : said }
}

/** @throws where it is not taken. */
export async function startRun(
  stack: Stack,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Run> {
  const answer = await ask(stack, '/runs', { body, headers })
  if (answer.status !== 202) throw new Error(`POST /runs: ${answer.status} ${JSON.stringify(answer.body)}`)
  return Run.parse(answer.body)
}

export async function detailsOf(stack: Stack, runId: string): Promise<z.infer<typeof RunDetails>> {
  const answer = await ask(stack, `/runs/${runId}`)
  if (answer.status !== 200) throw new Error(`GET /runs/${runId}: ${answer.status} ${JSON.stringify(answer.body)}`)
  return RunDetails.parse(answer.body)
}

/** Looks at the run's head alone: the API reads every step at each request. */
export async function runEnded(stack: Stack, runId: string, timeoutMs = 280_000): Promise<z.infer<typeof RunDetails>> {
  const { runs } = storesOf(stack)
  await until(`the end of run ${runId}`, timeoutMs, async () => {
    const run = await runs.read(runId as Run['runId'])
    return run === undefined || run.status === 'running' ? undefined : run
  })
  return detailsOf(stack, runId)
}
