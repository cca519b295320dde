/** What follows from a recorded answer: its tools run, or its output is judged. Then the turn is closed, or the step ends. */
import { assertNever } from '../errors.ts'
import { stopped } from './ending.ts'
import { judgeOutput } from './judge-output.ts'
import { runCalls } from './run-calls.ts'
import type { Ending, StepRun } from './step-run.ts'
import { closeTurn, type OpenTurn, type RejectionBody } from './step-state.ts'

/** Answers in a step that may run into the model's token limit before it is stopped. */
const CUTS = 2

export async function settleTurn(run: StepRun, open: OpenTurn): Promise<Ending | undefined> {
  const ending = open.rejection === undefined ? await follow(run, open) : overRepaired(run, open.rejection)
  if (ending === undefined) closeTurn(run.state)
  return ending
}

async function follow(run: StepRun, { turn, answer }: OpenTurn): Promise<Ending | undefined> {
  switch (answer.kind) {
    case 'filtered':
      return stopped('refused', "The provider's content filter stopped the answer.")
    case 'cut': {
      const problems = [`It was cut off at ${run.agent.model.maxTokens} tokens. Give a shorter one.`]
      return reject(run, turn, 'maxTokens', { cause: 'maxTokens', problems })
    }
    case 'calls':
      return runCalls(run, turn, answer.calls)
    case 'output': {
      const judgement = await judgeOutput(run, answer.candidates)
      if (judgement.verdict === 'end') return judgement.ending
      if (judgement.verdict === 'accept') return { status: 'completed', output: judgement.output }
      const { cause, by, problems } = judgement
      return reject(run, turn, by, { cause, problems: [...problems] })
    }
    default:
      return assertNever(answer)
  }
}

async function reject(run: StepRun, turn: number, by: string, rejection: RejectionBody): Promise<Ending | undefined> {
  const reason = rejection.problems.join('; ').replaceAll(/\s+/g, ' ').slice(0, 200)
  await run.record({ event: 'rejection', turn, rule: by, status: rejection.cause, reason }, rejection)
  return overRepaired(run, rejection)
}

/** Asked of the state, so that a resumed step answers as the one that recorded the rejection would have. */
function overRepaired({ agent, state }: StepRun, { cause, problems }: RejectionBody): Ending | undefined {
  if (cause === 'maxTokens') {
    return state.cuts < CUTS ? undefined : stopped('maxTokens', `${state.cuts} answers ran into their token limit.`)
  }
  if (state.repairs <= agent.limits.repairs) return undefined
  return stopped(cause, `Refused ${state.repairs} times, last for: ${problems.join('; ').slice(0, 1_000)}`)
}
