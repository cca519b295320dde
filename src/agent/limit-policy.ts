/** What happens at a limit, as the agent declares it. Each decision is a row, so that a resumed step goes on alike. */
import type { LimitPolicy } from '../define/agent.ts'
import type { JsonObject } from '../schema/json.ts'
import { askPerson, decisionOn } from './ask-person.ts'
import { stopped } from './ending.ts'
import { DEGRADE_RULE, FINISH_RULE, type LimitName } from './limit-state.ts'
import type { Ending, StepRun } from './step-run.ts'

const REASON_CHARACTERS = 200

export interface Crossing {
  readonly limit: LimitName
  /** Where there is nothing else to do. */
  readonly ending: Extract<Ending, { status: 'stopped' }>
}

export function policyOf({ agent }: StepRun, limit: LimitName): LimitPolicy {
  return agent.onLimit?.[limit] ?? 'stop'
}

/** @returns how the step ends, or is paused, by it; undefined: it may go on, look at the limits again. */
export async function applyPolicy(
  run: StepRun,
  turn: number,
  { limit, ending }: Crossing,
): Promise<Ending | undefined> {
  const { agent, state } = run
  const { degradeTo } = agent.model
  const reason = ending.reason.slice(0, REASON_CHARACTERS)
  switch (policyOf(run, limit)) {
    case 'ask':
      return ask(run, { limit, ending })
    case 'degrade':
      if (state.limits.degraded || degradeTo === undefined) return ending
      await run.record({ event: 'decision', turn, rule: DEGRADE_RULE, reason, options: [degradeTo, 'stop'] })
      return undefined
    case 'finish':
      if (state.limits.finishing) return ending
      await run.record({ event: 'decision', turn, rule: FINISH_RULE, reason, options: ['finish', 'stop'] })
      return undefined
    default:
      return ending
  }
}

/** Once a person has approved, what was used no longer counts: the limit is met again later, if at all, as another question. */
function ask(run: StepRun, { limit, ending }: Crossing): Ending {
  const subject: JsonObject = { limit, reason: ending.reason, used: { ...run.state.usage } }
  const question = { kind: 'limit', summary: `${ending.reason} May it go on?`, subject } as const
  const decision = decisionOn(run, question)
  if (decision?.outcome !== 'denied') return askPerson(run, question)
  const said = decision.guidance === undefined ? '' : `: ${decision.guidance}`
  return stopped('denied', `${ending.reason} A person was asked whether it may go on, and said no${said}`)
}
