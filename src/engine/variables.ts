/** The variables of one scope. Inner scopes read the outer ones; what they assign is theirs. */
import type { Json, JsonObject } from '../schema/json.ts'

export class Variables {
  readonly #own = new Map<string, Json>()
  readonly #outer: Variables | undefined

  constructor(outer?: Variables) {
    this.#outer = outer
  }

  get(name: string): Json | undefined {
    return this.#own.has(name) ? this.#own.get(name) : this.#outer?.get(name)
  }

  assign(values: JsonObject): void {
    for (const [name, value] of Object.entries(values)) this.#own.set(name, value)
  }

  /** What can be seen from here, the outer ones included. */
  visible(): ReadonlyMap<string, Json> {
    return new Map([...(this.#outer?.visible() ?? []), ...this.#own])
  }
}
