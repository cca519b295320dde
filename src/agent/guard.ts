/**
 * What an agent's guardrails say of something that passes: in declared order, each of what the one before it let pass. One
 * that fails, or does not answer in time, lets nothing pass. Records nothing.
 */
import { jsonSha256, recordable } from '../audit/canonical.ts'
import type { Guardrail, Passing } from '../define/guardrail.ts'
import { RetryableError } from '../errors.ts'
import { GuardrailVerdict } from '../schema/guardrail.ts'
import { isJson } from '../schema/is-json.ts'
import type { Json } from '../schema/json.ts'
import { withinTime } from '../tools/time-limit.ts'
import type { NewStepRow, StepRun } from './step-run.ts'
import { timeLeft } from './time-left.ts'

export interface Guarded {
  /** What passes, where nothing refuses it. */
  readonly value: Json
  /** What was changed in it, as rows: by whom and why, never what was taken out. */
  readonly rows: readonly NewStepRow[]
  readonly refusal?: Refusal
}

export interface Refusal {
  readonly by: 'deny' | 'guide' | 'confirm'
  /** `guardrail.<name>` */
  readonly rule: string
  readonly reason: string
}

const REASON_CHARACTERS = 200

export function hasGuards({ agent }: StepRun, at: Passing['at']): boolean {
  return agent.guardrails?.some((guardrail) => guardrail.at.includes(at)) === true
}

/** @throws RetryableError, of a guardrail that may answer later. */
export async function guard(run: StepRun, turn: number, passing: Passing): Promise<Guarded> {
  const rows: NewStepRow[] = []
  let { value } = passing
  // A person is asked last, about what all the others let pass.
  let confirm: Refusal | undefined
  for (const guardrail of run.agent.guardrails ?? []) {
    if (!concerns(guardrail, passing)) continue
    const rule = `guardrail.${guardrail.name}`
    const verdict = await ask(run, guardrail, { ...passing, value })
    switch (verdict.verdict) {
      case 'proceed':
        continue
      case 'transform':
        value = recordable(verdict.value)
        rows.push({
          row: { event: 'decision', turn, rule, status: 'transformed', ...transformed(passing, value, verdict.reason) },
        })
        continue
      case 'confirm':
        confirm ??= { by: 'confirm', rule, reason: verdict.reason }
        continue
      case 'guide':
        return { value, rows, refusal: { by: 'guide', rule, reason: verdict.words } }
      default:
        return { value, rows, refusal: { by: 'deny', rule, reason: verdict.reason } }
    }
  }
  return { value, rows, ...(confirm && { refusal: confirm }) }
}

function concerns({ at, tools }: Guardrail, passing: Passing): boolean {
  if (!at.includes(passing.at)) return false
  return passing.tool === undefined || tools === undefined || tools.includes(passing.tool)
}

/** No hash of what there was before: of something short it would tell what it was. */
function transformed({ at, tool }: Passing, value: Json, why: string | undefined) {
  const where = tool === undefined ? at : `${at} ${tool}`
  const reason = why === undefined ? where : `${where}: ${why}`
  return { reason: reason.slice(0, REASON_CHARACTERS), hashes: { after: jsonSha256(value) } }
}

async function ask(run: StepRun, guardrail: Guardrail, passing: Passing): Promise<GuardrailVerdict> {
  const { agent, dependencies, step } = run
  const { clock, cancellation, credentials } = dependencies
  const { runId, stepId } = step
  const { stepMs, functionMs } = timeLeft(run)
  const milliseconds = Math.max(1, Math.min(guardrail.timeoutSeconds * 1_000, stepMs, functionMs))
  const context = { runId, stepId, agent: agent.name, credentials }
  try {
    const work = (signal: AbortSignal) => guardrail.run(passing, { ...context, signal })
    const timed = await withinTime(work, { clock, milliseconds, cancellation: cancellation?.(runId) })
    if (timed.ended !== 'inTime') return denied(guardrail, 'did not answer in time')
    return accepted(guardrail, passing, timed.value)
  } catch (error) {
    if (error instanceof RetryableError) throw error
    return denied(guardrail, `failed: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function accepted(guardrail: Guardrail, { at }: Passing, given: unknown): GuardrailVerdict {
  const verdict = GuardrailVerdict.safeParse(given)
  if (!verdict.success) return denied(guardrail, 'gave no verdict')
  const { data } = verdict
  if (data.verdict === 'transform' && !isJson(data.value)) return denied(guardrail, 'gave what is no JSON')
  if (data.verdict === 'confirm' && at !== 'tool.before') return denied(guardrail, `can ask nobody about a ${at}`)
  return data
}

function denied({ name }: Guardrail, what: string): GuardrailVerdict {
  return { verdict: 'deny', reason: `The guardrail ${name} ${what}: nothing passes.`.slice(0, REASON_CHARACTERS) }
}
