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
  readonly #messages: Message[] = []
  readonly #tokens: number[] = []
  #total: number
  #hash: Sha256

  constructor(base: Base) {
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

  /** Of all that was said since the start, and of what was cut from it. */
  get sha256(): Sha256 {
    return this.#hash
  }

  push(message: Message): void {
    const text = JSON.stringify(message)
    this.#messages.push(message)
    this.#tokens.push(estimateTokens(text.length))
    this.#total += estimateTokens(text.length)
    this.#hash = sha256(this.#hash + text)
  }

  replace(index: number, message: Message): void {
    const text = JSON.stringify(message)
    this.#total += estimateTokens(text.length) - (this.#tokens[index] ?? 0)
    this.#messages[index] = message
    this.#tokens[index] = estimateTokens(text.length)
    this.#hash = sha256(`${this.#hash}${index}${text}`)
  }
}

/** No tokenizer on npm matches the models, so a bound is estimated: about 4 characters a token. */
export const CHARACTERS_PER_TOKEN = 4

export function estimateTokens(characters: number): number {
  return Math.ceil(characters / CHARACTERS_PER_TOKEN)
}
