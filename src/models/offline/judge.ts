/** Says whether a source bears out a claim: the quote must stand there, the claim's words must be in it. No logic, no facts. */
import type { JsonObject } from '../../schema/json.ts'
import { plainText } from '../../text/blocks.ts'
import { contentWords } from '../../text/words.ts'
import { type Evidence, evidenceOf, textAt } from './evidence.ts'
import type { Ground } from './ground.ts'
import { overlap } from './rank.ts'

export interface Judgement {
  readonly supported: boolean
  /** 0 to 1. */
  readonly score: number
  readonly reason: string
}

/** Share of a claim's content words that its source must hold. */
const LEAST_OVERLAP = 0.6

export function judgeRecord(record: JsonObject, ground: Ground): Judgement | undefined {
  const evidence = evidenceOf(record)
  return evidence ? judgeEvidence(evidence, ground) : undefined
}

function judgeEvidence(evidence: Evidence, ground: Ground): Judgement {
  const { file, startLine, endLine, quote, words } = evidence
  const place =
    file === undefined ? 'the source' : `${file}:${startLine === endLine ? startLine : `${startLine}-${endLine}`}`
  const read = file === undefined ? undefined : textAt(ground.sources, file, startLine, endLine)
  if (read === undefined && ground.sources.length === 0 && ground.task.tools.length === 0) {
    return compare(words, contentWords(quote), 'the quote')
  }
  if (read === undefined) return { supported: false, score: 0, reason: `${place} could not be read.` }
  if (!flatten(read).includes(flatten(quote))) {
    return { supported: false, score: 0.1, reason: `The quote does not stand at ${place}.` }
  }
  return compare(words, [...contentWords(quote), ...contentWords(read)], `what stands at ${place}, the quote among it`)
}

function compare(claim: readonly string[], source: readonly string[], where: string): Judgement {
  const wanted = new Set(claim).size
  const score = overlap(claim, source)
  const found = Math.round(score * wanted)
  const supported = score >= LEAST_OVERLAP
  const only = supported ? '' : 'Only '
  return { supported, score, reason: `${only}${found} of the claim's ${wanted} content words are in ${where}.` }
}

function flatten(text: string): string {
  return plainText(text.replace(/(^|\n)[ \t]*(?:>[ \t]?)+/g, '$1')).toLowerCase()
}
