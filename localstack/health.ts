/**
 * Is there a LocalStack at an endpoint, with what we need? Other emulators answer its health path too. As it comes, the open
 * edition lacks what our stacks rely on (host-mode/adapt_localstack.py): an adapted one says so.
 */
import * as z from 'zod'

export const NEEDED_SERVICES: readonly string[] =
  'apigateway cloudformation cloudwatch dynamodb dynamodbstreams events iam kms lambda logs s3 scheduler sns sqs stepfunctions sts'.split(
    ' ',
  )

/** JSONata in state machines came with 4.1; nothing newer than 4.14 is open source. */
const VERSION = /^4\.(\d+)\./

const Services = z.object({ services: z.record(z.string(), z.string()), version: z.string() })
/** A page that other emulators do not have, or not like this. */
const Info = z.object({
  version: z.string(),
  edition: z.string(),
  session_id: z.string().min(1),
  is_docker: z.boolean(),
})

export type Health =
  | { readonly healthy: true; readonly version: string; readonly inContainer: boolean }
  | { readonly healthy: false; readonly why: string }

const PATIENCE_MS = 3_000

export async function checkHealth(endpoint: string): Promise<Health> {
  let answers: unknown[]
  try {
    answers = await Promise.all(['health', 'info'].map((page) => getJson(`${endpoint}/_localstack/${page}`)))
  } catch (error) {
    return { healthy: false, why: `no answer (${reasonOf(error)})` }
  }
  const services = Services.safeParse(answers[0])
  const info = Info.safeParse(answers[1])
  if (!services.success || !info.success) return { healthy: false, why: 'what answers is not LocalStack' }
  const verdict = judge(services.data, info.data)
  if (!verdict.healthy || info.data.edition === 'pro' || (await isAdapted(endpoint))) return verdict
  return { healthy: false, why: 'it is LocalStack as it comes, without what `baton-localstack up` adds to it' }
}

async function isAdapted(endpoint: string): Promise<boolean> {
  const response = await fetch(`${endpoint}/_baton/adapted`, { signal: AbortSignal.timeout(PATIENCE_MS) })
  return response.ok && (await response.text()) === 'yes'
}

function judge({ services, version }: z.infer<typeof Services>, { is_docker }: z.infer<typeof Info>): Health {
  const [, minor] = VERSION.exec(version) ?? []
  if (minor === undefined || Number(minor) < 1)
    return { healthy: false, why: `it is version ${version}; 4.1 or newer of LocalStack 4 is needed` }
  const lacking = NEEDED_SERVICES.filter((service) => !/^(available|running)$/.test(services[service] ?? ''))
  if (lacking.length > 0) return { healthy: false, why: `it lacks ${lacking.join(', ')}` }
  return { healthy: true, version, inContainer: is_docker }
}

async function getJson(url: string): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) })
  const text = await response.text()
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message : error.message
}
