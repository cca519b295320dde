/** Fills lists of plain values: questions, key phrases, files, citation numbers, gaps, points. */
import type { Json, JsonObject } from '../../schema/json.ts'
import { contentWords } from '../../text/words.ts'
import { gapsOf } from './compose.ts'
import { roleOf } from './field-roles.ts'
import type { Ground } from './ground.ts'
import { typesOf } from './json-schema.ts'
import { memberFor } from './members.ts'
import { fitString } from './minimal.ts'
import { keyPhrases, partsOf, titleOf } from './question.ts'
import type { Subject } from './subjects.ts'

export function fillTexts(name: string, item: JsonObject, subject: Subject, ground: Ground, most: number): Json[] {
  const { enum: allowed } = item
  const about = subject.topic ?? ground.question
  if (Array.isArray(allowed)) {
    const words = new Set(contentWords(about))
    return allowed.filter(
      (value: Json) => typeof value === 'string' && contentWords(value).some((word) => words.has(word)),
    )
  }
  const types = typesOf(item)
  if (types.includes('integer') || types.includes('number')) return numbers(name, subject, ground)
  if (types.includes('string')) {
    return textsFor(name, item, subject, ground, most).flatMap((text) => fitString(text, item) ?? [])
  }
  return []
}

function numbers(name: string, { evidence }: Subject, { citations }: Ground): number[] {
  const role = roleOf(name)
  if (!citations || (role !== 'reference' && role !== 'ordinal' && role !== 'file')) return []
  return evidence.flatMap((one) => citations.numberOf(one) ?? [])
}

function textsFor(name: string, item: JsonObject, subject: Subject, ground: Ground, most: number): string[] {
  const description = typeof item['description'] === 'string' ? item['description'] : ''
  const about = subject.topic ?? ground.question
  const parts = partsOf(about)
  switch (roleOf(name, description)) {
    case 'question':
      return parts
    case 'topic':
    case 'title':
      return parts.length > 1 ? parts.map(titleOf) : keyPhrases(about, most)
    case 'keyword':
    case 'query':
      return keyPhrases(about, most)
    case 'tools':
      return [...(memberFor(subject, ground)?.tools ?? [])]
    case 'gap':
      return gapsOf(subject, ground)
    case 'file':
    case 'reference':
      return [...new Set(subject.evidence.flatMap(({ file }) => file ?? []))]
    case 'quote':
      return subject.evidence.map(({ quote }) => quote)
    default:
      return subject.evidence.map(({ text }) => text)
  }
}
