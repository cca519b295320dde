/**
 * The synthetic tools by which an agent sends and reads messages. Their schemas hold the declared edges and types and no
 * others, so that the gate refuses what goes beyond them, whatever the model says. The step carries them out.
 */
import * as z from 'zod'
import type { Agent } from '../define/agent.ts'
import { type MessageEdges, type MessageType, typesOf } from '../define/message.ts'
import { defineTool, type Tool } from '../define/tool.ts'
import { READ_MESSAGES } from '../mailbox/mailboxes.ts'
import { READ_MESSAGES_TOOL, SEND_MESSAGE_TOOL } from '../schema/model-call.ts'

/** What the gate lets through to `send_message`; the body as its type's schema gives it. */
export const SendInput = z.object({ message: z.object({ type: z.string(), to: z.string(), body: z.json() }) })
export const SendOutput = z.strictObject({ id: z.string(), to: z.string() })

/** Longest that one call waits for a message, seconds: as long as queues let one wait. */
const LONGEST_WAIT_SECONDS = 20

export const ReadInput = z.strictObject({
  most: z.int().min(1).max(READ_MESSAGES).default(READ_MESSAGES).describe('Messages at most'),
  waitSeconds: z
    .int()
    .min(0)
    .max(LONGEST_WAIT_SECONDS)
    .default(0)
    .describe('How long to wait where there is none yet; 0: not at all'),
})
export const ReadOutput = z.strictObject({
  messages: z.array(
    z.strictObject({
      id: z.string(),
      from: z.string(),
      type: z.string(),
      body: z.json(),
      /** Its sender had read what strangers wrote. */
      untrusted: z.literal(true).optional(),
      /** Of other data that its sender had read. */
      labels: z.array(z.string()).optional(),
      /** On whose behalf its sender acted. */
      behalf: z.array(z.string()).optional(),
    }),
  ),
})

/** None where the agent neither sends nor receives. */
export function messageTools({ sends, receives }: Pick<Agent, 'sends' | 'receives'>): readonly Tool[] {
  return [...(sends === undefined ? [] : [sendTool(sends)]), ...(receives === undefined ? [] : [readTool(receives)])]
}

function sendTool(sends: MessageEdges): Tool {
  const [first, ...others] = typesOf(sends).map((type) => optionOf(type, sends))
  if (first === undefined) throw new TypeError('an agent that sends has a type of message')
  return defineTool({
    name: SEND_MESSAGE_TOOL,
    description:
      'Sends a message to another agent, which gets it once it reads its messages; you need not wait for that. ' +
      'Send each message once. The forms of messages say to whom each may go.',
    input: z.strictObject({ message: z.discriminatedUnion('type', [first, ...others]) }),
    output: SendOutput,
    effect: 'keyed',
    run: byTheStep,
  })
}

function optionOf(type: MessageType, sends: MessageEdges) {
  const receivers = Object.keys(sends).filter((to) => sends[to]?.includes(type))
  return z
    .strictObject({ type: z.literal(type.name), to: z.enum(receivers), body: type.body })
    .describe(type.description)
}

function readTool(receives: MessageEdges): Tool {
  const forms = typesOf(receives).map(({ name, description }) => `${name}: ${description}`)
  return defineTool({
    name: READ_MESSAGES_TOOL,
    description:
      'Gives the messages that other agents have sent you and that you have not read yet, oldest of each sender first; ' +
      `none where there are none. You may get:\n- ${forms.join('\n- ')}`,
    input: ReadInput,
    output: ReadOutput,
    effect: 'read',
    timeoutSeconds: LONGEST_WAIT_SECONDS + 40,
    run: byTheStep,
  })
}

async function byTheStep(): Promise<never> {
  throw new TypeError('messages are sent and read by the step itself')
}
