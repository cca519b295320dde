/**
 * What is to be done about each call of an answer, from what is declared, recorded and decided. Does nothing of it.
 * What a person decided is held against the call as it stands now: another call, other arguments or another declaration
 * have another approval id.
 */
import type { Tool } from '../define/tool.ts'
import { type ApprovalDecision, ApprovalPolicy } from '../schema/approval.ts'
import type { Json } from '../schema/json.ts'
import { ASK_PERSON_TOOL } from '../schema/model-call.ts'
import { sha256 } from '../schema/sha256.ts'
import { type Authorization, authorize } from '../tools/authorize.ts'
import { editedCall, type IdentifiedCall } from '../tools/call-id.ts'
import { SINK_RULE } from '../tools/data-policy.ts'
import type { Executed } from '../tools/execute.ts'
import { type Ask, decisionOn, fitsPerson, isAsked } from './ask-person.ts'
import { withheldAt } from './authority.ts'
import { callKey } from './call-history.ts'
import { readBefore } from './provenance.ts'
import { answerSchemaOf, type Question } from './question-tool.ts'
import type { StepRun } from './step-run.ts'
import { usedOf } from './step-state.ts'

export type Plan =
  /** It is made: `made` is the call as a person may have changed it. */
  | {
      readonly do: 'make'
      readonly call: IdentifiedCall
      readonly made: IdentifiedCall
      readonly allowed: Allowed
      readonly decision?: ApprovalDecision | undefined
    }
  /** It has its result without being made. */
  | {
      readonly do: 'tell'
      readonly call: IdentifiedCall
      readonly tool: Tool | undefined
      readonly status: 'denied' | 'suggested' | 'ok'
      readonly rule: string
      readonly executed: Executed
      readonly decision?: ApprovalDecision | undefined
    }
  | { readonly do: 'ask'; readonly call: IdentifiedCall; readonly ask: Ask }

type Allowed = Extract<Authorization, { readonly input: unknown }>

/** Calls that one execution of a step may put before a person: fewer than the state machine waits for. */
const ASKS_PER_STEP = 16

interface Wanted {
  readonly turn: number
  readonly calls: readonly IdentifiedCall[]
  /** How many of them the budgets above the step allow. */
  readonly allowed: number
}

/** One after the other, so that the count of calls is exact however many run at once. */
export function planCalls(run: StepRun, { turn, calls, allowed }: Wanted): Plan[] {
  const { agent, state } = run
  let callsLeft = Math.min(agent.limits.toolCalls - usedOf(state).toolCalls, allowed)
  let asksLeft = ASKS_PER_STEP - (state.people.asked.size - state.people.askedBefore)
  return calls.map((call) => {
    const plan = planCall(run, turn, call, { callsLeft, asksLeft })
    if (plan.do !== 'tell' || plan.status !== 'denied') callsLeft -= 1
    if (plan.do === 'ask' && !isAsked(run, plan.ask)) asksLeft -= 1
    return plan
  })
}

/** One call by itself, as it has become. */
export function planned(run: StepRun, turn: number, call: IdentifiedCall): Plan {
  return planCall(run, turn, call, { callsLeft: 1, asksLeft: 1 })
}

export function denied({ prompt }: StepRun, call: IdentifiedCall, rule: string, reason: string): Plan {
  return deny(call, prompt.tools.get(call.use.name), rule, reason)
}

/** It is made once a person has allowed it. */
export function confirmed(run: StepRun, plan: Exclude<Plan, { do: 'tell' }>, rule: string): Plan {
  if (plan.do === 'ask' || plan.decision !== undefined) return plan
  const ask = askOf(run, plan.made, plan.allowed)
  if (fitsPerson(ask.subject)) return { do: 'ask', call: plan.call, ask }
  return denied(run, plan.call, rule, 'The arguments are too long to be shown to the person who must allow this call.')
}

interface Left {
  readonly callsLeft: number
  readonly asksLeft: number
}

function planCall(run: StepRun, turn: number, call: IdentifiedCall, left: Left): Plan {
  const authorization = judge(run, turn, call, left.callsLeft)
  const { verdict, tool } = authorization
  if (verdict.verdict === 'deny') return deny(call, tool, verdict.rule, verdict.reason)
  if (verdict.verdict === 'suggest') {
    return { do: 'tell', call, tool, status: 'suggested', rule: verdict.rule, executed: said(verdict.reason) }
  }
  const allowed = authorization as Allowed
  const ask = askOf(run, call, allowed)
  // Once a person was asked, a rule that has changed its mind does not bypass them.
  if (verdict.verdict === 'proceed' && !isAsked(run, ask)) return { do: 'make', call, made: call, allowed }
  const decision = decisionOn(run, ask)
  if (decision !== undefined) return follow(run, turn, { call, allowed, decision, left })
  if (!fitsPerson(ask.subject)) {
    const text = 'The arguments are too long to be shown to the person who must allow this call: give shorter ones.'
    return deny(call, tool, 'approvalTooLarge', text)
  }
  if (left.asksLeft > 0 || isAsked(run, ask)) return { do: 'ask', call, ask }
  return deny(call, tool, 'askLimit', `People were asked ${ASKS_PER_STEP} times in this step: go on without them.`)
}

