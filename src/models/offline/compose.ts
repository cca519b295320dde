/** Words for an answer: summaries of quoted sentences, gaps, topics. Never states what is not in the material. */
import { isJsonObject, type Json, type JsonObject } from '../../schema/json.ts'
import { type Evidence, evidenceOf, fieldsByRole } from './evidence.ts'
import { type Ground, keyOf } from './ground.ts'
import { isAgainst } from './polarity.ts'
import { titleOf } from './question.ts'
import type { Subject } from './subjects.ts'
import { objectsIn } from './task.ts'

/** More where an answer has more topics, one each. */
const SUMMARY_SENTENCES = 3
const MOST_SUMMARY_SENTENCES = 5
const MOST_GAPS = 20

/** The best sentences, with the numbers of their citations where the answer numbers them; says so if there are none. */
export function summaryOf(subject: Subject, ground: Ground, longest: number): string {
  const found = distinct(subject.isRoot ? leadingEvidence(ground) : subject.evidence)
  const evidence = found.length === 0 && subject.isRoot ? ground.remarks : found
  if (evidence.length === 0) return gapsOf(subject, ground)[0] ?? nothingFound(subject.topic ?? ground.question, ground)
  const sentences: string[] = []
  let length = 0
  for (const one of evidence.slice(0, subject.isRoot ? MOST_SUMMARY_SENTENCES : SUMMARY_SENTENCES)) {
    const number = one.file === undefined ? undefined : ground.citations?.numberOf(one)
    const sentence = number === undefined ? one.text : `${one.text} [${number}]`
    if (length > 0 && length + sentence.length > longest) break
    length += sentence.length + 1
    sentences.push(sentence)
  }
  return sentences.join(' ')
}

function distinct(evidence: readonly Evidence[]): Evidence[] {
  return [...new Map(evidence.map((one) => [keyOf(one), one])).values()]
}

export function nothingFound(about: string, { task, sources }: Ground): string {
  const searched =
    sources.length > 0
      ? 'in what was read'
      : task.calls.length > 0
        ? 'in the documents searched'
        : 'in the material at hand'
  const topic = titleOf(about).slice(0, 200)
  return topic ? `Nothing about “${topic}” was found ${searched}.` : `Nothing was found ${searched}.`
}

/** What the material leaves open: topics of the input without findings, claims turned down, or the question itself. */
export function gapsOf(subject: Subject, ground: Ground): string[] {
  const records = subject.record ? objectsIn(subject.record) : []
  const gaps = records.flatMap((record) => [...declaredGaps(record), ...turnedDown(record)])
  if (gaps.length > 0) return [...new Set(gaps)].slice(0, MOST_GAPS)
  return subject.evidence.length === 0 ? [nothingFound(subject.topic ?? ground.question, ground)] : []
}

function declaredGaps(record: JsonObject): string[] {
  const gap = fieldsByRole(record)('gap')
  if (typeof gap === 'string' && gap.trim() !== '') return [gap]
  if (Array.isArray(gap)) return (gap as readonly Json[]).flatMap(gapText)
  const empty = Object.entries(record).some(([, value]) => Array.isArray(value) && value.length === 0)
  const by = fieldsByRole(record)
  const topic = by('topic') ?? by('question')
  return empty && typeof topic === 'string' ? [`Nothing about “${titleOf(topic)}” was found.`] : []
}

/** A gap that says of what, and why. */
function gapText(gap: Json): string[] {
  if (typeof gap === 'string') return [gap]
  if (!isJsonObject(gap)) return []
  const by = fieldsByRole(gap)
  const [reason, about] = [by('reason'), by('topic') ?? by('question')]
  if (typeof about !== 'string') return typeof reason === 'string' ? [reason] : []
  return [typeof reason === 'string' ? `${titleOf(about)}: ${reason}` : titleOf(about)]
}

function turnedDown(record: JsonObject): string[] {
  const evidence = isAgainst(record) ? evidenceOf(record) : undefined
  if (!evidence) return []
  const reason = fieldsByRole(record)('reason')
  return [
    `Left out, not borne out by its source: “${evidence.text}”${typeof reason === 'string' ? ` (${reason})` : ''}`,
  ]
}

/** For the whole: the best of each topic before the second of any. */
function leadingEvidence(ground: Ground): readonly Evidence[] {
  const { evidence, task } = ground
  const lists = isJsonObject(task.input)
    ? objectsIn(task.input)
        .flatMap((record) => Object.values(record))
        .filter((value) => Array.isArray(value))
        .map((list) => new Set(list as readonly unknown[]))
    : []
  const groups = lists
    .map((list) => evidence.filter(({ record }) => record !== undefined && list.has(record)))
    .filter((group) => group.length > 0)
  // One list keeps its order: whoever made it has put the best first.
  if (groups.length < 2) return evidence.slice(0, SUMMARY_SENTENCES)
  const rounds = Math.max(1, Math.ceil(SUMMARY_SENTENCES / groups.length))
  return Array.from({ length: rounds }, (_, round) => groups.flatMap((group) => group[round] ?? [])).flat()
}
