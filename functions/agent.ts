/** One agent of a team as a Lambda function: a step of a run in, its result out; or one of its effects in, to be taken back. */
import * as z from 'zod'
import type { StepDependencies } from '../src/agent/ports.ts'
import { runStep } from '../src/agent/run-step.ts'
import { undoCall } from '../src/agent/undo-call.ts'
import type { Team } from '../src/define/team.ts'
import { type CancellationWatch, watchForCancellations } from '../src/engine/host-cancellations.ts'
import { InvalidRequest } from '../src/errors.ts'
import { type PriceList, pricesFromList } from '../src/models/prices.ts'
import { UndoInput, type UndoResult } from '../src/schema/control-task.ts'
import { AgentName, RunId, StepId } from '../src/schema/ids.ts'
import { isJsonObject } from '../src/schema/json.ts'
import type { StepInput, StepResult } from '../src/schema/step.ts'
import { openAgentSurroundings } from './agent-surroundings.ts'
import { type Handler, opened } from './lambda.ts'

export interface AgentFunction {
  readonly team: Team
  /** Of the models that its agents may ask. */
  readonly prices: PriceList
}

/** What must be known before anything can be reached; the step itself parses the rest. */
const Place = z.looseObject({ runId: RunId, stepId: StepId, agent: AgentName })

/** Kept free for the way back to Lambda. */
const MARGIN_MS = 1_000
/** Between looks at the run's cancel flag while a model or a tool is at work: six within the grace time of a cancellation. */
const CANCEL_POLL_MS = 5_000

/** @throws as `runStep` and `undoCall`; each error's `name` is what the state machine retries and catches by. */
export function agentHandler(
  { team, prices }: AgentFunction,
  open = openAgentSurroundings,
): Handler<StepResult | UndoResult> {
  const { priceOf } = pricesFromList(prices)
  const agents = (name: string) => team.agents.find((agent) => agent.name === name)
  const surroundings = opened(() => open(team))
  return async (event, context) => {
    const { agent, clock, telemetry, reach } = await surroundings()
    const { place, undo } = acceptEvent(event, agent)
    const { runId } = place
    const told = telemetry?.step(place, context)
    const cancellation = new AbortController()
    let watch: CancellationWatch | undefined
    try {
      const { runs, ...reached } = await reach(place, context.awsRequestId)
      watch = watchForCancellations(async () => {
        if (await runs.isCancelRequested(runId))
          cancellation.abort(new DOMException('the run was cancelled', 'AbortError'))
      }, CANCEL_POLL_MS)
      watch.start()
      const dependencies: StepDependencies = {
        ...reached,
        agents,
        clock,
        random: Math.random,
        priceOf,
        isCancelled: async (id) => cancellation.signal.aborted || (await runs.isCancelRequested(id)),
        cancellation: () => cancellation.signal,
        onRow: told?.onRow,
        deadline: new Date(clock.now().getTime() + context.getRemainingTimeInMillis() - MARGIN_MS),
      }
      const result = await (undo ? undoCall(undo, dependencies) : runStep(event as StepInput, dependencies))
      told?.finish({ status: result.status === 'stopped' ? result.cause : result.status })
      return result
    } catch (error) {
      told?.finish({ error })
      throw error
    } finally {
      watch?.stop()
    }
  }
}

interface Accepted {
  readonly place: z.infer<typeof Place>
  readonly undo?: UndoInput['undo']
}

function acceptEvent(event: unknown, agent: string): Accepted {
  const given = isJsonObject(event) && 'undo' in event ? acceptUndo(event) : acceptStep(event)
  if (!('error' in given) && given.place.agent === agent) return given
  const what = 'error' in given ? `no step: ${z.prettifyError(given.error)}` : `a step of agent ${given.place.agent}`
  throw new InvalidRequest({
    message: `the function of agent ${agent} was given ${what}`,
    next: 'Invoke it from the state machines of the team that it was deployed with.',
  })
}

function acceptStep(event: unknown): Accepted | { readonly error: z.ZodError } {
  const place = Place.safeParse(event)
  return place.success ? { place: place.data } : { error: place.error }
}

function acceptUndo(event: unknown): Accepted | { readonly error: z.ZodError } {
  const given = UndoInput.safeParse(event)
  return given.success ? { place: given.data.undo, undo: given.data.undo } : { error: given.error }
}
