/** What an input asks: the text of the question, its parts, its key phrases. English rules; other languages keep whole. */
import { isJsonObject, type Json } from '../../schema/json.ts'
import { plainText } from '../../text/blocks.ts'
import { contentWords, isStopWord } from '../../text/words.ts'

/** Names of fields that say what to work on, the most particular first. */
const ASKING = [
  /^(sub-?question|sub-?topic|sub-?task)$/i,
  /^(question|query|ask)$/i,
  /^(topic|task|assignment|todo)$/i,
  /^(title|subject|claim|statement|goal|objective|request|problem|issue|prompt|message|text|input|description|content)$/i,
]
const MOST_CHARACTERS = 4_000
const MOST_PARTS = 8
const LEAST_WORDS_OF_PART = 2

/** The text that the input asks about; empty where it holds none. */
export function questionIn(input: Json): string {
  if (typeof input === 'string') return bounded(input)
  if (Array.isArray(input)) return bounded(input.filter((item) => typeof item === 'string').join('. '))
  if (!isJsonObject(input)) return ''
  const texts = Object.entries(input).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  for (const pattern of ASKING) {
    const found = texts.find(([name, text]) => pattern.test(name) && text.trim() !== '')
    if (found) return bounded(found[1])
  }
  for (const [name, part] of Object.entries(input)) {
    const isAsking = isJsonObject(part) && ASKING.some((pattern) => pattern.test(name))
    const inner = isAsking ? questionIn(part) : ''
    if (inner) return inner
  }
  const longest = texts.map(([, text]) => text).sort((a, b) => b.length - a.length)[0]
  if (longest !== undefined) return bounded(longest)
  for (const part of Object.values(input)) {
    const inner = isJsonObject(part) ? questionIn(part) : ''
    if (inner) return inner
  }
  return ''
}

/** Other texts of the input that say what the work is part of. */
export function contextIn(input: Json, question: string): string {
  if (!isJsonObject(input)) return ''
  return Object.entries(input)
    .filter(([name, text]) => typeof text === 'string' && ASKING.some((pattern) => pattern.test(name)))
    .map(([, text]) => bounded(String(text)))
    .filter((text) => text !== question)
    .join(' ')
}

/** Between a question and the aspect of it that a part is about. */
export const FACET = ' — '

const COMPARISON =
  /\b(?:differences?\s+between|compare|comparison\s+(?:of|between)|choose\s+between)\s+(.+?)\s+(?:and|vs\.?|versus|or|to|with)\s+(.+)$/i
