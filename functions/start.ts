/** Starts a run on a schedule or an event: what EventBridge is told to send is a `StartRun`. */
import * as z from 'zod'
import { startRun } from '../src/api/start-run.ts'
import type { Team } from '../src/define/team.ts'
import { InvalidRequest } from '../src/errors.ts'
import { StartRun } from '../src/schema/run.ts'
import { openControlSurroundings } from './control-surroundings.ts'
import { type Handler, opened } from './lambda.ts'
import { observed } from './observed.ts'

export interface Started {
  readonly runId: string
  /** False: the same event had been delivered before. */
  readonly isNew: boolean
}

/** Whoever may put events is who starts runs: one caller. */
const CALLER = 'event'

export function startHandler({ team }: { readonly team: Team }, open = openControlSurroundings): Handler<Started> {
  const surroundings = opened(() => open(team))
  return async (event, context) => {
    const { dependencies, telemetry } = await surroundings()
    const operation = telemetry?.operation('start', context)
    return observed(operation, async () => {
      const { run, isNew } = await startRun(acceptEvent(event, context.awsRequestId), dependencies)
      operation?.ofRun(run.runId)
      return { runId: run.runId, isNew }
    })
  }
}

/** An event without a key has the request's id, which Lambda's own repeats of an invocation share. */
function acceptEvent(event: unknown, requestId: string): StartRun {
  const request = StartRun.omit({ caller: true }).safeParse(event)
  if (request.success) return { idempotencyKey: requestId, ...request.data, caller: CALLER }
  throw new InvalidRequest({
    message: `the event starts no run:\n${z.prettifyError(request.error)}`,
    next: 'Send {workflow, input, settings?, idempotencyKey?}; the id of the event is a good key.',
    cause: request.error,
  })
}
