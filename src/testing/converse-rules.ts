/** Faults on demand, as data: which calls of an endpoint are throttled, answered with garbage, cut … instead of answered. */
import { assertNever } from '../errors.ts'
import { GARBAGE } from './converse-reply.ts'
import { type ConverseAnswer, converseError } from './converse-server.ts'

export type ConverseFault = 'throttle' | 'unavailable' | 'timeout' | 'garbage' | 'deny' | 'reject' | 'hang' | 'cut'

/** All that a rule names must hold. A rule without conditions holds for every call. */
export interface ConverseRule {
  readonly agent?: string
  readonly modelId?: string
  /** Of the calls that match the rest, only these: every nth… */
  readonly every?: number
  /** …the first n. */
  readonly first?: number
  /** Instead of the model's answer. Absent: the model answers. */
  readonly answer?: ConverseFault
  /** Seconds to wait, with `throttle`. */
  readonly retryAfterSeconds?: number
  /** Milliseconds on the clock before the answer, whichever it is. */
  readonly latencyMs?: number
}

export interface RuledCall {
  readonly agent: string
  readonly modelId: string
}

export interface Ruling {
  readonly fault?: ConverseAnswer
  readonly latencyMs: number
}

/** Counts: of the rules, the first with a fault that holds decides; all latencies that hold add up. */
export function converseRules(rules: readonly ConverseRule[]): (call: RuledCall) => Ruling {
  const counts = rules.map(() => 0)
  return (call) => {
    const holding = rules.filter((rule, index) => {
      if (rule.agent !== undefined && rule.agent !== call.agent) return false
      if (rule.modelId !== undefined && rule.modelId !== call.modelId) return false
      const count = (counts[index] ?? 0) + 1
      counts[index] = count
      return (rule.every === undefined || count % rule.every === 0) && (rule.first === undefined || count <= rule.first)
    })
    const latencyMs = holding.reduce((sum, rule) => sum + (rule.latencyMs ?? 0), 0)
    const failing = holding.find(({ answer }) => answer !== undefined)
    if (failing?.answer === undefined) return { latencyMs }
    return { fault: answerOf(failing.answer, failing.retryAfterSeconds), latencyMs }
  }
}

function answerOf(fault: ConverseFault, retryAfterSeconds: number | undefined): ConverseAnswer {
  const headers = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }
  switch (fault) {
    case 'throttle':
      return converseError(429, 'ThrottlingException', 'Too many requests, please wait before trying again.', headers)
    case 'unavailable':
      return converseError(503, 'ServiceUnavailableException', 'The service is unavailable.')
    case 'timeout':
      return converseError(408, 'ModelTimeoutException', 'The model took too long.')
    case 'garbage':
      return { body: GARBAGE }
    case 'deny':
      return converseError(403, 'AccessDeniedException', 'You do not have access to the model.')
    case 'reject':
      return converseError(400, 'ValidationException', 'The request is invalid.')
    case 'hang':
    case 'cut':
      return fault
    default:
      return assertNever(fault)
  }
}
