/** The variables of one scope. Inner scopes read the outer ones; what they assign is theirs. */
import type { Json, JsonObject } from '../schema/json.ts'

export class Variables {
  readonly #own = new Map<string, Json>()
  readonly #bytes = new Map<string, number>()
  readonly #outer: Variables | undefined

  constructor(outer?: Variables) {
    this.#outer = outer
  }

  get(name: string): Json | undefined {
    return this.#own.has(name) ? this.#own.get(name) : this.#outer?.get(name)
  }

  /** @param bytes Size of a value, as AWS counts it. */
  assign(values: JsonObject, bytes: (value: Json) => number): void {
    for (const [name, value] of Object.entries(values)) {
      this.#own.set(name, value)
      this.#bytes.set(name, bytes(value))
    }
  }

  /** Of all variables that can be seen from here, were these assigned, too. */
  bytesWith(added: ReadonlyMap<string, number>): number {
    let total = this.#outer?.bytesWith(new Map()) ?? 0
    for (const bytes of added.values()) total += bytes
    for (const [name, bytes] of this.#bytes) if (!added.has(name)) total += bytes
    return total
  }
}
