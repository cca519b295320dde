/** Server-sent events, message by message, of a bounded size. What the messages mean is not known here. */
import { createParser } from 'eventsource-parser'
import { EndpointUnknown } from './remote-errors.ts'

export interface StreamMessage {
  readonly event: string
  readonly data: string
  /** The last one that was given, with this message or before it. */
  readonly id: string | undefined
}

interface StreamListener {
  /** The server asks for this pause before the next connection, ms. */
  onRetry(milliseconds: number): void
  /** Something came in, a comment too: the connection lives. */
  onSignOfLife(): void
}

/** Characters of one message that are taken at most: events are small. */
const LARGEST_MESSAGE = 4 * 1024 * 1024

/** Ends where the response does; a message that was cut off is not given. @throws where the connection breaks */
export async function* readEventStream(
  body: ReadableStream<Uint8Array>,
  { onRetry, onSignOfLife }: StreamListener,
): AsyncGenerator<StreamMessage> {
  const decoder = new TextDecoder()
  const messages: StreamMessage[] = []
  let id: string | undefined
  let characters = 0
  const parser = createParser({
    onRetry,
    onId(given) {
      id = given
    },
    onEvent({ event, data }) {
      messages.push({ event: event || 'message', data, id })
      characters = 0
    },
  })
  for await (const chunk of body) {
    onSignOfLife()
    const text = decoder.decode(chunk, { stream: true })
    characters += text.length
    parser.feed(text)
    yield* messages.splice(0)
    bounded(characters)
  }
}

function bounded(characters: number): void {
  if (characters <= LARGEST_MESSAGE) return
  throw new EndpointUnknown({
    message: `An event of more than ${LARGEST_MESSAGE} characters came in: no API of Baton tells such`,
    next: 'Check the URL, and what stands between here and there.',
  })
}
