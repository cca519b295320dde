/** A Converse answer as the events that ConverseStream gives, framed as AWS frames event streams. Sends nothing. */
import { EventStreamCodec } from '@smithy/core/event-streams'
import { fromUtf8, toUtf8 } from '@smithy/core/serde'
import * as z from 'zod'

/** Characters of text or of tool arguments in one event: several events for any real answer. */
const DELTA_CHARACTERS = 64

const Block = z.looseObject({
  text: z.string().optional(),
  toolUse: z.object({ toolUseId: z.string(), name: z.string(), input: z.unknown() }).optional(),
})
const Answer = z.looseObject({
  output: z.object({ message: z.object({ content: z.array(Block) }) }),
  stopReason: z.string(),
  usage: z.unknown(),
  additionalModelResponseFields: z.unknown(),
})

interface StreamEvent {
  readonly type: string
  readonly payload: Readonly<Record<string, unknown>>
}

/** @throws ZodError where the body is no Converse answer. */
export function encodeConverseStream(body: unknown): Uint8Array[] {
  const codec = new EventStreamCodec(toUtf8, fromUtf8)
  return eventsOf(Answer.parse(body)).map(({ type, payload }) =>
    codec.encode({
      headers: {
        ':event-type': { type: 'string', value: type },
        ':content-type': { type: 'string', value: 'application/json' },
        ':message-type': { type: 'string', value: 'event' },
      },
      body: fromUtf8(JSON.stringify(payload)),
    }),
  )
}

function eventsOf({ output, stopReason, usage, additionalModelResponseFields: fields }: z.infer<typeof Answer>) {
  const events: StreamEvent[] = [{ type: 'messageStart', payload: { role: 'assistant' } }]
  for (const [contentBlockIndex, block] of output.message.content.entries()) {
    events.push(
      ...blockEvents(block).map(({ type, payload }) => ({ type, payload: { contentBlockIndex, ...payload } })),
    )
  }
  const more = fields === undefined ? {} : { additionalModelResponseFields: fields }
  events.push({ type: 'messageStop', payload: { stopReason, ...more } })
  events.push({ type: 'metadata', payload: { usage, metrics: { latencyMs: 1 } } })
  return events
}

function blockEvents({ text, toolUse }: z.infer<typeof Block>): StreamEvent[] {
  const stop = { type: 'contentBlockStop', payload: {} }
  if (toolUse !== undefined) {
    const { toolUseId, name, input } = toolUse
    return [
      { type: 'contentBlockStart', payload: { start: { toolUse: { toolUseId, name } } } },
      ...deltas(JSON.stringify(input ?? {}), (part) => ({ toolUse: { input: part } })),
      stop,
    ]
  }
  return text === undefined ? [] : [...deltas(text, (part) => ({ text: part })), stop]
}

function deltas(whole: string, delta: (part: string) => Readonly<Record<string, unknown>>): StreamEvent[] {
  // By code points: half a surrogate pair is no text.
  const characters = [...whole]
  const count = Math.ceil(characters.length / DELTA_CHARACTERS)
  return Array.from({ length: count }, (_, at) => {
    const part = characters.slice(at * DELTA_CHARACTERS, (at + 1) * DELTA_CHARACTERS).join('')
    return { type: 'contentBlockDelta', payload: { delta: delta(part) } }
  })
}
