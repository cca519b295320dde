/**
 * The calls of a step so far, and whether one more of the same would be in vain. Part of the fold. A call is in vain
 * where its last two gave the same and nothing that the agent did since the first of them gave anything new: so a
 * resource that changes may be polled, and a test may be run again after each correction.
 */

interface SettledCall {
  /** Tool and canonical arguments. */
  readonly call: string
  readonly result: string
  /** Whether this call had not given this before. */
  readonly isNew: boolean
}

/** Turns in which one call was denied as in vain, before the step stops. */
const DENIED_TURNS = 2

export class CallHistory {
  readonly #calls: SettledCall[] = []
  readonly #seen = new Set<string>()
  /** By call: turns in which it was denied. */
  readonly #denied = new Map<string, Set<number>>()

  add(call: string, result: string): void {
    const both = `${call} ${result}`
    this.#calls.push({ call, result, isNew: !this.#seen.has(both) })
    this.#seen.add(both)
  }

  deny(call: string, turn: number): void {
    const turns = this.#denied.get(call) ?? new Set()
    this.#denied.set(call, turns.add(turn))
  }

  isInVain(call: string): boolean {
    const last = this.#calls.findLastIndex((settled) => settled.call === call)
    const before = this.#calls.findLastIndex((settled, index) => index < last && settled.call === call)
    if (before < 0 || this.#calls[before]?.result !== this.#calls[last]?.result) return false
    return this.#calls.every(({ isNew }, index) => index <= before || !isNew)
  }

  /** The agent goes on with a call although it was told that it is in vain. */
  get isLoop(): boolean {
    return [...this.#denied.values()].some((turns) => turns.size >= DENIED_TURNS)
  }

  clear(): void {
    this.#calls.length = 0
    this.#seen.clear()
    this.#denied.clear()
  }
}

export function callKey(tool: string, argumentsSha256: string): string {
  return `${tool} ${argumentsSha256}`
}
