/** Fills an output schema from what is at hand: fields of the input are passed on, the rest comes from evidence. */
import { isJsonObject, type Json, type JsonObject } from '../../schema/json.ts'
import { flat, roleOf } from './field-roles.ts'
import { fillScalar } from './fill-scalar.ts'
import { fillTexts } from './fill-texts.ts'
import { type Ground, isCitation } from './ground.ts'
import { alternativesOf, conforms, numberOf, propertiesOf, requiredOf, resolveSchema, typesOf } from './json-schema.ts'
import { widthAllowed } from './members.ts'
import { minimalValue } from './minimal.ts'
import { type Subject, subjectsFor } from './subjects.ts'
import { objectsIn } from './task.ts'

const DEEPEST = 12
/** Items of a list whose schema sets no bound. */
const USUAL_ITEMS = 6

/** A value that fits the schema, always. */
export function fillOutput(ground: Ground): Json {
  const { task, evidence, root } = ground
  const record = isJsonObject(task.input) ? task.input : { input: task.input }
  const subject: Subject = { record, evidence, topic: undefined, ordinal: 0, isRoot: true }
  return settled(fillValue('', root, subject, ground, 0), root, ground.root, 0)
}

/** undefined: nothing is known that could stand here. */
function fillValue(name: string, schema: Json, subject: Subject, ground: Ground, depth: number): Json | undefined {
  const resolved = resolveSchema(schema, ground.root)
  if (resolved === false || depth > DEEPEST) return undefined
  if (resolved['const'] !== undefined) return resolved['const']
  const passed = passedOn(name, resolved, subject, ground)
  if (passed !== undefined) return passed
  const alternatives = alternativesOf(resolved)
  if (alternatives) return fillAlternative(name, alternatives, subject, ground, depth)
  const types = typesOf(resolved)
  if (types.includes('object')) return fillObject(resolved, subject, ground, depth)
  if (types.includes('array')) return fillArray(name, resolved, subject, ground, depth)
  return fillScalar(name, resolved, subject, ground)
}

function passedOn(name: string, schema: JsonObject, subject: Subject, ground: Ground): Json | undefined {
  if (name === '') return undefined
  const named = subject.record && fieldOf(subject.record, name, schema, ground)
  // A list of gaps that came with the task is not all of them: each part may name its own.
  const own = subject.isRoot && roleOf(name) === 'gap' && Array.isArray(named) ? undefined : named
  if (own !== undefined || !subject.isRoot || roleOf(name) !== 'other') return own
  // A field that nothing else is known of may be one that a tool has given under this very name.
  for (const { content, status } of ground.task.calls) {
    const given = status === 'ok' && isJsonObject(content) ? fieldOf(content, name, schema, ground) : undefined
    if (given !== undefined) return given
  }
  // Or one that a part of the input carries, as whoever worked on it has left it.
  for (const part of objectsIn(ground.task.input)) {
    const left = fieldOf(part, name, schema, ground)
    if (left !== undefined && left !== null) return left
  }
  return undefined
}

function fieldOf(record: JsonObject, name: string, schema: JsonObject, ground: Ground): Json | undefined {
  const field =
    Object.keys(record).find((key) => key === name) ?? Object.keys(record).find((key) => flat(key) === flat(name))
  const value = field === undefined ? undefined : record[field]
  // A null that is allowed is an answer too: there is nothing.
  return value !== undefined && conforms(value, schema, ground.root) ? value : undefined
}

function fillAlternative(
  name: string,
  alternatives: readonly Json[],
  subject: Subject,
  ground: Ground,
  depth: number,
): Json | undefined {
  const mayBeNull = alternatives.some((branch) => isJsonObject(branch) && branch['type'] === 'null')
  // What nobody knows the meaning of is better left empty than filled with a summary.
  if (mayBeNull && roleOf(name) === 'other') return undefined
  let best: { value: Json; weight: number } | undefined
  for (const branch of alternatives) {
    const value = fillValue(name, branch, subject, ground, depth + 1)
    if (value === undefined || value === null || !conforms(value, branch, ground.root)) continue
    // The branch that more can be said in; of equals the first.
    const weight = JSON.stringify(value).length
    if (!best || weight > best.weight * 1.5) best = { value, weight }
  }
  return best?.value
}

