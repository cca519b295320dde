/**
 * Bedrock's Converse and ConverseStream on this machine, answered by any model of ours: agents go through the real AWS client
 * while a script, or the offline model, answers. Checks no credentials: nothing that others can reach should run it.
 */
import * as z from 'zod'
import { systemClock } from '../clock.ts'
import { BatonError } from '../errors.ts'
import type { Model } from '../models/model.ts'
import { toConverseAnswer, toConverseError } from './converse-reply.ts'
import { fromConverseCall } from './converse-request.ts'
import { type ConverseRule, converseRules } from './converse-rules.ts'
import {
  type ConverseAnswer,
  type ConverseCall,
  type ConverseServer,
  type ConverseServerOptions,
  converseError,
  startConverseServer,
} from './converse-server.ts'

interface ConverseEndpointOptions extends ConverseServerOptions {
  readonly model: Model
  /** Faults and latency on demand. @default none */
  readonly rules?: readonly ConverseRule[]
}

/** No client of ours waits longer for one call. */
const LONGEST_CALL_MS = 600_000

/** For an answer worked out in code, see `startConverseServer`. */
export function converseEndpoint({ model, rules = [], ...options }: ConverseEndpointOptions): Promise<ConverseServer> {
  const { clock = systemClock } = options
  const ruling = converseRules(rules)

  async function answer(call: ConverseCall): Promise<ConverseAnswer> {
    const { request, ...asker } = fromConverseCall(call)
    const { fault, latencyMs } = ruling({ agent: asker.agent, modelId: request.modelId })
    if (latencyMs > 0) await clock.sleep(latencyMs, call.signal)
    if (fault !== undefined) return fault
    return toConverseAnswer(await model.call(request, { ...asker, timeoutMs: LONGEST_CALL_MS, signal: call.signal }))
  }

  return startConverseServer(
    (call) =>
      answer(call).catch((error: unknown) => {
        // The client went away: nobody is there to be told.
        if (call.signal.aborted) return 'hang'
        if (error instanceof BatonError) return toConverseError(error)
        if (error instanceof z.ZodError) return converseError(400, 'ValidationException', z.prettifyError(error))
        throw error
      }),
    options,
  )
}
