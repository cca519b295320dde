/** What follows from a recorded answer: its tools run, or its output is judged. Then the turn is closed, or the step ends. */
import { assertNever } from '../errors.ts'
import type { Json } from '../schema/json.ts'
import { type Ask, askPerson, decisionOn, fitsPerson } from './ask-person.ts'
import { stopped } from './ending.ts'
import { judgeOutput } from './judge-output.ts'
import { policyOf } from './limit-policy.ts'
import { againRule } from './limit-state.ts'
import { runCalls } from './run-calls.ts'
import type { Ending, StepRun } from './step-run.ts'
import { closeTurn, type OpenTurn, type RejectionBody } from './step-state.ts'

/** Answers in a step that may run into the model's token limit before it is stopped. */
const CUTS = 2
const REASON_CHARACTERS = 200

export async function settleTurn(run: StepRun, open: OpenTurn): Promise<Ending | undefined> {
  const ending = await follow(run, open)
  if (ending === undefined) closeTurn(run.state)
  return ending
}

async function follow(run: StepRun, open: OpenTurn): Promise<Ending | undefined> {
  const { turn, answer, given, rejection } = open
  if (given !== undefined) return judge(run, open, [given], 'What a person put in its place: ')
  if (rejection !== undefined) return overRepaired(run, open, rejection)
  switch (answer.kind) {
    case 'filtered':
      return stopped('refused', "The provider's content filter stopped the answer.")
    case 'cut': {
      const problems = [`It was cut off at ${run.agent.model.maxTokens} tokens. Give a shorter one.`]
      return reject(run, open, 'maxTokens', { cause: 'maxTokens', problems })
    }
    case 'calls':
      return runCalls(run, turn, answer.calls)
    case 'output':
      return judge(run, open, answer.candidates)
    default:
      return assertNever(answer)
  }
}

/** The one gate to an output, whoever gave it. */
async function judge(
  run: StepRun,
  open: OpenTurn,
  candidates: readonly Json[],
  whose = '',
): Promise<Ending | undefined> {
  const judgement = await judgeOutput(run, candidates)
  if (judgement.verdict === 'end') return judgement.ending
  if (judgement.verdict === 'accept') return { status: 'completed', output: judgement.output }
  const { cause, by, problems } = judgement
  return reject(run, open, by, { cause, problems: problems.map((problem) => whose + problem) })
}

async function reject(run: StepRun, open: OpenTurn, by: string, rejection: RejectionBody): Promise<Ending | undefined> {
  const reason = rejection.problems.join('; ').replaceAll(/\s+/g, ' ').slice(0, REASON_CHARACTERS)
  await run.record({ event: 'rejection', turn: open.turn, rule: by, status: rejection.cause, reason }, rejection)
  return overRepaired(run, open, rejection)
}

/** Asked of the state, so that a resumed step answers as the one that recorded the rejection would have. */
async function overRepaired(
  run: StepRun,
  open: OpenTurn,
  { cause, problems }: RejectionBody,
): Promise<Ending | undefined> {
  const { agent, state } = run
  // A guardrail let nothing of it pass: no repair is asked for.
  if (cause === 'refused') return stopped('refused', problems.join('; ').slice(0, 1_000))
  if (cause === 'maxTokens') {
    return state.cuts < CUTS ? undefined : stopped('maxTokens', `${state.cuts} answers ran into their token limit.`)
  }
  if (state.repairs <= agent.limits.repairs) return undefined
  const ending = stopped(cause, `Refused ${state.repairs} times, last for: ${problems.join('; ').slice(0, 1_000)}`)
  return policyOf(run, 'repairs') === 'ask' ? askAboutOutput(run, open, problems, ending) : ending
}

/** A person may let the agent try afresh, or give an output in its place, which has to pass the same gate. */
async function askAboutOutput(
  run: StepRun,
  { turn, answer }: OpenTurn,
  problems: readonly string[],
  otherwise: Extract<Ending, { status: 'stopped' }>,
): Promise<Ending | undefined> {
  const { agent, state } = run
  const ask: Ask = {
    kind: 'limit',
    summary: `${agent.name} gave no output that counts: ${problems.join('; ')}`,
    subject: {
      limit: 'repairs',
      times: (state.limits.again.repairs ?? 0) + 1,
      refused: state.repairs,
      problems: [...problems],
      output: (answer.kind === 'output' ? answer.candidates[0] : undefined) ?? null,
    },
    answerSchema: agent.outputSchema,
  }
  if (!fitsPerson(ask.subject)) return otherwise
  const decision = decisionOn(run, ask)
  if (decision === undefined) return askPerson(run, ask)
  if (decision.outcome === 'denied') {
    const said = decision.guidance === undefined ? '' : `: ${decision.guidance}`
    return stopped('denied', `${otherwise.reason}\nA person was asked and said no${said}`)
  }
  const reason = otherwise.reason.slice(0, REASON_CHARACTERS)
  const { approvalId: approval } = decision
  await run.record({ event: 'decision', turn, rule: againRule('repairs'), reason, approval })
  return undefined
}
