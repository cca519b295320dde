/**
 * A custom resource of CloudFormation, answered whatever happens: a request without an answer holds a deployment up for an
 * hour. What the resource is, is the caller's business.
 */
import * as z from 'zod'
import type { Clock } from '../src/clock.ts'
import { InvalidRequest, RecordsUnavailable } from '../src/errors.ts'
import type { JsonObject } from '../src/schema/json.ts'
import { withinTime } from '../src/tools/time-limit.ts'

export const CustomResourceRequest = z.looseObject({
  RequestType: z.enum(['Create', 'Update', 'Delete']),
  /** Signed: whoever has it can answer. Never logged. */
  ResponseURL: z.url(),
  StackId: z.string(),
  RequestId: z.string(),
  LogicalResourceId: z.string(),
  PhysicalResourceId: z.string().optional(),
  ResourceProperties: z.unknown(),
})
export type CustomResourceRequest = z.infer<typeof CustomResourceRequest>

export interface Outcome {
  /** The same for the life of the resource: another one would have CloudFormation delete the old. */
  readonly physicalResourceId: string
  /** What the template may read. Little: the whole answer has at most 4 KB. */
  readonly data?: JsonObject
}

const SENDS = 5
const SEND_WAIT_MS = 1_000
const SEND_TIMEOUT_MS = 10_000
/** Kept free of the function's time for the answer: five sends and the pauses between them. */
const ANSWER_MS = 85_000
const REASON_CHARACTERS = 1_000

/**
 * Resolves once CloudFormation has the answer, a failure included.
 * @param remainingMs What is left of the function's time.
 * @throws InvalidRequest for what is no such request; RecordsUnavailable where CloudFormation does not take the answer.
 */
export async function answerCustomResource(
  event: unknown,
  { clock, remainingMs }: { readonly clock: Clock; readonly remainingMs: number },
  work: (request: CustomResourceRequest) => Promise<Outcome>,
): Promise<{ readonly status: 'SUCCESS' | 'FAILED'; readonly error?: unknown }> {
  const request = acceptRequest(event)
  const { StackId, RequestId, LogicalResourceId, PhysicalResourceId } = request
  const ids = { StackId, RequestId, LogicalResourceId }
  try {
    const worked = await withinTime(() => work(request), { clock, milliseconds: Math.max(1, remainingMs - ANSWER_MS) })
    if (worked.ended !== 'inTime') throw tooLong()
    const { physicalResourceId, data } = worked.value
    const answer = { Status: 'SUCCESS', ...ids, PhysicalResourceId: physicalResourceId, ...(data && { Data: data }) }
    await send(request, answer, clock)
    return { status: 'SUCCESS' }
  } catch (error) {
    if (error instanceof NotTaken) throw error
    const Reason = reasonOf(error)
    await send(
      request,
      { Status: 'FAILED', Reason, ...ids, PhysicalResourceId: PhysicalResourceId ?? RequestId },
      clock,
    )
    return { status: 'FAILED', error }
  }
}

function acceptRequest(event: unknown): CustomResourceRequest {
  const request = CustomResourceRequest.safeParse(event)
  if (request.success) return request.data
  throw new InvalidRequest({
    message: `the event is no request for a custom resource:\n${z.prettifyError(request.error)}`,
    next: 'Let CloudFormation invoke this function.',
  })
}

function tooLong(): RecordsUnavailable {
  return new RecordsUnavailable({
    message: 'the work took longer than its function lives',
    next: 'Do the same again: what is done already is found done.',
  })
}

class NotTaken extends RecordsUnavailable {}

async function send({ ResponseURL }: CustomResourceRequest, answer: JsonObject, clock: Clock): Promise<void> {
  let failure: unknown
  for (let tries = 0; tries < SENDS; tries += 1) {
    if (tries > 0) await clock.sleep(SEND_WAIT_MS * 2 ** tries)
    try {
      // S3 signed it without a content type.
      const response = await fetch(ResponseURL, {
        method: 'PUT',
        headers: { 'content-type': '' },
        body: JSON.stringify(answer),
        signal: AbortSignal.timeout(SEND_TIMEOUT_MS),
      })
      if (response.ok) return
      failure = new Error(`status ${response.status}`)
    } catch (error) {
      failure = error
    }
  }
  throw new NotTaken({
    message: `CloudFormation did not take the answer: ${(failure as Error).message}`,
    next: 'Look at the events of the stack; cancel the update there, then deploy again.',
    cause: failure,
  })
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error).slice(0, REASON_CHARACTERS)
  const next = 'next' in error ? ` ${String(error.next)}` : ''
  return `${error.name}: ${error.message}${next}`.slice(0, REASON_CHARACTERS)
}
