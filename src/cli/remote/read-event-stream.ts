/**
 * The wire format of server-sent events (WHATWG HTML, 9.2.6), message by message. What the messages mean is not known here.
 * Not `eventsource-parser`: its `source` condition leads Node into its TypeScript, as this package's own is named alike.
 */
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
  // Drops the byte order mark, as the format asks.
  const decoder = new TextDecoder()
  let rest = ''
  let data: string[] = []
  let event = ''
  let id: string | undefined
  let characters = 0

  function take(line: string): StreamMessage | undefined {
    if (line === '') {
      const message = data.length === 0 ? undefined : { event: event || 'message', data: data.join('\n'), id }
      data = []
      event = ''
      characters = 0
      return message
    }
    characters = bounded(characters + line.length)
    const colon = line.indexOf(':')
    const field = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'data') data.push(value)
    else if (field === 'event') event = value
    else if (field === 'id' && !value.includes('\0')) id = value
    else if (field === 'retry' && /^\d+$/.test(value)) onRetry(Number(value))
    return undefined
  }

  for await (const chunk of body) {
    onSignOfLife()
    const text = rest + decoder.decode(chunk, { stream: true })
    // A carriage return at the end may be the first half of a line's end.
    const whole = text.endsWith('\r') ? text.slice(0, -1) : text
    const lines = whole.split(/\r\n|\n|\r/)
    rest = (lines.pop() ?? '') + text.slice(whole.length)
    bounded(rest.length)
    for (const line of lines) {
      const message = take(line)
      if (message) yield message
    }
  }
}

function bounded(characters: number): number {
  if (characters <= LARGEST_MESSAGE) return characters
  throw new EndpointUnknown({
    message: `An event of more than ${LARGEST_MESSAGE} characters came in: no API of Baton tells such`,
    next: 'Check the URL, and what stands between here and there.',
  })
}
