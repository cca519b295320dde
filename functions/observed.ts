/** Work as one line of log and its metrics, however it ends. What they hold is functions/telemetry.ts's business. */
import type { OperationTelemetry } from './telemetry.ts'

type Ended = Parameters<OperationTelemetry['finish']>[0]

export async function observed<Result>(
  operation: OperationTelemetry | undefined,
  work: () => Promise<Result>,
  endedAs: (result: Result) => Ended = () => ({}),
): Promise<Result> {
  let ended: Ended = {}
  try {
    const result = await work()
    ended = endedAs(result)
    return result
  } catch (error) {
    ended = { error }
    throw error
  } finally {
    operation?.finish(ended)
  }
}
