/**
 * The port that every model adapter implements. An adapter translates and classifies; it does not retry, price, log or
 * choose: those are the turn's business (src/agent).
 */
import type { ModelRequest, ModelResponse } from '../schema/model-call.ts'

export interface ModelCallOptions {
  /** Aborts the call; the adapter then rejects with the signal's reason. */
  readonly signal: AbortSignal
  /** Milliseconds this call may take; the adapter rejects with `ModelTimedOut` after it. */
  readonly timeoutMs: number
  /** Who asks, for scripts and logs. No model sees it; Bedrock's invocation logs hold it, in the caller's own account. */
  readonly agent: string
  readonly stepId: string
  /** 1-based number of the model's answer within the step. */
  readonly turn: number
}

export interface Model {
  /** `bedrock`, `openai`, `scripted`, `offline`, or a user's own. */
  readonly provider: string
  /** One line for people: which model this is and what it is not. */
  readonly description: string
  /** The provider's model that answers whatever id a request names. Absent: the request's id is used. */
  readonly fixedModelId?: string
  /** Where it answers, e.g. a region or a server: the same model elsewhere may be well where this one is down. */
  readonly place?: string
  /** It answers in this process: there is no service behind it that many would have to be kept off. @default false */
  readonly isLocal?: boolean
  /**
   * @throws ModelThrottled, ModelTimedOut, ModelUnavailable, ModelGarbage (may be retried);
   *   ModelRejectedRequest, ModelAccessDenied, ScriptExhausted (may not); nothing else but the signal's reason.
   */
  call(request: ModelRequest, options: ModelCallOptions): Promise<ModelResponse>
}
