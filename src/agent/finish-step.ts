/** Ends an invocation: an outcome is recorded, a pause is noted. Large outputs become artifacts here. */
import { isHandoff } from '../define/contract-handoff.ts'
import { assertNever } from '../errors.ts'
import type { ApprovalRequest } from '../schema/approval.ts'
import { isJsonObject, type Json } from '../schema/json.ts'
import { INLINE_OUTPUT_BYTES, type StepResult, type StepUsage } from '../schema/step.ts'
import { policyVersionOf } from './ask-person.ts'
import { inlineOrReference } from './inline-or-reference.ts'
import { plainOutput } from './judge-output.ts'
import { labelsOf } from './provenance.ts'
import type { Ending, NewStepRow, StepRun } from './step-run.ts'
import { loneSubmission, type TurnBody } from './turn-answer.ts'

const REASON_CHARACTERS = 200

type Finished = Extract<StepResult, { status: 'completed' | 'stopped' }>

export async function finishStep(run: StepRun, ending: Ending): Promise<StepResult> {
  const { usage } = run.state
  switch (ending.status) {
    case 'continue':
      await run.record({ event: 'decision', rule: 'continue', reason: "the function's time is nearly up" })
      return { ...ending, usage }
    case 'wait':
      await run.record({ event: 'decision', rule: 'wait', reason: `until ${ending.untilIso}: ${ending.reason}` })
      return { ...ending, usage }
    case 'approval':
      await recordAsked(run, ending.request)
      return { ...ending, usage }
    case 'stopped':
      return recordOutcome(run, { ...ending, usage })
    case 'recorded':
      return ending.result
    case 'completed':
      return recordOutcome(run, { ...(await travelling(run, ending.output)), usage })
    default:
      return assertNever(ending)
  }
}

function travelling({ step, dependencies }: StepRun, output: Json) {
  return inlineOrReference({ ...step, inlineBytes: inlineBytesOf(step, output) }, output, dependencies)
}

/** A hand-off goes to the next agent, not into the result that is divided: its fields bound it. */
function inlineBytesOf({ contract, inlineBytes }: StepRun['step'], output: Json): number | undefined {
  return contract?.kind === 'handoff' && isHandoff(output) ? undefined : inlineBytes
}

/** Once: a step that comes to the same question again asks it as it was asked first. */
async function recordAsked(run: StepRun, request: ApprovalRequest): Promise<void> {
  const { approvalId: approval, kind, summary, subject, subjectSha256, tool, requestedAt, expiresAt } = request
  if (run.state.people.asked.has(approval)) return
  const limit = kind === 'limit' && isJsonObject(subject) ? subject['limit'] : undefined
  await run.record(
    {
      event: 'decision',
      ...(run.state.open !== undefined && { turn: run.state.open.turn }),
      rule: `approval.${kind}`,
      reason: summary.slice(0, REASON_CHARACTERS),
      hashes: { subject: subjectSha256 },
      policyVersion: policyVersionOf(run, tool),
      approval,
    },
    { requestedAt, expiresAt, ...(typeof limit === 'string' && { limit }) },
  )
}

async function recordOutcome(run: StepRun, result: Finished): Promise<StepResult> {
  const { usage, ...body } = result
  const isStopped = body.status === 'stopped'
  const turn = isStopped ? undefined : turnThatSays(run, body.output)
  await run.record(
    {
      event: 'outcome',
      status: isStopped ? body.cause : body.status,
      ...(!isStopped && handedOn(run.step, body.output)),
      ...(isStopped && { reason: body.reason.slice(0, REASON_CHARACTERS) }),
      ...(turn !== undefined && { turn }),
      ...labelled(run),
      total: usage,
    },
    turn === undefined ? body : undefined,
  )
  return result
}

/** What its output carries. */
function labelled({ state: { provenance } }: StepRun) {
  const labels = labelsOf(provenance)
  return labels.length === 0 ? {} : { labels: [...labels] }
}

/** Of a task that is passed on: to whom, of whom else, and why. */
function handedOn({ contract }: StepRun['step'], output: Json) {
  if (contract?.kind !== 'handoff' || !isHandoff(output)) return {}
  const { to, reason } = output.handoff
  return { rule: 'handoff', options: [...contract.to], reason: `to ${to}: ${reason}` }
}

/** Content is kept once: mostly the output stands in the last turn, word for word. */
function turnThatSays({ state: { open } }: StepRun, output: Json): number | undefined {
  if (open?.answer.kind !== 'output') return undefined
  return JSON.stringify(open.answer.candidates[0]) === JSON.stringify(output) ? open.turn : undefined
}

/**
 * The outcome that an answer's own turn can be recorded with, in one append: its output counts by its schema alone and
 * is no artifact.
 * @param usage Totals, that turn included.
 */
export function outcomeOfTurn(
  run: StepRun,
  turn: number,
  body: TurnBody,
  usage: StepUsage,
): (NewStepRow & { readonly result: StepResult }) | undefined {
  const { agent, prompt, step } = run
  const submission = loneSubmission(body)
  if (submission === undefined) return undefined
  const candidate = prompt.unwrapOutput(submission.input)
  const output = plainOutput(agent, candidate)
  if (output === undefined) return undefined
  const text = JSON.stringify(output)
  if (Buffer.byteLength(text) > (inlineBytesOf(step, output) ?? INLINE_OUTPUT_BYTES)) return undefined
  const result = { status: 'completed' as const, output, usage }
  const isSaid = JSON.stringify(candidate) === text
  const on = handedOn(step, output)
  const row = {
    event: 'outcome' as const,
    status: result.status,
    ...on,
    ...(isSaid && { turn }),
    ...labelled(run),
    total: usage,
  }
  return { row, body: isSaid ? undefined : { status: result.status, output }, result }
}
