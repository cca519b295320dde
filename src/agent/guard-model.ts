/** Guardrails before and after a model: of what it is given, before it has it; of what it answers, before that is recorded. */
import * as z from 'zod'
import { isJson } from '../schema/is-json.ts'
import type { Json } from '../schema/json.ts'
import { ContentBlock, type Message, TextBlock, ToolUseBlock } from '../schema/message.ts'
import type { ModelResponse } from '../schema/model-call.ts'
import { stopped } from './ending.ts'
import { guard, hasGuards, type Refusal } from './guard.ts'
import type { Ending, NewStepRow, StepRun } from './step-run.ts'

/** Messages that have passed, in this process: after a crash they are looked at again, as they stand in the record as they were. */
const passed = new WeakSet<Message>()

const Given = z.array(ContentBlock).min(1)
const Answered = z.array(z.discriminatedUnion('type', [TextBlock, ToolUseBlock]))

/** @returns why the model must not have it. */
export async function guardPrompt(run: StepRun, turn: number): Promise<Ending | undefined> {
  if (!hasGuards(run, 'model.before')) return undefined
  const { conversation } = run.state
  for (const [index, message] of [...conversation.messages].entries()) {
    if (message.role !== 'user' || passed.has(message)) continue
    const { value, rows, refusal } = await guard(run, turn, { at: 'model.before', value: message.content as Json })
    if (rows.length > 0) await run.recordAll(rows)
    const content = refusal === undefined || refusal.by === 'guide' ? givenIn(message, value) : undefined
    if (content === undefined) return refuse(run, turn, refusal)
    const guided = refusal === undefined ? content : [...content, { type: 'text' as const, text: refusal.reason }]
    const next: Message = { role: 'user', content: guided }
    if (rows.length > 0 || refusal !== undefined) conversation.replace(index, next)
    passed.add(conversation.messages[index] ?? message)
  }
  return undefined
}

/** undefined: not what can stand in its place. Each result still belongs to its call. */
function givenIn({ content }: Message, value: Json): Message['content'] | undefined {
  const parsed = Given.safeParse(value)
  if (!parsed.success || !isJson(value)) return undefined
  const ids = (blocks: Message['content']) =>
    blocks.flatMap((one) => (one.type === 'toolResult' ? [one.toolUseId] : []))
  return ids(parsed.data).join() === ids(content).join() ? parsed.data : undefined
}

const MISFIT: Refusal = {
  by: 'deny',
  rule: 'guardrail',
  reason: 'A guardrail gave what cannot stand in the place of a message.',
}

async function refuse(run: StepRun, turn: number, refusal: Refusal = MISFIT): Promise<Ending> {
  const { rule, reason } = refusal
  await run.record({ event: 'decision', turn, rule, status: 'denied', reason: `model.before: ${reason}`.slice(0, 200) })
  return stopped('refused', `${rule}: ${reason}`)
}

export interface GuardedAnswer {
  readonly content: ModelResponse['content']
  /** Written with the turn: what was changed, and why it was refused. */
  readonly before: readonly NewStepRow[]
  readonly after: readonly NewStepRow[]
}

/** What is refused is never written down, only that it was. It was paid for all the same. */
export async function guardAnswer(
  run: StepRun,
  turn: number,
  content: ModelResponse['content'],
): Promise<GuardedAnswer> {
  if (!hasGuards(run, 'model.after')) return { content, before: [], after: [] }
  const { value, rows, refusal } = await guard(run, turn, { at: 'model.after', value: content as Json })
  const parsed = Answered.safeParse(value)
  if (refusal === undefined && parsed.success) {
    return { content: parsed.data as ModelResponse['content'], before: rows, after: [] }
  }
  const { by, rule, reason } = refusal ?? MISFIT
  const cause = by === 'guide' ? 'checkRejected' : 'refused'
  const rejection: NewStepRow = {
    row: { event: 'rejection', turn, rule, status: cause, reason: reason.slice(0, 200) },
    body: { cause, problems: [reason] },
  }
  return { content: [{ type: 'text', text: `(withheld by ${rule})` }], before: rows, after: [rejection] }
}
