/** Guardrails before and after a tool: of the arguments, before the call is made or put before a person; of what it gave. */
import type { Json } from '../schema/json.ts'
import { sha256 } from '../schema/sha256.ts'
import type { ToolResult } from '../schema/tool-call.ts'
import { editedCall } from '../tools/call-id.ts'
import type { Executed } from '../tools/execute.ts'
import { guard, hasGuards, type Refusal } from './guard.ts'
import { confirmed, denied, type Plan, planned } from './plan-calls.ts'
import { addRead, newProvenance } from './provenance.ts'
import type { NewStepRow, StepRun } from './step-run.ts'

/** One after the other: what each says is recorded before anything follows from it. */
export async function guardCalls(run: StepRun, turn: number, plans: readonly Plan[]): Promise<readonly Plan[]> {
  if (!hasGuards(run, 'tool.before')) return plans
  const guarded: Plan[] = []
  for (const plan of plans) guarded.push(plan.do === 'tell' ? plan : await guardCall(run, turn, plan))
  return guarded
}

/** @param isEdit The arguments are those that a person put in the place of others. */
async function guardCall(
  run: StepRun,
  turn: number,
  plan: Exclude<Plan, { do: 'tell' }>,
  isEdit = false,
): Promise<Plan> {
  const made = plan.do === 'make' ? plan.made : plan.call
  const { name: tool, input } = made.use
  const { value, rows, refusal } = await guard(run, turn, { at: 'tool.before', tool, value: input })
  if (rows.length > 0) await run.recordAll(rows)
  const changedBy = rows[0]?.row.rule
  if (isEdit && changedBy !== undefined) {
    return denied(run, plan.call, changedBy, 'It would change the arguments that a person decided on.')
  }
  // The call is judged anew with what it has become: by its schema, its policy, and people.
  const judged = editedCall(made, value)
  const now = rows.length === 0 ? plan : { ...planned(run, turn, judged), call: plan.call }
  const isEdited = now.do === 'make' && now.made.argumentsSha256 !== judged.argumentsSha256
  if (isEdited && rows.length > 0) return guardCall(run, turn, now, true)
  if (refusal === undefined || now.do === 'tell') return now
  if (refusal.by !== 'confirm') return denied(run, plan.call, refusal.rule, refusal.reason)
  return confirmed(run, now, refusal.rule)
}

/** What the agent, and the record, get of a result. */
export async function guardResult(run: StepRun, turn: number, tool: string, executed: Executed): Promise<Executed> {
  if (!hasGuards(run, 'tool.after')) return executed
  const { result } = executed
  const given = result.status === 'ok' ? result.output : result.message
  const { value, rows, refusal } = await guard(run, turn, { at: 'tool.after', tool, value: given })
  if (rows.length === 0 && refusal === undefined) return executed
  if (rows.length > 0) await run.recordAll(rows)
  const changed = executedWith(result, value)
  if (refusal === undefined && keepsOrigin(tool, result, changed.result)) return changed
  const { rule, reason } = refusal ?? forged(rows)
  await run.record({
    event: 'decision',
    turn,
    rule,
    status: 'denied',
    reason: `tool.after ${tool}: ${reason}`.slice(0, 200),
  })
  return executedWith(result, `(withheld by ${rule}: ${reason})`)
}

/** Messages and shared state say where they come from: no guardrail may take that off what it lets pass. */
function keepsOrigin(tool: string, before: ToolResult, after: ToolResult): boolean {
  const [was, is] = [newProvenance(), newProvenance()]
  addRead(was, 0, tool, undefined, before)
  addRead(is, 0, tool, undefined, after)
  const hasAll = (some: ReadonlyMap<string, number>, all: ReadonlyMap<string, number>) =>
    [...some.keys()].every((one) => all.has(one))
  return hasAll(was.labels, is.labels) && hasAll(was.senders, is.senders)
}

function forged(rows: readonly NewStepRow[]): Refusal {
  const rule = rows.at(-1)?.row.rule ?? 'guardrail'
  return { by: 'deny', rule, reason: 'It took off what says where this comes from.' }
}

function executedWith(result: ToolResult, value: Json): Executed {
  const text = JSON.stringify(value)
  const next: ToolResult =
    result.status === 'ok'
      ? { ...result, output: value }
      : { ...result, message: typeof value === 'string' ? value : text }
  return { result: next, resultSha256: sha256(text) }
}