function fillObject(schema: JsonObject, subject: Subject, ground: Ground, depth: number): Json | undefined {
  const required = requiredOf(schema)
  const properties = propertiesOf(schema)
  const late = ([, part]: readonly [string, Json]) => isCitationList(part, ground.root)
  const filled = new Map<string, Json>()
  let known = 0
  // Citations are numbered as they are used, so their list comes last.
  for (const [name, part] of [...properties.filter((one) => !late(one)), ...properties.filter(late)]) {
    const value = fillValue(name, part, subject, ground, depth + 1)
    const fits = value !== undefined && conforms(value, part, ground.root)
    if (fits) {
      known += 1
      filled.set(name, value)
    } else if (required.has(name)) {
      // An item of a list that lacks what it should list is no item; a whole answer must be something.
      if (!subject.isRoot && needsItems(part, ground.root)) return undefined
      filled.set(name, settled(value, part, ground.root, subject.ordinal))
    }
  }
  if (known === 0 && properties.length > 0) return undefined
  const object = Object.fromEntries(
    properties.flatMap(([name]) => (filled.has(name) ? [[name, filled.get(name) ?? null]] : [])),
  )
  return conforms(object, schema, ground.root) ? object : undefined
}

function fillArray(
  name: string,
  schema: JsonObject,
  subject: Subject,
  ground: Ground,
  depth: number,
): Json | undefined {
  const { root } = ground
  if (Array.isArray(schema['prefixItems'])) {
    return schema['prefixItems'].map((part: Json, ordinal) =>
      settled(fillValue(name, part, { ...subject, ordinal }, ground, depth + 1), part, root, ordinal),
    )
  }
  const item = resolveSchema(schema['items'] ?? {}, root)
  if (item === false) return []
  const least = numberOf(schema, 'minItems') ?? 0
  const allowed = subject.isRoot ? (widthAllowed(ground.task.input) ?? Infinity) : Infinity
  const most = Math.min(numberOf(schema, 'maxItems') ?? Math.max(USUAL_ITEMS, least), Math.max(allowed, least))
  const branches = alternativesOf(item)?.map((branch) => resolveSchema(branch, root)) ?? [item]
  const shape = branches.find((branch) => branch !== false && typesOf(branch).includes('object'))
  // It cuts work into parts that stand alone.
  if (shape && isEdge(shape) && least === 0) return []
  const values: Json[] = shape
    ? subjectsFor(name, shape, subject, ground)
        .slice(0, Math.max(most * 3, most))
        .flatMap<Json>((one) => {
          const value = fillValue('', item, one, ground, depth + 1)
          return value !== undefined && conforms(value, item, root) ? [value] : []
        })
    : fillTexts(name, item, subject, ground, most).filter((value) => conforms(value, item, root))
  const distinct = [...new Map(values.map((value) => [JSON.stringify(value), value])).values()].slice(0, most)
  if (distinct.length === 0 && least > 0) return undefined
  for (let ordinal = distinct.length; distinct.length < least && ordinal < least * 3; ordinal += 1) {
    distinct.push(minimalValue(item, root, ordinal))
  }
  return conforms(distinct, schema, root) ? distinct : undefined
}

/** Joins two other items. */
function isEdge(item: JsonObject): boolean {
  const required = requiredOf(item)
  return required.has('from') && required.has('to')
}

/** What was found if it fits, null if that is allowed, else the plainest value that fits. */
function settled(value: Json | undefined, schema: Json, root: JsonObject, ordinal: number): Json {
  if (value !== undefined && conforms(value, schema, root)) return value
  const resolved = resolveSchema(schema, root)
  if (
    resolved !== false &&
    conforms(null, schema, root) &&
    typesOf(resolved).length + (alternativesOf(resolved)?.length ?? 0) > 0
  ) {
    return null
  }
  return minimalValue(schema, root, ordinal)
}

function needsItems(schema: Json, root: JsonObject): boolean {
  const list = resolveSchema(schema, root)
  return list !== false && typesOf(list).includes('array') && (numberOf(list, 'minItems') ?? 0) > 0
}

function isCitationList(schema: Json, root: JsonObject): boolean {
  const list = resolveSchema(schema, root)
  const item = list === false ? false : resolveSchema(list['items'], root)
  return item !== false && isCitation(item)
}
