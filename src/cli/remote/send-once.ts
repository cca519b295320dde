/** One request to an API and the head of its answer. Knows nothing of Baton's routes; tries once. */
import type { Clock } from '../../clock.ts'
import type { BatonError } from '../../errors.ts'
import { EndpointRefused, EndpointUnavailable, EndpointUnknown } from './remote-errors.ts'
import { type Credentials, type OutgoingRequest, signedHeaders } from './sign-request.ts'

export interface Sender {
  /** Without a slash at its end. */
  readonly url: string
  /** Absent: requests are not signed. */
  readonly signing?: { readonly region: string; readonly credentials: () => Promise<Credentials> } | undefined
  readonly clock: Clock
}

/** @throws EndpointUnavailable, EndpointRefused, EndpointUnknown where no answer came. */
export async function sendOnce(request: OutgoingRequest, sender: Sender, signal: AbortSignal): Promise<Response> {
  const headers = await headersOf(request, sender)
  const { method, url, body } = request
  try {
    // A redirect is not followed: what is signed for one host is nothing for another.
    return await fetch(url, { method, headers, signal, redirect: 'manual', ...(body === undefined ? {} : { body }) })
  } catch (error) {
    throw connectionError(error, sender.url)
  }
}

async function headersOf(request: OutgoingRequest, { signing, clock }: Sender): Promise<Headers> {
  if (signing === undefined) return new Headers(request.headers)
  const credentials = await signing.credentials()
  return signedHeaders(request, { region: signing.region, credentials, now: clock.now() })
}

const NO_HTTP = 'what answers speaks no HTTP'
const CERTIFICATE = /CERT|TLS|SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET)/

/** Errors before the request has left. */
const NOT_SENT = /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT)$/

/** What `fetch` throws, also while the answer is read. */
export function connectionError(error: unknown, url: string): BatonError {
  const code = codeOf(error)
  const why = code ?? (error instanceof Error ? error.message : String(error))
  const message = `${url} could not be asked: ${why}`
  if (code !== undefined && CERTIFICATE.test(code)) {
    const next = 'Its certificate is not trusted here: name the authority that signed it with NODE_EXTRA_CA_CERTS.'
    return new EndpointRefused({ message, next, cause: error })
  }
  if (code === NO_HTTP) {
    const next = 'Check the URL: its port is that of another service, or it wants https.'
    return new EndpointUnknown({ message, next, cause: error })
  }
  return new EndpointUnavailable({
    message,
    next: nextStep(code, url),
    cause: error,
    wasTurnedAway: code !== undefined && NOT_SENT.test(code),
  })
}

function nextStep(code: string | undefined, url: string): string {
  if (code === 'ECONNREFUSED') return `Nothing listens there. Start it (baton serve), or correct the URL ${url}.`
  if (code === 'ENOTFOUND') return 'There is no such host: check the URL; a stack that was destroyed has none any more.'
  return 'Check the network and the URL, then try again.'
}

/** undici wraps what happened. */
function codeOf(error: unknown): string | undefined {
  const { code, cause, name } = error as { readonly code?: unknown; readonly cause?: unknown; readonly name?: unknown }
  if (typeof code === 'string') return code
  if (cause !== undefined && cause !== null && cause !== error) return codeOf(cause)
  if (name === 'HTTPParserError') return NO_HTTP
  return name === 'TimeoutError' ? 'no answer in time' : undefined
}
