/** Fills single values: texts by what their field is for, numbers from places and scores, choices from judgements. */
import type { Json, JsonObject } from '../../schema/json.ts'
import { contentWords } from '../../text/words.ts'
import { chooseValue } from './choose-value.ts'
import { gapsOf, summaryOf } from './compose.ts'
import { fieldsByRole } from './evidence.ts'
import { type FieldRole, flat, roleOf, substitutesOf } from './field-roles.ts'
import type { Ground } from './ground.ts'
import { numberFits, numberOf, typesOf } from './json-schema.ts'
import { type Judgement, judgeRecord } from './judge.ts'
import { memberFor } from './members.ts'
import { fitString } from './minimal.ts'
import { polarityOf } from './polarity.ts'
import { keyPhrases, partsOf, titleOf } from './question.ts'
import { overlap } from './rank.ts'
import type { Subject } from './subjects.ts'

const USUAL_SUMMARY = 1_200

export function fillScalar(name: string, schema: JsonObject, subject: Subject, ground: Ground): Json | undefined {
  const role = roleOf(name, typeof schema['description'] === 'string' ? schema['description'] : '')
  const { enum: allowed } = schema
  if (Array.isArray(allowed)) {
    return role === 'effort' ? effortOf(allowed, ground) : chosen(allowed, schema, subject, ground)
  }
  const types = typesOf(schema)
  if (types.includes('string')) {
    const text = textFor(role, schema, subject, ground)
    return text === undefined ? undefined : fitString(text, schema)
  }
  if (types.includes('integer') || types.includes('number')) return numberFor(name, role, schema, subject, ground)
  if (types.includes('boolean') && role === 'verdict') return judged(subject, ground).supported
  // It has no second thoughts: what it hands in is all that it will.
  if (types.includes('boolean') && role === 'done') return true
  return undefined
}

function textFor(role: FieldRole, schema: JsonObject, subject: Subject, ground: Ground): string | undefined {
  const [first] = subject.evidence
  const given = givenText(role, subject)
  if (given !== undefined) return given
  const about = subject.topic ?? ground.question
  switch (role) {
    case 'quote':
      return first?.quote
    case 'file':
    case 'reference':
      return first?.file
    case 'claim':
      return subject.isRoot ? summaryOf(subject, ground, numberOf(schema, 'maxLength') ?? USUAL_SUMMARY) : first?.text
    case 'question':
      return about || undefined
    case 'topic':
      return titleOf(about) || undefined
    case 'title':
      return (subject.isRoot ? about : titleOf(about)) || undefined
    case 'keyword':
      return keyPhrases(about, subject.ordinal + 1)[subject.ordinal]
    case 'query':
      return keyPhrases(about, 6).join(' ') || undefined
    case 'gap':
      return gapsOf(subject, ground)[0]
    case 'reason':
    case 'verdict':
      return judged(subject, ground).reason
    case 'ordinal':
      // An id that has to begin with a letter is asked for in words.
      return `${/\ba letter\b/.test(String(schema['description'])) ? 'part-' : ''}${subject.ordinal + 1}`
    case 'member':
      return memberFor(subject, ground)?.name
    case 'form':
      return memberFor(subject, ground)?.goal
    case 'boundaries':
      return about === '' ? undefined : `Only what is asked here: ${about}`
    default:
      return summaryOf(subject, ground, numberOf(schema, 'maxLength') ?? USUAL_SUMMARY)
  }
}

/** The record's own words for this role. At the root the input is a task, not material for a text. */
function givenText(role: FieldRole, { record, isRoot }: Subject): string | undefined {
  if (!record || role === 'other' || role === 'reason' || role === 'verdict') return undefined
  if (isRoot && !['question', 'topic', 'title'].includes(role)) return undefined
  const by = fieldsByRole(record)
  for (const near of substitutesOf(role)) {
    const value = by(near)
    if (typeof value !== 'string' || value.trim() === '') continue
    return near === 'question' && role === 'topic' ? titleOf(value) : value
  }
  return undefined
}

function numberFor(
  name: string,
  role: FieldRole,
  schema: JsonObject,
  subject: Subject,
  ground: Ground,
): number | undefined {
  const value = numberOfRole(name, role, schema, subject, ground)
  if (value === undefined) return undefined
  const whole = typesOf(schema).includes('integer') ? Math.round(value) : value
  return numberFits(whole, schema) ? whole : undefined
}

function numberOfRole(
  name: string,
  role: FieldRole,
  schema: JsonObject,
  subject: Subject,
  ground: Ground,
): number | undefined {
  const [first] = subject.evidence
  if (role === 'startLine') return first?.startLine
  if (role === 'endLine') return first?.endLine
  if (role === 'ordinal' || role === 'reference' || flat(name) === 'number') {
    return (first && ground.citations?.numberOf(first)) ?? subject.ordinal + 1
  }
  if (role === 'count') return subject.evidence.length
  if (role !== 'score') return undefined
  const low = numberOf(schema, 'minimum') ?? 0
  const high = numberOf(schema, 'maximum') ?? 1
  return Math.round((low + (high - low) * judged(subject, ground).score) * 100) / 100
}

/**
 * By verdict where the choices point both ways; else by what is said of them, then by the words they share with the question;
 * else the one that is for all other cases.
 */
function chosen(allowed: readonly Json[], schema: JsonObject, subject: Subject, ground: Ground): Json | undefined {
  const supporting = allowed.find((value) => polarityOf(value) === 1)
  const against = allowed.find((value) => polarityOf(value) === -1)
  if (supporting !== undefined && against !== undefined) {
    return judged(subject, ground).supported ? supporting : against
  }
  const about = subject.topic ?? ground.question
  const names = allowed.filter((value) => typeof value === 'string')
  const description = typeof schema['description'] === 'string' ? schema['description'] : ''
  const choice = chooseValue(names, `${description}\n${ground.task.instructions}`, about)
  if (choice !== undefined && choice.score > 0) return choice.value
  const words = [...contentWords(about), ...(subject.evidence[0]?.words ?? [])]
  const scored = allowed
    .map((value) => ({ value, score: typeof value === 'string' ? overlap(contentWords(value), words) : 0 }))
    .sort((a, b) => b.score - a.score)
  return scored[0] && scored[0].score > 0 ? scored[0].value : choice?.value
}

/** Values from the least to the most: the first for one part of a question, the next for up to 3, up to 5, and more. */
function effortOf(allowed: readonly Json[], { question }: Ground): Json | undefined {
  const parts = partsOf(question).length
  const step = EFFORT_PARTS.findIndex((most) => parts <= most)
  return allowed[Math.min(allowed.length - 1, step < 0 ? EFFORT_PARTS.length : step)]
}

const EFFORT_PARTS = [1, 3, 5]

function judged(subject: Subject, ground: Ground): Judgement {
  const own = subject.record && !subject.isRoot ? judgeRecord(subject.record, ground) : undefined
  if (own) return own
  const [first] = subject.evidence
  if (!first) return { supported: false, score: 0, reason: 'Nothing was found that bears on it.' }
  const score = overlap(contentWords(subject.topic ?? ground.question), first.words)
  const place = first.file === undefined ? 'the material' : `${first.file}:${first.startLine}-${first.endLine}`
  return { supported: score > 0, score, reason: `${place} speaks of it.` }
}
