/** The wire format of server-sent events, message by message. What the messages mean is not known here. */
import { type EventSourceMessage, EventSourceParserStream } from 'eventsource-parser/stream'

interface StreamListener {
  /** The server asks for this pause before the next connection, ms. */
  onRetry(milliseconds: number): unknown
  /** Something came in, a comment too: the connection lives. */
  onSignOfLife(): void
}

/** Characters of one message that are taken at most: events are small. */
const LARGEST_MESSAGE = 4 * 1024 * 1024

/** Ends where the response does; a message that was cut off is not given. @throws where the connection breaks */
export async function* readEventStream(
  body: ReadableStream<Uint8Array>,
  { onRetry, onSignOfLife }: StreamListener,
): AsyncGenerator<EventSourceMessage> {
  const alive = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      onSignOfLife()
      controller.enqueue(chunk)
    },
  })
  yield* body
    .pipeThrough(alive)
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream({ maxBufferSize: LARGEST_MESSAGE, onRetry }))
}
