/** The texts of something that passes a guardrail, one after the other, and what stands in their places. Judges none. */
import type { Passing } from '../define/guardrail.ts'
import { isJsonObject, type Json } from '../schema/json.ts'

/** Of every text, number and name of a field, in order. A number that stays as it was stays a number. */
export type ChangeText = (text: string) => string

/** @param kept Fields of content blocks by which these belong together: nobody wrote them. Arguments and results have none. */
export function mapTexts({ at, value }: Passing, kept: ReadonlySet<string>, change: ChangeText): Json {
  if (!at.startsWith('model.') || !Array.isArray(value)) return mapValue(value, change)
  return (value as readonly Json[]).map((block) =>
    isBlock(block) ? mapBlock(block, kept, change) : mapValue(block, change),
  )
}

const BLOCKS: ReadonlySet<unknown> = new Set(['text', 'toolUse', 'toolResult'])

function isBlock(value: Json): value is { readonly [key: string]: Json } {
  return isJsonObject(value) && BLOCKS.has(value['type'])
}

function mapBlock(block: { readonly [key: string]: Json }, kept: ReadonlySet<string>, change: ChangeText): Json {
  const fields = Object.entries(block).map(([key, part]) => [key, kept.has(key) ? part : mapValue(part, change)])
  return Object.fromEntries(fields)
}

function mapValue(value: Json, change: ChangeText): Json {
  if (typeof value === 'string') return change(value)
  if (typeof value === 'number') {
    const text = String(value)
    const changed = change(text)
    return changed === text ? value : changed
  }
  if (Array.isArray(value)) return (value as readonly Json[]).map((part) => mapValue(part, change))
  if (!isJsonObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [change(key), mapValue(part, change)]))
}
