/** What happens at a limit, as the agent declares it. Each decision is a row, so that a resumed step goes on alike. */
import type { LimitPolicy } from '../define/agent.ts'
import type { JsonObject } from '../schema/json.ts'
import { askPerson, decisionOn } from './ask-person.ts'
import { stopped } from './ending.ts'
import { againRule, DEGRADE_RULE, FINISH_RULE, type LimitName } from './limit-state.ts'
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
      return ask(run, turn, { limit, ending })
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

/** Where a person has approved, what was used no longer counts; each time it is asked, it is another question. */
async function ask(run: StepRun, turn: number, { limit, ending }: Crossing): Promise<Ending | undefined> {
  const { usage, limits } = run.state
  const times = (limits.again[limit] ?? 0) + 1
  const subject: JsonObject = { limit, times, reason: ending.reason, used: { ...usage } }
  const question = { kind: 'limit', summary: `${ending.reason} May it go on?`, subject } as const
  const decision = decisionOn(run, question)
  if (decision === undefined) return askPerson(run, question)
  if (decision.outcome === 'denied') {
    const said = decision.guidance === undefined ? '' : `: ${decision.guidance}`
    return stopped('denied', `${ending.reason} A person was asked whether it may go on, and said no${said}`)
  }
  const reason = ending.reason.slice(0, REASON_CHARACTERS)
  await run.record({ event: 'decision', turn, rule: againRule(limit), reason, approval: decision.approvalId })
  return undefined
}
