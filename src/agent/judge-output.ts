/** Holds an answer against the agent's output schema, then its checks. Records nothing. */
import type { Agent, OutputCheck } from '../define/agent.ts'
import { BatonError, RetryableError } from '../errors.ts'
import type { Json } from '../schema/json.ts'
import { SUBMIT_OUTPUT_TOOL } from '../schema/model-call.ts'
import { issueText } from '../tools/authorize.ts'
import { withinTime } from '../tools/time-limit.ts'
import { outOfTime, runCancelled, stopped } from './ending.ts'
import type { Ending, StepRun } from './step-run.ts'
import { timeLeft } from './time-left.ts'
import { unfitData } from './unfit-data.ts'

export type Judgement =
  | { readonly verdict: 'accept'; readonly output: Json }
  | {
      readonly verdict: 'reject'
      readonly cause: 'offSchema' | 'checkRejected'
      /** The schema, or the name of the check. */
      readonly by: string
      readonly problems: readonly string[]
    }
  | { readonly verdict: 'end'; readonly ending: Ending }

const PROBLEMS = 20
const PROBLEM_CHARACTERS = 2_000

export async function judgeOutput(run: StepRun, candidates: readonly Json[]): Promise<Judgement> {
  const { output: schema } = run.agent
  const parsed = candidates.map((candidate) => schema.safeParse(candidate))
  const fitting = parsed.find((result) => result.success)
  if (fitting === undefined) {
    const first = parsed[0]?.error
    const problem = first === undefined ? `There was no answer: call ${SUBMIT_OUTPUT_TOOL}.` : issueText(first)
    return { verdict: 'reject', cause: 'offSchema', by: 'output schema', problems: [problem] }
  }
  const output = asJson(fitting.data)
  const unfit = unfitData(output)
  if (unfit !== undefined) return { verdict: 'reject', cause: 'offSchema', by: 'output schema', problems: [unfit] }
  for (const check of run.agent.checks) {
    const judgement = await runCheck(run, check, fitting.data)
    if (judgement !== undefined) return judgement
  }
  return { verdict: 'accept', output }
}

/** The output where the schema alone decides; undefined: `judgeOutput` has to be asked. */
export function plainOutput(agent: Agent, candidate: Json): Json | undefined {
  if (agent.checks.length > 0) return undefined
  try {
    const parsed = agent.output.safeParse(candidate)
    const output = parsed.success ? asJson(parsed.data) : undefined
    return output === undefined || unfitData(output) !== undefined ? undefined : output
  } catch {
    // A schema that throws is a bug: met again, and thrown, once the turn is recorded.
    return undefined
  }
}

function asJson(output: unknown): Json {
  return JSON.parse(JSON.stringify(output) ?? 'null')
}

async function runCheck(run: StepRun, check: OutputCheck, output: unknown): Promise<Judgement | undefined> {
  const { runId, stepId, settings } = run.step
  const { stepMs, functionMs } = timeLeft(run)
  try {
    const work = (signal: AbortSignal) => check.run(output, { runId, stepId, input: run.input, settings, signal })
    const milliseconds = Math.max(1, Math.min(stepMs, functionMs))
    const { clock, cancellation } = run.dependencies
    const timed = await withinTime(work, { clock, milliseconds, cancellation: cancellation?.(runId) })
    if (timed.ended === 'cancelled') return { verdict: 'end', ending: runCancelled }
    if (timed.ended === 'tooLate') {
      const late = stopped('timeLimit', `The check ${check.name} did not end within the agent's time.`)
      return { verdict: 'end', ending: functionMs < stepMs ? outOfTime : late }
    }
    if (timed.value.verdict === 'accept') return undefined
    const problems = timed.value.problems.slice(0, PROBLEMS).map((problem) => problem.slice(0, PROBLEM_CHARACTERS))
    return { verdict: 'reject', cause: 'checkRejected', by: check.name, problems }
  } catch (error) {
    if (error instanceof RetryableError) throw error
    // No model can repair a broken check, and no output counts that was not checked.
    const reason = `The check ${check.name} failed to run: ${error instanceof Error ? error.message : String(error)}`
    const next = error instanceof BatonError ? error.next : undefined
    return { verdict: 'end', ending: stopped('checkRejected', reason.slice(0, PROBLEM_CHARACTERS), next) }
  }
}