function judge(run: StepRun, turn: number, call: IdentifiedCall, callsLeft: number) {
  const { agent, input, prompt, standing, state, step } = run
  const { runId, stepId } = step
  const task = standing.tools && (run.dependencies.agents(agent.name)?.tools ?? [])
  return authorize({
    name: call.use.name,
    input: call.use.input,
    settings: step.settings,
    // Also those that the task does not name, so that it is said why they are withheld.
    tools: task ? new Map([...task.map((tool) => [tool.name, tool] as const), ...prompt.tools]) : prompt.tools,
    callsLeft,
    repeatsInVain: state.history.isInVain(callKey(call.use.name.slice(0, 100), call.argumentsSha256)),
    labels: readBefore(state.provenance.labels, turn),
    autonomy: agent.autonomy,
    permissions: agent.permissions,
    place: { runId, stepId, agent: agent.name, stepInput: input },
    withheld: withheldAt(run, turn),
  })
}

interface Decided {
  readonly call: IdentifiedCall
  readonly allowed: Allowed
  readonly decision: ApprovalDecision
  readonly left: Left
}

function follow(run: StepRun, turn: number, { call, allowed, decision, left }: Decided): Plan {
  const { tool } = allowed
  const isQuestion = tool.name === ASK_PERSON_TOOL
  if (decision.outcome === 'denied') {
    return {
      ...deny(call, tool, 'approvalDenied', denialText(decision, isQuestion ? 'answered' : 'allowed')),
      decision,
    }
  }
  if (isQuestion) {
    const answer = decision.answer ?? decision.edited ?? 'Yes.'
    return { do: 'tell', call, tool, status: 'ok', rule: 'answered', executed: said(answer), decision }
  }
  if (decision.edited === undefined) return { do: 'make', call, made: call, allowed, decision }
  const made = editedCall(call, decision.edited)
  const again = judge(run, turn, made, left.callsLeft)
  if (again.verdict.verdict === 'deny') {
    return { ...deny(call, tool, again.verdict.rule, again.verdict.reason), decision }
  }
  return { do: 'make', call, made, allowed: again as Allowed, decision }
}

function denialText({ expired, guidance }: ApprovalDecision, wanted: string): string {
  const what = expired ? `Nobody ${wanted} this in time.` : 'A person said no to this.'
  return guidance === undefined ? `${what} Do not ask for the same again.` : `${what} They say: ${guidance}`
}

function askOf({ agent }: StepRun, call: IdentifiedCall, { tool, input, verdict }: Allowed): Ask {
  const { callId, use } = call
  if (tool.name === ASK_PERSON_TOOL) {
    const question = input as Question
    const answerSchema = answerSchemaOf(question)
    return { kind: 'question', summary: question.question, subject: question as Json, callId, answerSchema }
  }
  const why = verdict.verdict === 'ask' && verdict.rule === SINK_RULE ? ` (${verdict.reason})` : ''
  return {
    kind: 'tool',
    summary: `${agent.name} wants to call ${tool.name}${why}: ${JSON.stringify(use.input)}`,
    subject: use.input,
    tool: tool.name,
    callId,
    policy: policyOf(tool),
    answerSchema: tool.inputSchema,
  }
}

/** undefined: the agent's own. */
function policyOf({ approval }: Tool): ApprovalPolicy | undefined {
  if (approval === undefined) return undefined
  const { when: _, ...policy } = approval
  return ApprovalPolicy.parse(policy)
}

function deny(
  call: IdentifiedCall,
  tool: Tool | undefined,
  rule: string,
  reason: string,
): Extract<Plan, { do: 'tell' }> {
  const result = { status: 'error', name: rule, message: reason } as const
  return {
    do: 'tell',
    call,
    tool,
    status: 'denied',
    rule,
    executed: { result, resultSha256: sha256(`${rule}: ${reason}`) },
  }
}

function said(output: Json): Executed {
  return { result: { status: 'ok', output }, resultSha256: sha256(JSON.stringify(output)) }
}
