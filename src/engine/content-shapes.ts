/**
 * Shapes: the lists of field names that objects of a history have again and again. An object of a known shape is stored
 * as the shape's number and its values. Reading and writing learn the same shapes in the same order.
 */

/** Known from the start, so that short histories gain too: what every Task and agent step has. A wire format: append only. */
const FIRST_SHAPES: readonly (readonly string[])[] = [
  ['ExecutedVersion', 'Payload', 'SdkHttpMetadata', 'SdkResponseMetadata', 'StatusCode'],
  ['HttpStatusCode'],
  ['RequestId'],
  ['FunctionName', 'Payload'],
  ['runId', 'execution', 'stepId', 'agent', 'input', 'settings'],
  ['runId', 'execution', 'stepId', 'agent', 'input', 'settings', 'inlineBytes'],
  ['runId', 'execution', 'stepId', 'agent', 'input', 'settings', 'inlineFields'],
  ['runId', 'execution', 'stepId', 'agent', 'input', 'settings', 'inlineBytes', 'inlineFields'],
  ['status', 'output', 'usage'],
  ['status', 'cause', 'reason', 'next', 'usage'],
  ['turns', 'toolCalls', 'inputTokens', 'outputTokens', 'costUsd'],
  ['run.lock.agents', 'run.id', 'run.execution', 'run.path', 'run.settings'],
]
/** Learnt by one history at most: data may have names for keys. */
const SHAPES = 500
/** `{"@":[-12,]}`: an object whose names have no more than that is stored as it is. */
const WORTH_BYTES = 12

export class Shapes {
  readonly #names: (readonly string[])[] = [...FIRST_SHAPES]
  readonly #numbers = new Map(FIRST_SHAPES.map((names, index) => [names.join('\0'), index + 1]))
  #kept = FIRST_SHAPES.length

  /** The number of this shape, from 1, where it is known. Learns it otherwise, for the next object. */
  numberOf(names: readonly string[], bytes: number): number | undefined {
    if (bytes <= WORTH_BYTES) return undefined
    const key = names.join('\0')
    const known = this.#numbers.get(key)
    if (known !== undefined || this.#names.length >= SHAPES) return known
    this.#names.push(names)
    this.#numbers.set(key, this.#names.length)
    return undefined
  }

  namesOf(number: number): readonly string[] | undefined {
    return this.#names[number - 1]
  }

  keep(): void {
    this.#kept = this.#names.length
  }

  /** What was learnt since the last `keep` was never stored. */
  forget(): void {
    for (const names of this.#names.splice(this.#kept)) this.#numbers.delete(names.join('\0'))
  }
}