/** What a heading does without. "Why" and "how does" stay, or else no sentence is left. */
const TASK =
  /^(?:please\s+)?(?:how\s+(?:do|can|could|should|would)\s+(?:i|we|you|one)|how\s+to|what(?:'s|\s+(?:is|are))(?:\s+the\s+(?:best|right|recommended)\s+way\s+to)?|explain(?:\s+how(?:\s+to)?)?|describe|show(?:\s+me)?(?:\s+how\s+to)?|tell\s+me(?:\s+how\s+to)?)\s+/i
const QUESTION_WORD = /^(?:how|what|why|when|where|which|who|can|is there|explain|describe|show|tell)\b/i
const OPENING =
  /^(?:(?:please|and|also|then)\s+)*(how\s+(?:do|does|can|could|should|would|to|is|are)(?:\s+(?:i|we|you|one|it))?|what(?:'s|\s+(?:is|are|does|do))?(?:\s+the\s+(?:best|right|recommended)\s+way\s+to)?|why\s+(?:do|does|is|are)|when\s+(?:do|does|should)(?:\s+(?:i|we|you))?|where\s+(?:do|does|can|is|are)(?:\s+(?:i|we))?|which|who|can\s+(?:i|we|you)|is\s+there|explain(?:\s+how(?:\s+to)?)?|describe|show(?:\s+me)?(?:\s+how(?:\s+to)?)?|tell\s+me(?:\s+how(?:\s+to)?)?)\s+/i

/** The questions within a question: by question marks, semicolons, enumerations and conjunctions. At least one. */
export function partsOf(question: string): string[] {
  const parts: string[] = []
  for (const sentence of question.split(/(?<=[?!.;])\s+|\n+/).map((text) => text.trim())) {
    const bare = sentence.replace(/[?!.;\s]+$/, '')
    if (bare === '') continue
    const compared = COMPARISON.exec(bare)
    if (compared) {
      parts.push(`${bare}?`, `What is ${compared[1]}?`, `What is ${compared[2]}?`)
      continue
    }
    const opening = OPENING.exec(bare)?.[0] ?? ''
    const split = splitClauses(bare.slice(opening.length))
    const asks = opening !== '' || sentence.endsWith('?')
    let object: string | undefined
    for (const bareClause of split) {
      const clause = withObject(bareClause, object)
      object = objectOf(bareClause) ?? object
      const own = QUESTION_WORD.test(clause)
      const named = withNames(clause, question)
      parts.push(asks ? `${capital(own ? named : `${opening}${named}`)}?` : capital(named))
    }
  }
  const useful = parts.filter((part) => contentWords(part).length > 0)
  const unique = [...new Map(useful.map((part) => [contentWords(part).join(' '), part])).values()]
  return unique.length > 0 ? unique.slice(0, MOST_PARTS) : [question.trim()].filter(Boolean)
}

const OBJECT =
  /\b(?:a|an|the|my|our)\s+((?:[\p{L}\p{N}-]+\s+){0,3}?[\p{L}\p{N}-]+)(?=\s+(?:with|for|from|in|on|to|by|of|when|if|using|as|into|at|between|that|which)\b|$)/giu

/** What a clause speaks of last: "a Lambda function" gives `Lambda function`. */
function objectOf(clause: string): string | undefined {
  return [...clause.matchAll(OBJECT)].at(-1)?.[1]
}

/** "it" and "its" are what the clause before spoke of. */
function withObject(clause: string, object: string | undefined): string {
  if (object === undefined) return clause
  return clause.replace(/\b(?:it|them)\b/, `the ${object}`).replace(/\b(?:its|their)\b/, `the ${object}'s`)
}

/** "the function" is "the Lambda function" where the whole question has called it so: a part must stand alone. */
function withNames(clause: string, question: string): string {
  return clause.replace(/\b(the|this|that|a|an) (\p{Ll}[\p{L}-]+)/gu, (whole, article: string, noun: string) => {
    const stem = noun.replace(/s$/, '')
    const name = new RegExp(`((?:\\p{Lu}[\\p{L}\\p{N}]*\\s+)+)${stem}s?\\b`, 'u').exec(question)?.[1]?.trim()
    return name && !clause.includes(name) ? `${article} ${name} ${noun}` : whole
  })
}

/** "X and how do I Y" always falls apart; "X and Y" where each can stand alone, and where they are no pair. */
function halvesOf(piece: string): readonly string[] {
  const questions = piece.split(/\s+and\s+(?=(?:how|what|why|when|where|which|who)\b)/i)
  if (questions.length > 1) return questions
  if (/\b(?:between|both|either|versus|vs|compared?|differ)\b/i.test(piece)) return [piece]
  const halves = piece.split(/\s+(?:and then|and also|and)\s+/i)
  const apart = halves.every((half) => contentWords(half).length >= LEAST_WORDS_OF_PART)
  return apart ? halves : [piece]
}

function splitClauses(text: string): string[] {
  const clauses: string[] = []
  for (const piece of text.split(/\s*[,;]\s+(?:(?:and|or)\s+(?:then\s+)?)?|\s+as well as\s+/i)) {
    const halves = halvesOf(piece)
    for (const clause of halves) {
      const last = clauses.at(-1)
      // Too short to stand alone: "roles, policies and keys" is one thing to ask about.
      const stands =
        contentWords(clause).length >= LEAST_WORDS_OF_PART || QUESTION_WORD.test(clause) || /^\S+$/.test(text)
      if (last !== undefined && !stands) clauses[clauses.length - 1] = `${last}, ${clause}`
      else clauses.push(clause)
    }
  }
  const first = clauses[0]
  const second = clauses[1]
  if (first !== undefined && second !== undefined && contentWords(first).length < LEAST_WORDS_OF_PART) {
    clauses.splice(0, 2, `${first}, ${second}`)
  }
  return clauses.map((clause) => clause.trim()).filter(Boolean)
}

/** Runs of content words between stop words and punctuation (RAKE), the weightiest first, in the text's own spelling. */
export function keyPhrases(text: string, most: number): string[] {
  const phrases = new Map<string, { phrase: string; score: number }>()
  const degree = new Map<string, number>()
  const runs = text
    .slice(0, MOST_CHARACTERS)
    .split(/[^\p{L}\p{N}_\-'\s]+|\s-\s/u)
    .flatMap((piece) => runsOf(piece))
  for (const run of runs) for (const word of run) degree.set(key(word), (degree.get(key(word)) ?? 0) + run.length)
  for (const run of runs) {
    const score = run.reduce((sum, word) => sum + (degree.get(key(word)) ?? 0) + (/\p{Lu}|\d/u.test(word) ? 1.5 : 0), 0)
    const phrase = run.join(' ')
    if (!phrases.has(phrase.toLowerCase())) phrases.set(phrase.toLowerCase(), { phrase, score })
  }
  return [...phrases.values()]
    .sort((a, b) => b.score - a.score)
    .slice(0, most)
    .map(({ phrase }) => phrase)
}

/** A question as a title: without its opening words and question mark. */
export function titleOf(question: string): string {
  const facet = question.indexOf(FACET)
  if (facet >= 0) return capital(question.slice(facet + FACET.length))
  const bare = plainText(question).replace(/[?!.\s]+$/, '')
  const opening = TASK.exec(bare)?.[0] ?? ''
  const rest = bare.slice(opening.length).replace(/^(?:a|an|the)\s+/i, '')
  return capital(rest || bare)
}

function runsOf(piece: string): string[][] {
  const runs: string[][] = [[]]
  for (const word of piece.split(/\s+/).filter(Boolean)) {
    if (isStopWord(word)) runs.push([])
    else runs.at(-1)?.push(word)
  }
  return runs.filter((run) => run.length > 0 && run.length <= 5)
}

function key(word: string): string {
  return contentWords(word)[0] ?? word.toLowerCase()
}

function capital(text: string): string {
  return /^\p{Ll}\p{Ll}/u.test(text) || /^[ai]\s/.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text
}

function bounded(text: string): string {
  return text.trim().slice(0, MOST_CHARACTERS)
}
