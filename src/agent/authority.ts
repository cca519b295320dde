/**
 * On whose behalf a step acts, and so what it may do for them: no more than every agent whose model made its task, or whose
 * messages it has read, may do itself or hand on, and no more than the task names. What only reads is bound by the task
 * alone. Said by the state machine, the workflow's definition and the journal, never by a model.
 */
import * as z from 'zod'
import type { WhereIs } from '../brake/step-places.ts'
import type { Agent } from '../define/agent.ts'
import { freeze } from '../define/definition.ts'
import { mayHandOn } from '../define/delegation.ts'
import type { Tool } from '../define/tool.ts'
import { AgentName } from '../schema/ids.ts'
import type { Label } from '../schema/label.ts'
import {
  ASK_PERSON_TOOL,
  READ_MESSAGES_TOOL,
  READ_STATE_TOOL,
  REMEMBER_TOOL,
  SEARCH_MEMORY_TOOL,
  SEND_MESSAGE_TOOL,
  UPDATE_STATE_TOOL,
} from '../schema/model-call.ts'
import type { StepInput } from '../schema/step.ts'
import { readBefore } from './provenance.ts'
import type { StepRun } from './step-run.ts'

/** What a step has from where it stands. */
export interface Standing {
  /** Of its input. */
  readonly labels: readonly Label[]
  /** Agents that made its task, outermost first. */
  readonly delegators: readonly string[]
  /** Tools that the task names. Absent: it names none, and all count. */
  readonly tools?: readonly string[]
}

/** What the step itself carries out, within the run: what comes of it is bound where it arrives. */
const OF_THE_STEP = [
  ASK_PERSON_TOOL,
  READ_MESSAGES_TOOL,
  READ_STATE_TOOL,
  REMEMBER_TOOL,
  SEARCH_MEMORY_TOOL,
  SEND_MESSAGE_TOOL,
  UPDATE_STATE_TOOL,
]

export async function standingOf(step: StepInput, whereIs: WhereIs | undefined): Promise<Standing> {
  const { labels = [], delegators = [], isAssigned } = (await whereIs?.(step)) ?? {}
  const all = [...new Set([...delegators, ...hadItBefore(step)])].filter((name) => name !== step.agent)
  return { labels, delegators: all, ...(isAssigned && { tools: assignedTools(step) }) }
}

const Passed = z.looseObject({ trail: z.array(z.looseObject({ from: AgentName })) })
const Assigned = z.looseObject({ tools: z.array(z.string()) })

/** Who passed a task on; nobody's name, which no agent has, where that cannot be told. */
function hadItBefore({ contract, input }: StepInput): readonly string[] {
  if (contract?.kind !== 'handoff') return []
  const passed = Passed.safeParse(input)
  return passed.success ? passed.data.trail.map(({ from }) => from) : ['?']
}

function assignedTools({ input }: StepInput): readonly string[] {
  return Assigned.safeParse(input).data?.tools ?? []
}

/** The agent with no more tools than the task is for: those that it names; where it names none, those that only read. */
export function narrowed(agent: Agent, { tools: named }: Standing): Agent {
  if (named === undefined) return agent
  const tools = agent.tools.filter((tool) => isNamed(tool, named))
  return tools.length === agent.tools.length ? agent : freeze({ ...agent, tools })
}

function isNamed({ name, effect }: Pick<Tool, 'name' | 'effect'>, named: readonly string[]): boolean {
  return named.includes(name) || (named.length === 0 && effect === 'read')
}

/** Why a call may not be made for those on whose behalf it would be, at that turn; undefined where it may. */
export function withheldAt(run: StepRun, turn: number) {
  const { dependencies, standing, state } = run
  const senders = readBefore(state.provenance.senders, turn)
  return ({ name, effect }: Pick<Tool, 'name' | 'effect'>): string | undefined => {
    if (OF_THE_STEP.includes(name)) return undefined
    if (standing.tools !== undefined && !isNamed({ name, effect }, standing.tools)) {
      const given = standing.delegators.at(-1) ?? 'whoever gave it'
      return `The task that ${given} gave you does not name ${name}. Do without, and say so in your answer.`
    }
    if (effect === 'read') return undefined
    const hasAuthority = (by: string) => {
      const agent = dependencies.agents(by as AgentName)
      return agent !== undefined && mayHandOn(agent, name)
    }
    const lacking = [...standing.delegators, ...senders].find((by) => !hasAuthority(by))
    if (lacking === undefined) return undefined
    const how = standing.delegators.includes(lacking) ? 'You act for' : 'You have read messages of'
    return `${how} ${lacking}, who may neither use ${name} nor hand it on. Do without, and say so in your answer.`
  }
}

/** Everybody on whose behalf the step has come to act: those who made its task, and whose messages it has read. */
export function delegatorsOf({ agent, standing, state }: Pick<StepRun, 'agent' | 'standing' | 'state'>): string[] {
  const all = [...standing.delegators, ...state.provenance.senders.keys()]
  return [...new Set(all)].filter((name) => name !== agent.name)
}
