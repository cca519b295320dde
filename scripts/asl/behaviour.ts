/** What a function in a conformance case does. */
import type { Clock } from '../../src/clock.ts'
import type { FunctionInvoker } from '../../src/engine/integrations/function-invoker.ts'
import { FunctionError, ServiceError } from '../../src/engine/state-error.ts'
import { assertNever } from '../../src/errors.ts'
import type { Json } from '../../src/schema/json.ts'

export type Behaviour =
  | { readonly kind: 'echo' }
  | { readonly kind: 'return'; readonly value: Json }
  | { readonly kind: 'return_text'; readonly char: string; readonly length: number }
  | { readonly kind: 'prefix'; readonly prefix: string }
  | { readonly kind: 'raise'; readonly payload: { readonly errorType: string; readonly errorMessage: string } }
  | { readonly kind: 'sleep'; readonly seconds: number; readonly then: Behaviour }

/** Functions by ARN; a reference may be the ARN, the ARN with a qualifier, or the bare name. */
export function invokerOf(functions: Readonly<Record<string, Behaviour>>, clock: Clock): FunctionInvoker {
  return async (reference, payload, { signal }) => {
    const arn = Object.keys(functions).find((known) => names(known, reference))
    const behaviour = arn === undefined ? undefined : functions[arn]
    if (behaviour === undefined) {
      const full = reference.includes(':') ? reference : `arn:aws:lambda:us-east-1:111111111111:function:${reference}`
      const cause = `Function not found: ${full}:$LATEST (Service: AWSLambda; Status Code: 404; Error Code: ResourceNotFoundException; Request ID: 0; Proxy: null)`
      throw new ServiceError('Lambda.ResourceNotFoundException', cause)
    }
    return await behave(behaviour, payload, clock, signal)
  }
}

function names(arn: string, reference: string): boolean {
  return arn === reference || reference.startsWith(`${arn}:`) || arn.endsWith(`:${reference}`)
}

async function behave(behaviour: Behaviour, payload: Json, clock: Clock, signal: AbortSignal): Promise<Json> {
  switch (behaviour.kind) {
    case 'echo':
      return payload
    case 'return':
      return behaviour.value
    case 'return_text':
      return behaviour.char.repeat(behaviour.length)
    case 'prefix':
      return behaviour.prefix + (typeof payload === 'string' ? payload : JSON.stringify(payload))
    case 'raise': {
      const { errorType, errorMessage } = behaviour.payload
      throw new FunctionError(errorType, errorMessage, behaviour.payload)
    }
    case 'sleep':
      await clock.sleep(behaviour.seconds * 1_000, signal)
      return await behave(behaviour.then, payload, clock, signal)
    default:
      return assertNever(behaviour)
  }
}
