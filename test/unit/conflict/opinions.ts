/** Opinions in short: `{ ann: 'yes', bob: null }`. */
import type { Opinion } from '../../../src/conflict/opinion.ts'
import type { Json } from '../../../src/schema/json.ts'

/** null: abstained. A pair: the value and how sure. */
export function opinions(said: Readonly<Record<string, Json | null | readonly [Json, number]>>): readonly Opinion[] {
  return Object.entries(said).map(([agent, given]) => {
    if (given === null) return { agent }
    return Array.isArray(given)
      ? { agent, value: given[0] as Json, confidence: given[1] as number }
      : { agent, value: given as Json }
  })
}
