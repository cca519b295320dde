/**
 * Any server that speaks OpenAI's chat completions: Ollama, vLLM, llama.cpp, LM Studio, OpenAI itself. Never retries:
 * src/agent does.
 */
import { type Clock, systemClock } from '../clock.ts'
import { ModelGarbage } from '../errors.ts'
import type { ModelRequest, ModelResponse } from '../schema/model-call.ts'
import { withDeadline } from './deadline.ts'
import type { Model, ModelCallOptions } from './model.ts'
import { connectionError, statusError } from './openai-errors.ts'
import { toChatCompletion } from './openai-request.ts'
import { fromChatCompletion, OPENAI_PROVIDER } from './openai-response.ts'

/** Bytes of an answer that are read at most: far above any answer, so that a stream without end fills no memory. */
const LARGEST_ANSWER_BYTES = 16 * 1024 * 1024

export interface OpenAiCompatibleOptions {
  /** Up to and with the version, e.g. `http://localhost:11434/v1`. */
  readonly url: string
  /** Answers whatever model id a request names. @default the request's id */
  readonly model?: string
  /** Sent as a bearer token. Local servers need none. */
  readonly apiKey?: string
  readonly clock?: Clock
}

export function createOpenAiCompatibleModel(options: OpenAiCompatibleOptions): Model {
  const { model, apiKey, clock = systemClock } = options
  const url = options.url.replace(/\/+$/, '')
  const headers = {
    'content-type': 'application/json',
    ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
  }

  async function post(body: string, modelId: string, signal: AbortSignal): Promise<string> {
    const asked = { url, modelId }
    let status: number
    let text: string
    let retryAfter: string | null
    try {
      const response = await fetch(`${url}/chat/completions`, { method: 'POST', headers, body, signal })
      status = response.status
      retryAfter = response.headers.get('retry-after')
      text = await readBounded(response, modelId)
    } catch (error) {
      throw error instanceof ModelGarbage ? error : connectionError(error, asked)
    }
    if (status < 200 || status > 299) throw statusError({ status, text, retryAfter }, asked, clock.now())
    return text
  }

  async function call(request: ModelRequest, callOptions: ModelCallOptions): Promise<ModelResponse> {
    const modelId = model ?? request.modelId
    const body = JSON.stringify(toChatCompletion({ ...request, modelId }, url))
    const text = await withDeadline({
      options: callOptions,
      clock,
      asked: `${modelId} at ${url}`,
      run: (signal) => post(body, modelId, signal),
    })
    return fromChatCompletion(text, modelId, callOptions.turn)
  }

  return {
    provider: OPENAI_PROVIDER,
    description: `openai: ${model ?? "each agent's own model"} at ${url}`,
    ...(model !== undefined && { fixedModelId: model }),
    place: URL.parse(url)?.host ?? url,
    call,
  }
}

async function readBounded(response: Response, modelId: string): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > LARGEST_ANSWER_BYTES) {
      throw new ModelGarbage({
        message: `${modelId} answered with more than ${LARGEST_ANSWER_BYTES} bytes`,
        next: 'Check that the URL is that of a chat completions server.',
      })
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
