/** All that an answer may be made of: the task, its question, its evidence in order, and the numbers of its citations. */
import { isJsonObject, type Json, type JsonObject } from '../../schema/json.ts'
import { contentWords } from '../../text/words.ts'
import { withCode } from './code-line.ts'
import { type Evidence, evidenceFrom, evidenceIn, type Source, sourcesOf } from './evidence.ts'
import { flat, roleOf } from './field-roles.ts'
import { numberOf, propertiesOf, resolveSchema } from './json-schema.ts'
import { contextIn, questionIn } from './question.ts'
import { overlap, rankFor } from './rank.ts'
import type { Task } from './task.ts'

export interface Ground {
  readonly task: Task
  readonly question: string
  /** The schema that `$ref` pointers start from. */
  readonly root: JsonObject
  readonly sources: readonly Source[]
  /** Best first: claims of the input as they came, else sentences ranked for the question. */
  readonly evidence: readonly Evidence[]
  /** All sentences at hand. */
  readonly pool: readonly Evidence[]
  /** What tools have said that stands in no file, nothing of it being evidence: the best of it that there is. */
  readonly remarks: readonly Evidence[]
  readonly citations: Citations | undefined
  /** What has been said in one place of a cited answer is not said again in another. */
  readonly placed: Set<string>
  /** How much a word tells passages apart, by what searches have said; 1 where nothing is known. */
  readonly weightOf: (word: string) => number
}

const MOST_RANKED = 12

export function groundOf(task: Task, root: JsonObject): Ground {
  const question = questionIn(task.input)
  const sources = sourcesOf(task)
  const given = evidenceIn(task.input)
  const pool = given.length > 0 ? given : evidenceFrom(sources)
  const weightOf = wordWeights(task)
  const wider = `${question} ${contextIn(task.input, question)}`
  const best = (text: string, most: number) =>
    rankFor(text, pool, most, weightOf).map(({ candidate }) => withCode(candidate, text))
  // One word alone, as in "how fast is it?", says too little of what is asked.
  const found = given.length > 0 ? given : best(contentWords(question).length > 1 ? question : wider, MOST_RANKED)
  const evidence = found.length > 0 ? found : best(wider, MOST_RANKED / 2)
  const remarks = evidence.length > 0 ? [] : remarksOn(question, pool)
  const citations = citationsFor(root)
  return { task, question, root, sources, pool, evidence, remarks, citations, placed: new Set(), weightOf }
}

/** Texts without a file, those that share most words with the question first; all of them where none shares any. */
function remarksOn(question: string, pool: readonly Evidence[]): Evidence[] {
  const asked = contentWords(question)
  const remarks = pool
    .filter(({ file }) => file === undefined)
    .map((one) => ({ one, score: overlap(asked, one.words) }))
    .sort((a, b) => b.score - a.score)
  const best = remarks[0]?.score ?? 0
  return remarks.filter(({ score }) => best === 0 || score > 0).map(({ one }) => one)
}

/** Numbers evidence in the order of its first mention. */
export class Citations {
  readonly #most: number
  readonly #numbers = new Map<string, number>()
  readonly #cited: Evidence[] = []

  constructor(most: number) {
    this.#most = most
  }

  /** undefined: the list is full. */
  numberOf(evidence: Evidence): number | undefined {
    const key = keyOf(evidence)
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    if (this.#cited.length >= this.#most) return undefined
    const number = this.#cited.push(evidence)
    this.#numbers.set(key, number)
    return number
  }

  get cited(): readonly Evidence[] {
    return this.#cited
  }
}

export function keyOf({ file, startLine, endLine, quote }: Evidence): string {
  return JSON.stringify([file, startLine, endLine, quote])
}

/** Whether items of this form are numbered citations. */
export function isCitation(itemSchema: JsonObject): boolean {
  const roles = propertiesOf(itemSchema).map(([name]) => (flat(name) === 'number' ? 'ordinal' : roleOf(name)))
  return roles.includes('ordinal') && (roles.includes('quote') || roles.includes('file'))
}

/** From search results that count passages by word: rarer words weigh more, within bounds. */
function wordWeights(task: Task): (word: string) => number {
  const counts = new Map<string, number>()
  let all = 0
  for (const { content } of task.calls) {
    if (!isJsonObject(content)) continue
    const { passagesWith, passagesSearched } = content
    if (!isJsonObject(passagesWith) || typeof passagesSearched !== 'number') continue
    all = Math.max(all, passagesSearched)
    for (const [word, count] of Object.entries(passagesWith))
      if (typeof count === 'number') counts.set(contentWords(word)[0] ?? word, count)
  }
  return (word) => {
    const count = counts.get(word)
    return all === 0 || count === undefined ? 1 : Math.min(2.5, Math.max(0.3, Math.log((all + 1) / (count + 1)) / 2.5))
  }
}

function citationsFor(root: JsonObject): Citations | undefined {
  for (const [, part] of propertiesOf(root)) {
    const list = resolveSchema(part as Json, root)
    const item = list === false ? false : resolveSchema(list['items'], root)
    if (list && item && isCitation(item)) return new Citations(numberOf(list, 'maxItems') ?? 100)
  }
  return undefined
}
