/** Task tokens of Step Functions: what a waiting state is told. Chooses neither tokens nor what is said. */
import {
  InvalidToken,
  SendTaskSuccessCommand,
  type SFNClient,
  TaskDoesNotExist,
  TaskTimedOut,
} from '@aws-sdk/client-sfn'
import type { TaskTokens } from '../src/api/ports.ts'
import { unanswered } from './step-functions-executions.ts'

/** A task that has been answered, has timed out or was stopped waits for nothing: AWS says so by any of these. */
const GONE = [TaskTimedOut, TaskDoesNotExist, InvalidToken]

export function stepFunctionsTokens(client: SFNClient): TaskTokens {
  return {
    async succeed(taskToken, output) {
      try {
        await client.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(output) }))
        return true
      } catch (error) {
        if (GONE.some((kind) => error instanceof kind)) return false
        throw unanswered(error)
      }
    },
  }
}
