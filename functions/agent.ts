/** One agent of a team as a Lambda function: a step of a run in, its result out. */
import * as z from 'zod'
import { runStep } from '../src/agent/run-step.ts'
import type { Team } from '../src/define/team.ts'
import { type CancellationWatch, watchForCancellations } from '../src/engine/host-cancellations.ts'
import { InvalidRequest } from '../src/errors.ts'
import { type PriceList, pricesFromList } from '../src/models/prices.ts'
import { AgentName, RunId, StepId } from '../src/schema/ids.ts'
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

/** @throws as `runStep`; each error's `name` is what the state machine retries and catches by. */
export function agentHandler({ team, prices }: AgentFunction, open = openAgentSurroundings): Handler<StepResult> {
  const { priceOf } = pricesFromList(prices)
  const agents = (name: string) => team.agents.find((agent) => agent.name === name)
  const surroundings = opened(() => open(team))
  return async (event, context) => {
    const { agent, clock, telemetry, reach } = await surroundings()
    const place = acceptStep(event, agent)
    const { runId } = place
    const told = telemetry?.step(place, context)
    const cancellation = new AbortController()
    let watch: CancellationWatch | undefined
    try {
      const { runs, ...reached } = await reach(place)
      watch = watchForCancellations(async () => {
        if (await runs.isCancelRequested(runId))
          cancellation.abort(new DOMException('the run was cancelled', 'AbortError'))
      }, CANCEL_POLL_MS)
      watch.start()
      const result = await runStep(event as StepInput, {
        ...reached,
        agents,
        clock,
        random: Math.random,
        priceOf,
        isCancelled: async (id) => cancellation.signal.aborted || (await runs.isCancelRequested(id)),
        cancellation: () => cancellation.signal,
        onRow: told?.onRow,
        deadline: new Date(clock.now().getTime() + context.getRemainingTimeInMillis() - MARGIN_MS),
      })
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

function acceptStep(event: unknown, agent: string): z.infer<typeof Place> {
  const place = Place.safeParse(event)
  if (place.success && place.data.agent === agent) return place.data
  const what = place.success ? `a step of agent ${place.data.agent}` : `no step: ${z.prettifyError(place.error)}`
  throw new InvalidRequest({
    message: `the function of agent ${agent} was given ${what}`,
    next: 'Invoke it from the state machines of the team that it was deployed with.',
  })
}
