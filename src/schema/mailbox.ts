/** A message between agents, as people see it. */
import * as z from 'zod'
import { AgentName, MessageName, RunId, Sha256, StepId } from './ids.ts'
import { Json } from './json.ts'

export const MessageStatus = z.enum([
  /** Nobody has it. */
  'waiting',
  /** A reader was given it, and has not said yet that it has it. */
  'claimed',
  /** A step has it in its journal. */
  'read',
  /** It was delivered as often as it may be, and no reader lived to say that it has it. */
  'dead',
  /** It is not what its receiver takes. */
  'refused',
])
export type MessageStatus = z.infer<typeof MessageStatus>

export const MessageView = z.strictObject({
  /** `<sender>/<number>`: unique among the messages to one agent in a run. */
  id: z.string(),
  from: AgentName,
  to: AgentName,
  type: MessageName,
  status: MessageStatus,
  /** Times that it was given to a reader. */
  deliveries: z.int().nonnegative(),
  sentAt: z.iso.datetime(),
  /** The step that sent it. */
  sentBy: StepId,
  /** The step that was given it last. */
  readBy: StepId.optional(),
  readAt: z.iso.datetime().optional(),
  bodySha256: Sha256,
  body: Json,
})
export type MessageView = z.infer<typeof MessageView>

/** Of one run, oldest first. */
export const MessageList = z.strictObject({ runId: RunId, messages: z.array(MessageView) })
export type MessageList = z.infer<typeof MessageList>
