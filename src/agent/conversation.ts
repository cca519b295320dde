/**
 * The messages between an agent and its model, with a running estimate of their tokens and a running hash, so that a turn
 * costs what it adds and not what went before.
 */

import type { Sha256 } from '../schema/ids.ts'
import type { Message } from '../schema/message.ts'
import { sha256 } from '../schema/sha256.ts'

interface Base {
  /** System text and tools, which go with every request. */
  readonly tokens: number
  readonly sha256: Sha256
}

export class Conversation {
  readonly #base: Base
  readonly #messages: Message[] = []
  readonly #tokens: number[] = []
  #total: number
  /** Undefined: a message was replaced since it was last taken. */
  #hash: Sha256 | undefined

  constructor(base: Base) {
    this.#base = base
    this.#total = base.tokens
    this.#hash = base.sha256
  }

  get messages(): readonly Message[] {
    return this.#messages
  }

  /** Tokens of a request made of it now, estimated. */
  get tokens(): number {
    return this.#total
  }

  /** Of system text, tools and messages as they are now: h = sha256(h ‖ JSON of the next message). */
  get sha256(): Sha256 {
    this.#hash ??= this.#messages.reduce((hash, message) => sha256(hash + JSON.stringify(message)), this.#base.sha256)
    return this.#hash
  }

  push(message: Message): void {
    const text = JSON.stringify(message)
    this.#messages.push(message)
    this.#tokens.push(estimateTokens(text.length))
    this.#total += estimateTokens(text.length)
    if (this.#hash !== undefined) this.#hash = sha256(this.#hash + text)
  }

  replace(index: number, message: Message): void {
    const tokens = estimateTokens(JSON.stringify(message).length)
    this.#total += tokens - (this.#tokens[index] ?? 0)
    this.#messages[index] = message
    this.#tokens[index] = tokens
    this.#hash = undefined
  }
}

/** No tokenizer on npm matches the models, so a bound is estimated: about 4 characters a token. */
export const CHARACTERS_PER_TOKEN = 4

export function estimateTokens(characters: number): number {
  return Math.ceil(characters / CHARACTERS_PER_TOKEN)
}
