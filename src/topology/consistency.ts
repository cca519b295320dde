/**
 * How far several answers say the same: the mean of what each two have in common. Two answers are compared by the words
 * they use, not by what they mean, so a threshold on this is to be calibrated on answers that are known.
 */
import type { Json } from '../schema/json.ts'
import { contentWords } from '../text/words.ts'

/** Mean over all pairs, 0 to 1; 1 where there is at most one answer: nothing disagrees with it. */
export function consistency<Answer = Json>(
  answers: readonly Answer[],
  alike: (one: Answer, other: Answer) => number = similarity as (one: Answer, other: Answer) => number,
): number {
  return mean(answers.flatMap((one, index) => answers.slice(index + 1).map((other) => alike(one, other))))
}

/** Mean of what one answer has in common with each of the others, 0 to 1; 1 where there are none. */
export function agreement<Answer = Json>(
  answer: Answer,
  others: readonly Answer[],
  alike: (one: Answer, other: Answer) => number = similarity as (one: Answer, other: Answer) => number,
): number {
  return mean(others.map((other) => alike(answer, other)))
}

/** Cosine of two answers' word counts, 0 to 1: by stems, each number and boolean with the name of its field. */
export function similarity(one: Json, other: Json): number {
  const [counts, others] = [countsOf(one), countsOf(other)]
  if (counts.size === 0 || others.size === 0) return JSON.stringify(one) === JSON.stringify(other) ? 1 : 0
  const words = [...new Set([...counts.keys(), ...others.keys()])]
  return cosine(
    words.map((word) => counts.get(word) ?? 0),
    words.map((word) => others.get(word) ?? 0),
  )
}

/** −1 to 1; 0 where either is all zeros. @throws RangeError where their lengths differ. */
export function cosine(one: readonly number[], other: readonly number[]): number {
  if (one.length !== other.length) throw new RangeError(`vectors of ${one.length} and ${other.length} numbers`)
  const scale = Math.sqrt(dot(one, one) * dot(other, other))
  return scale === 0 ? 0 : Math.max(-1, Math.min(1, dot(one, other) / scale))
}

/** Words that turn an answer round. As stop words they would not count. */
const TURNS = /\b(?:yes|no|not|never|none|neither|nor|without|cannot)\b|n['’]t\b/giu

function countsOf(answer: Json): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  const count = (word: string) => counts.set(word, (counts.get(word) ?? 0) + 1)
  const walk = (value: Json, field: string): void => {
    if (typeof value === 'string') {
      for (const word of contentWords(value)) count(word)
      for (const [word] of value.matchAll(TURNS)) count(/^(?:n['’]t|cannot)$/i.test(word) ? 'not' : word.toLowerCase())
    } else if (typeof value === 'number' || typeof value === 'boolean') count(`${field}=${value}`)
    else if (Array.isArray(value)) for (const item of value as readonly Json[]) walk(item, field)
    else if (value !== null) for (const [name, part] of Object.entries(value)) walk(part, name)
  }
  walk(answer, '')
  return counts
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 1 : values.reduce((sum, value) => sum + value, 0) / values.length
}

function dot(one: readonly number[], other: readonly number[]): number {
  return one.reduce((sum, value, index) => sum + value * (other[index] ?? 0), 0)
}
