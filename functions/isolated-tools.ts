/**
 * Isolated tools, each in the version of its function that the agent was deployed with. A call is not sent twice, as nobody
 * knows what the first one did; only a throttled one, which did nothing, is.
 */
import {
  InvokeCommand,
  type InvokeCommandOutput,
  LambdaClient,
  type LambdaClientConfig,
  LambdaServiceException,
  TooManyRequestsException,
} from '@aws-sdk/client-lambda'
import type { Clock } from '../src/clock.ts'
import { isJsonObject } from '../src/schema/json.ts'
import { parseJson } from '../src/schema/parse-json.ts'
import { IsolatedAnswer, type RunIsolated } from '../src/tools/isolated-call.ts'
import type { SessionCredentials } from './session-credentials.ts'

const THROTTLE_TRIES = 3
const THROTTLE_WAIT_MS = 500

/**
 * @param functions ARN of a function's version, by tool.
 * @param config For an endpoint of one's own. @default what AWS's client finds
 */
export function openIsolatedTools(
  functions: Readonly<Record<string, string>>,
  clock: Clock,
  config: LambdaClientConfig = {},
): (credentials: SessionCredentials | undefined) => RunIsolated {
  // No limit of the client's own: the tool's holds, by the signal.
  const { requestHandler } = new LambdaClient({ requestHandler: { requestTimeout: 0 }, ...config }).config
  return (credentials) => {
    const client = new LambdaClient({ ...config, maxAttempts: 1, requestHandler, ...(credentials && { credentials }) })
    return async (call, signal) => {
      const FunctionName = functions[call.tool]
      if (FunctionName === undefined) throw failure('ToolNotDeployed', `no function is deployed for tool ${call.tool}`)
      for (let tries = 1; ; tries += 1) {
        try {
          const command = new InvokeCommand({ FunctionName, Payload: JSON.stringify(call) })
          return answerOf(await client.send(command, { abortSignal: signal }))
        } catch (error) {
          if (!(error instanceof TooManyRequestsException) || tries >= THROTTLE_TRIES) throw marked(error)
          await clock.sleep(THROTTLE_WAIT_MS * 2 ** tries, signal)
        }
      }
    }
  }
}

function answerOf({ FunctionError, Payload }: InvokeCommandOutput): IsolatedAnswer {
  const text = new TextDecoder().decode(Payload)
  const parsed = parseJson(text)
  const value = parsed.ok ? parsed.value : undefined
  if (FunctionError !== undefined) {
    const { errorType, errorMessage } = isJsonObject(value) ? value : {}
    const isKilled = errorType === undefined || KILLED.test(String(errorType))
    throw failure(String(errorType ?? FunctionError), String(errorMessage ?? text), isKilled)
  }
  const answer = IsolatedAnswer.safeParse(value)
  if (answer.success) return answer.data
  throw failure('ToolAnswerOffSchema', `the tool's function gave no answer that is one: ${text.slice(0, 200)}`, true)
}

/** Lambda ended the function, or the function gave its tool up: nobody knows what the tool had done by then. */
const KILLED = /^(Sandbox\.|Runtime\.|ToolTimedOut$)/

/** Lambda's own refusals did nothing; after any other failure of the way there, the tool may have run. */
function marked(error: unknown): unknown {
  const isRefused = error instanceof LambdaServiceException && error.$fault === 'client'
  return isRefused || !(error instanceof Error) || 'isInDoubt' in error
    ? error
    : Object.assign(error, { isInDoubt: true })
}

/** Its name and message are what the model is shown. */
function failure(name: string, message: string, isInDoubt = false): Error {
  return Object.assign(new Error(message), { name, isInDoubt })
}
