/** Who can be given work, where an input lists them with what they are for: whoever shares most words with the work. */
import { isJsonObject, type Json, type JsonObject } from '../../schema/json.ts'
import { contentWords } from '../../text/words.ts'
import { flat } from './field-roles.ts'
import type { Ground } from './ground.ts'
import { overlap } from './rank.ts'
import type { Subject } from './subjects.ts'

const LISTS = /^(members?|agents?|peers?|team|workers?|specialists?)$/

export interface Member {
  readonly name: string
  readonly goal: string
  readonly tools: readonly string[]
}

/** undefined: the input lists nobody. */
export function memberFor(subject: Subject, { task, question }: Ground): Member | undefined {
  const asked = contentWords(subject.topic ?? question)
  const scored = membersIn(task.input).map((member) => ({ member, score: overlap(asked, contentWords(member.goal)) }))
  const best = Math.max(...scored.map(({ score }) => score))
  return scored.find(({ score }) => score === best)?.member
}

/** Parts side by side that the input allows; undefined: it says nothing of that. */
export function widthAllowed(input: Json): number | undefined {
  const envelope = isJsonObject(input) ? input['envelope'] : undefined
  const width = isJsonObject(envelope) ? envelope['width'] : undefined
  return typeof width === 'number' && width > 0 ? width : undefined
}

function membersIn(input: Json): Member[] {
  if (!isJsonObject(input)) return []
  const lists = Object.entries(input).filter(([name, value]) => LISTS.test(flat(name)) && Array.isArray(value))
  return lists.flatMap(([, list]) =>
    (list as readonly Json[]).flatMap((one) => (isJsonObject(one) ? memberOf(one) : [])),
  )
}

function memberOf({ name, goal, role, tools }: JsonObject): Member[] {
  if (typeof name !== 'string') return []
  const texts = [goal, role].filter((text): text is string => typeof text === 'string')
  const own = Array.isArray(tools) ? tools.filter((tool): tool is string => typeof tool === 'string') : []
  return [{ name, goal: texts.join(' — '), tools: own }]
}
