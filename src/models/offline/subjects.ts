/** Decides what the items of a list are about: objects of the input, pieces of evidence, or parts of the question. */
import { isJsonObject, type Json, type JsonObject } from '../../schema/json.ts'
import { contentWords } from '../../text/words.ts'
import { type Evidence, evidenceIn, evidenceOf } from './evidence.ts'
import { type FieldRole, flat, roleOf, substitutesOf } from './field-roles.ts'
import { type Ground, isCitation, keyOf } from './ground.ts'
import { propertiesOf, requiredOf, resolveSchema, typesOf } from './json-schema.ts'
import { isAgainst } from './polarity.ts'
import { FACET, partsOf } from './question.ts'
import { rankFor } from './rank.ts'

/** What one value is being filled for. */
export interface Subject {
  /** An object of the input whose fields may be passed on. */
  readonly record: JsonObject | undefined
  /** Best first. */
  readonly evidence: readonly Evidence[]
  /** Part of the question. */
  readonly topic: string | undefined
  /** Place in its list, from 0. */
  readonly ordinal: number
  /** The answer as a whole. */
  readonly isRoot: boolean
}

interface Group {
  readonly name: string
  readonly records: JsonObject[]
}

/** Match of names and roles from which on a list of the input is taken for what a list of the output is made of. */
const LEAST_MATCH = 0.5
const MOST_GROUPED = 500
const MOST_FACETS = 2

export function subjectsFor(name: string, itemSchema: JsonObject, subject: Subject, ground: Ground): Subject[] {
  if (isCitation(itemSchema) && ground.citations && ground.citations.cited.length > 0) {
    return ofEvidence(ground.citations.cited)
  }
  const roles = new Set(propertiesOf(itemSchema).map(([property]) => roleOf(property)))
  const group = bestGroup(name, itemSchema, subject.record)
  if (group)
    return subject.isRoot ? ofRecords(group, itemSchema, roles) : onlyNew(ofRecords(group, itemSchema, roles), ground)
  const citing = roles.has('quote') || roles.has('file') || roles.has('startLine')
  if (citing || (roles.has('claim') && subject.evidence.length > 0)) {
    return subject.isRoot ? ofEvidence(subject.evidence) : onlyNew(ofEvidence(subject.evidence), ground)
  }
  // What is given out to several must not overlap: no part of a question is also an aspect of another.
  if (subject.isRoot && roles.has('member')) return ofParts(ground, [])
  return subject.isRoot ? ofParts(ground, facetsOf(ground)) : onlyNew(ofEvidence(subject.evidence), ground)
}

/** In an answer that cites by number, drops what an earlier list has said. */
function onlyNew(subjects: Subject[], { citations, placed }: Ground): Subject[] {
  if (!citations) return subjects
  return subjects.filter(({ evidence: [first, ...more] }) => {
    if (!first || more.length > 0) return true
    const isNew = !placed.has(keyOf(first))
    placed.add(keyOf(first))
    return isNew
  })
}

function ofEvidence(evidence: readonly Evidence[]): Subject[] {
  return evidence.map((one, ordinal) => ({
    record: one.record,
    evidence: [one],
    topic: undefined,
    ordinal,
    isRoot: false,
  }))
}

function ofRecords(group: Group, itemSchema: JsonObject, roles: ReadonlySet<FieldRole>): Subject[] {
  const judges = roles.has('verdict')
  const needsEvidence = propertiesOf(itemSchema).some(
    ([property, part]) => isJsonObject(part) && part['type'] === 'array' && roleOf(property) !== 'gap',
  )
  return group.records
    .filter((record) => judges || !isAgainst(record))
    .map((record, ordinal) => {
      const own = evidenceOf(record)
      const evidence = own ? [own] : evidenceIn(record)
      return { record, evidence, topic: undefined, ordinal, isRoot: false }
    })
    .filter(({ evidence, record }) => evidence.length > 0 || !needsEvidence || !hasEmptyList(record))
}

