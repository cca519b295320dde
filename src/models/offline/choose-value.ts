/**
 * Chooses among the values of an enum by what the instructions say of each: "Choose billing for money and refunds, otherwise
 * general." Reads clauses by punctuation and a few English words; understands nothing of them.
 */
import { relatedTo } from '../../text/related-words.ts'
import { contentWords } from '../../text/words.ts'

interface Described {
  readonly value: string
  readonly words: Set<string>
  isDefault: boolean
}

export interface Choice {
  readonly value: string
  /** Words of the task that the value's description shares; 0: it is what is left when nothing else fits. */
  readonly score: number
}

/** A related word says less than the word itself. */
const RELATED_SCORE = 0.5
/** Characters of the instructions that are looked at. */
const MOST_CHARACTERS = 40_000
const CLAUSE_END =
  /[.;!?](?=\s|$)|\n+|,\s+(?=(?:and\s+|or\s+)?(?:otherwise|else|by default|in doubt)\b)|\s+(?=otherwise\b)/iu
const DEFAULT =
  /\b(?:otherwise|else|by default|default|in doubt|unsure|(?:any|every)thing else|(?:any|all) others?|the rest)\b/iu
/** Words that tell to choose, and say nothing of when. */
const CHOOSING = new Set(contentWords('choose pick select take set say return answer put mark send use route classify'))

/** undefined: nothing tells the values apart. */
export function chooseValue(values: readonly string[], instructions: string, task: string): Choice | undefined {
  const named = values.filter((value) => /[\p{L}\p{N}]/u.test(value))
  const described = named.map((value): Described => ({ value, words: new Set(), isDefault: false }))
  for (const clause of instructions.slice(0, MOST_CHARACTERS).split(CLAUSE_END)) describe(described, clause ?? '')
  const asked = new Set(contentWords(task))
  const scored = described.map((one) => ({ ...one, score: scoreOf(one.words, asked) }))
  const best = Math.max(0, ...scored.map(({ score }) => score))
  const tied = scored.filter(({ score }) => score === best)
  const chosen = tied.find(({ isDefault }) => isDefault) ?? (best > 0 ? tied[0] : undefined)
  return chosen && { value: chosen.value, score: best }
}

/** A clause that names one value is about it; where it names several, each has what follows, or goes before, its name. */
function describe(described: readonly Described[], clause: string): void {
  const mentions = mentionsIn(clause, described)
  const [first, ...others] = mentions
  if (first === undefined) return
  const isAbout = others.every(({ one }) => one === first.one)
  const follows = contentWords(clause.slice(0, first.index)).every((word) => CHOOSING.has(word))
  let end = 0
  for (const [place, { one, index, length }] of mentions.entries()) {
    const from = follows ? index : end
    end = index + length
    const to = follows ? (mentions[place + 1]?.index ?? clause.length) : end
    const text = isAbout ? clause : clause.slice(from, to)
    for (const word of contentWords(text)) if (!CHOOSING.has(word)) one.words.add(word)
    if (DEFAULT.test(text)) one.isDefault = true
  }
}

interface Mention {
  readonly one: Described
  readonly index: number
  readonly length: number
}

/** In order; a name within a longer one is none. */
function mentionsIn(clause: string, described: readonly Described[]): Mention[] {
  const all = described.flatMap((one) =>
    [...clause.matchAll(nameOf(one.value))].map(({ index, 0: { length } }): Mention => ({ one, index, length })),
  )
  const isWithin = (inner: Mention, outer: Mention) =>
    outer.length > inner.length &&
    outer.index <= inner.index &&
    outer.index + outer.length >= inner.index + inner.length
  return all.filter((mention) => !all.some((other) => isWithin(mention, other))).sort((a, b) => a.index - b.index)
}

/** The value as a word of its own: `out_of_scope` is "out of scope" too. */
function nameOf(value: string): RegExp {
  const parts = value.split(/[\s_-]+/).map((part) => part.replace(/[^\p{L}\p{N}]/gu, '\\$&'))
  return new RegExp(`(?<![\\p{L}\\p{N}_-])${parts.join('[\\s_-]+')}(?![\\p{L}\\p{N}_-])`, 'giu')
}

function scoreOf(words: ReadonlySet<string>, asked: ReadonlySet<string>): number {
  let score = 0
  for (const word of asked) {
    if (words.has(word)) score += 1
    else if (relatedTo(word).some((near) => words.has(near))) score += RELATED_SCORE
  }
  return score
}
