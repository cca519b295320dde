/** Statuses and network failures of a chat completions server, as the port's errors with the next step for each. */
import {
  type BatonError,
  ModelAccessDenied,
  ModelRejectedRequest,
  ModelThrottled,
  ModelTimedOut,
  ModelUnavailable,
} from '../errors.ts'
import { isJsonObject } from '../schema/json.ts'
import { retryAfterMs } from './retry-after.ts'

interface Asked {
  readonly url: string
  readonly modelId: string
}

interface Refusal {
  readonly status: number
  readonly text: string
  readonly retryAfter: string | null
}

export function statusError({ status, text, retryAfter }: Refusal, { url, modelId }: Asked, now: Date): BatonError {
  const detail = detailOf(text)
  const message = `${modelId} at ${url} answered HTTP ${status}${detail === '' ? '' : `: ${detail}`}`
  const wait = retryAfterMs(retryAfter, now)
  if (status === 401 || status === 403) {
    return new ModelAccessDenied({ message, next: 'Set BATON_OPENAI_API_KEY to a key that may use this model.' })
  }
  if (status === 429 && detail.includes('insufficient_quota')) {
    return new ModelAccessDenied({
      message,
      next: 'The account has no credit left: add some, or choose another model.',
    })
  }
  if (status === 404) return new ModelRejectedRequest({ message, next: notFoundRemedy(url, modelId, detail) })
  if (status === 408) {
    return new ModelTimedOut({ message, next: 'Try again, or choose a faster model.', retryAfterMs: wait })
  }
  if (status === 429) {
    return new ModelThrottled({ message, next: 'Wait and try again, or choose another model.', retryAfterMs: wait })
  }
  if (status >= 500) {
    const next = "Look into the server's log: it may be out of memory or still loading the model."
    return new ModelUnavailable({ message, next, retryAfterMs: wait })
  }
  return new ModelRejectedRequest({
    message,
    next: 'Check the model id, and that this model can call tools and has room for the prompt.',
  })
}

export function connectionError(error: unknown, { url, modelId }: Asked): BatonError {
  const code = codeOf(error)
  const message = `${modelId} at ${url} could not be asked: ${code ?? (error as Error).message}`
  /** The limits that fetch itself has on a silent server, when the call's own is longer. */
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') {
    return new ModelTimedOut({ message, next: 'Try again, or choose a faster model.', cause: error })
  }
  const next =
    code === 'ECONNREFUSED'
      ? 'Start the server (Ollama: ollama serve), or choose another model, e.g. --model offline.'
      : 'Check the URL and the network, or choose another model, e.g. --model offline.'
  return new ModelUnavailable({ message, next, cause: error })
}

/** fetch says "fetch failed"; what happened is in its cause, or in the first of its causes where it tried two addresses. */
function codeOf(error: unknown): string | undefined {
  const { cause } = error as { cause?: { code?: unknown; message?: string; errors?: readonly { code?: unknown }[] } }
  const code = cause?.code ?? cause?.errors?.[0]?.code
  return typeof code === 'string' ? code : cause?.message
}

function notFoundRemedy(url: string, modelId: string, detail: string): string {
  if (/model/i.test(detail)) {
    return `Get the model (Ollama: ollama pull ${modelId}), or name one that the server has: curl ${url}/models.`
  }
  return new URL(url).pathname === '/'
    ? `Add the version to the URL: openai:${url}/v1#${modelId}.`
    : 'Check the URL: it ends before /chat/completions.'
}

/** `{ error: { message, code } }` of OpenAI, `{ error: "…" }` of Ollama, or the start of whatever came. */
function detailOf(text: string): string {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return text.trim().slice(0, 200)
  }
  const error = isJsonObject(value) ? (value['error'] ?? value['message'] ?? value) : value
  if (!isJsonObject(error)) return (typeof error === 'string' ? error : JSON.stringify(error)).slice(0, 500)
  const { message, code } = error
  const said = typeof message === 'string' ? message : JSON.stringify(error)
  return `${typeof code === 'string' ? `${code}: ` : ''}${said}`.slice(0, 500)
}
