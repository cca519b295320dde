/** The variables of one scope. Inner scopes read the outer ones; what they assign is theirs. */
import type { Json, JsonObject } from '../schema/json.ts'

export class Variables {
  readonly #own = new Map<string, Json>()
  readonly #bytes = new Map<string, number>()
  readonly #outer: Variables | undefined
  #total = 0

  constructor(outer?: Variables) {
    this.#outer = outer
  }

  get(name: string): Json | undefined {
    return this.#own.has(name) ? this.#own.get(name) : this.#outer?.get(name)
  }

  /** @param bytes Size of a value, as AWS counts it. */
  assign(values: JsonObject, bytes: (value: Json) => number): void {
    for (const [name, value] of Object.entries(values)) {
      const size = bytes(value)
      this.#total += size - (this.#bytes.get(name) ?? 0)
      this.#own.set(name, value)
      this.#bytes.set(name, size)
    }
  }

  /** Of all variables that can be seen from here. */
  get bytes(): number {
    return this.#total + (this.#outer?.bytes ?? 0)
  }

  /** Of all variables that can be seen from here, were these assigned, too. */
  bytesWith(added: ReadonlyMap<string, number>): number {
    let total = this.bytes
    for (const [name, bytes] of added) total += bytes - (this.#bytes.get(name) ?? 0)
    return total
  }
}
