/** `lambda:invoke`: the answer in the envelope that the service puts around it; also with a task token. */
import { isJsonObject, type Json } from '../../schema/json.ts'
import { RUNTIME, StateError } from '../state-error.ts'
import { LAMBDA_INVOKE, LAMBDA_INVOKE_TOKEN } from './built-in-resources.ts'
import type { FunctionInvoker } from './function-invoker.ts'
import type { Integration, TaskCall } from './integration.ts'

export function lambdaInvoke(invoke: FunctionInvoker): Integration {
  return { ...LAMBDA_INVOKE, call: (call) => callFunction(invoke, call) }
}

export function lambdaInvokeWithToken(invoke: FunctionInvoker): Integration {
  return { ...LAMBDA_INVOKE_TOKEN, call: (call) => callFunction(invoke, call) }
}

async function callFunction(invoke: FunctionInvoker, call: TaskCall): Promise<Json> {
  const given = call.arguments
  if (!isJsonObject(given) || typeof given['FunctionName'] !== 'string') {
    const cause = `The Parameters '${JSON.stringify(given)}' could not be used to start the Task: [The field 'FunctionName' must be a text]`
    throw new StateError(RUNTIME, cause)
  }
  const { FunctionName: name, Qualifier: qualifier } = given
  const target = typeof qualifier === 'string' ? `${name}:${qualifier}` : name
  const { executionName, signal, timeoutMs } = call
  const payload = payloadOf(given['Payload'])
  const answer = await invoke(target, payload, { executionName, signal, timeoutMs })
  return {
    ExecutedVersion: versionOf(target),
    Payload: answer,
    SdkHttpMetadata: { HttpStatusCode: 200 },
    SdkResponseMetadata: { RequestId: String(call.scheduledEventId) },
    StatusCode: 200,
  }
}

/** None, or null, is {}; a text that is JSON goes out as that JSON. */
function payloadOf(payload: Json | undefined): Json {
  if (payload === undefined || payload === null) return {}
  if (typeof payload !== 'string') return payload
  try {
    return JSON.parse(payload) as Json
  } catch {
    return payload
  }
}

function versionOf(functionName: string): string {
  const version = /:(\d+)$/.exec(functionName)?.[1]
  return version !== undefined && functionName.split(':').length > 7 ? version : '$LATEST'
}
