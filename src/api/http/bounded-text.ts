/** The limit of hosts that hand an answer over as a value: what is larger is refused in words, instead of being lost. */
import { RefusedRequest } from './problem.ts'

/** Of UTF-8, or of an escape in JSON, for one UTF-16 code unit. */
const MOST_BYTES_PER_UNIT = 3

/** @param most Bytes of the text as JSON within JSON, which is how a function hands it over. @throws RefusedRequest 413 */
export function boundedText(text: string, most: number): string {
  if (text.length * MOST_BYTES_PER_UNIT <= most || Buffer.byteLength(JSON.stringify(text)) <= most) return text
  throw new RefusedRequest({
    status: 413,
    message: `The answer has ${Buffer.byteLength(text)} bytes, more than can be answered here`,
    next: 'Ask for less with `limit`; a large output lies in the artifact store, under the hash that the run names.',
  })
}