/** The question's parts; where it has one only, the headings under which most was found as well. */
function ofParts(ground: Ground, facets: readonly string[]): Subject[] {
  const parts = partsOf(ground.question)
  const topics = parts.length > 1 ? parts : [...parts, ...facets]
  return topics.map((topic, ordinal) => ({
    record: undefined,
    evidence: rankFor(topic, ground.pool, 6, ground.weightOf).map(({ candidate }) => candidate),
    topic,
    ordinal,
    isRoot: false,
  }))
}

/** Headings that speak of the question and add something to it. */
function facetsOf({ question, evidence }: Ground): string[] {
  const asked = new Set(contentWords(question))
  const facets = new Map<string, string>()
  for (const { heading } of evidence) {
    const last = heading.split(' > ').at(-1)?.trim() ?? ''
    const words = contentWords(last)
    const added = words.filter((word) => !asked.has(word)).length
    if (added > 0 && added <= words.length / 2 && last.length < 80) facets.set(words.join(' '), last)
  }
  return [...facets.values()].slice(0, MOST_FACETS).map((heading) => `${question}${FACET}${heading}`)
}

function hasEmptyList(record: JsonObject): boolean {
  return Object.values(record).some((value) => Array.isArray(value) && value.length === 0)
}

function bestGroup(name: string, itemSchema: JsonObject, record: JsonObject | undefined): Group | undefined {
  if (!record) return undefined
  let best: { group: Group; match: number } | undefined
  for (const group of groupsIn(record)) {
    const first = group.records[0]
    if (!first) continue
    const match = matchOf(itemSchema, first) + (flat(group.name) === flat(name) ? 0.25 : 0)
    if (match >= LEAST_MATCH && match > (best?.match ?? 0)) best = { group, match }
  }
  return best?.group
}

/** Lists of objects within a record by the names that lead to them, the elements of lists of lists joined. */
function groupsIn(record: JsonObject): Group[] {
  const groups = new Map<string, Group>()
  const visit = (value: Json, path: string, name: string, depth: number) => {
    if (depth > 6) return
    if (Array.isArray(value)) {
      for (const item of value as readonly Json[]) {
        if (!isJsonObject(item)) continue
        const group = groups.get(path) ?? { name, records: [] }
        if (group.records.length < MOST_GROUPED) group.records.push(item)
        groups.set(path, group)
        visit(item, path, name, depth + 1)
      }
    } else if (isJsonObject(value)) {
      for (const [key, part] of Object.entries(value)) visit(part, `${path}/${key}`, key, depth + 1)
    }
  }
  visit(record, '', '', 0)
  return [...groups.values()]
}

/** 0 to 1: how much of an item's required fields an object gives by name, or half as much by role. */
function matchOf(itemSchema: JsonObject, record: JsonObject): number {
  const names = new Set(Object.keys(record).map(flat))
  // What is handed on in an envelope counts as if it were not.
  const inner = Object.values(record).flatMap((value) => (isJsonObject(value) ? Object.entries(value) : []))
  const entries = [...Object.entries(record), ...inner]
  const shapes = new Set(entries.map(([key, value]) => `${roleOf(key)} ${shapeOf(value)}`))
  const required = requiredOf(itemSchema)
  const properties = propertiesOf(itemSchema).filter(([property]) => required.size === 0 || required.has(property))
  let matched = 0
  for (const [property, part] of properties) {
    const resolved = resolveSchema(part, itemSchema)
    const type = resolved === false ? '' : (typesOf(resolved)[0] ?? '')
    const role = roleOf(property)
    if (names.has(flat(property))) matched += 1
    else if (role !== 'other' && substitutesOf(role).some((near) => shapes.has(`${near} ${type}`))) matched += 0.5
  }
  return properties.length === 0 ? 0 : matched / properties.length
}

function shapeOf(value: Json): string {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}
