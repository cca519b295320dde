/** A function's ARN as the Resource: the arguments are the payload, the answer is the result. */
import { LAMBDA_FUNCTION } from './built-in-resources.ts'
import type { FunctionInvoker } from './function-invoker.ts'
import type { Integration } from './integration.ts'

export function lambdaFunction(invoke: FunctionInvoker): Integration {
  return {
    ...LAMBDA_FUNCTION,
    call: ({ resource, arguments: payload, executionName, signal, timeoutMs }) =>
      invoke(resource, payload, { executionName, signal, timeoutMs }),
  }
}
