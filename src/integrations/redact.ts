/** `redact`: a guardrail that takes personal data and keys out of whatever passes. By patterns: it knows what things look like. */
import { defineGuardrail, type Guardrail } from '../define/guardrail.ts'
import type { GuardrailPlace } from '../schema/guardrail.ts'
import type { Json } from '../schema/json.ts'

/** Every expression looks at each character a bounded number of times, so that 1 MB takes no longer than it must. */
const TYPES = {
  email: { pattern: /(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,190}\.[A-Za-z]{2,24}/g },
  card: { pattern: /(?<![\d-])\d(?:[ -]?\d){12,18}(?![\d-])/g, holds: isCard },
  iban: { pattern: /(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}(?![A-Za-z0-9])/g, holds: isIban },
  phone: { pattern: /(?<![\w+])\+\d(?:[ ()./-]{0,2}\d){6,14}(?!\d)/g },
  ip: { pattern: /(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])/g, holds: isIp },
  awsKey: { pattern: /(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])/g },
  jwt: { pattern: /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{5,4000}\.eyJ[A-Za-z0-9_-]{5,4000}\.[A-Za-z0-9_-]{10,1000}/g },
} as const satisfies Record<string, { pattern: RegExp; holds?: (text: string) => boolean }>

export type RedactedType = keyof typeof TYPES

interface RedactOptions {
  /** @default 'redact' */
  readonly name?: string
  /** @default all of them */
  readonly types?: readonly RedactedType[]
  /** More, by the word that stands in their place. Global expressions, of linear time. */
  readonly patterns?: Readonly<Record<string, RegExp>>
  /** @default before and after every model and tool call */
  readonly at?: readonly GuardrailPlace[]
  readonly tools?: readonly string[]
}

const EVERYWHERE: readonly GuardrailPlace[] = ['model.before', 'model.after', 'tool.before', 'tool.after']

/** What it takes out becomes `[email]`; how many of each is recorded, and never what they were. */
export function redact({
  name = 'redact',
  types = ALL,
  patterns = {},
  at = EVERYWHERE,
  tools,
}: RedactOptions = {}): Guardrail {
  const own = Object.entries(patterns).map(([word, pattern]) => [word, { pattern: globally(pattern) }] as const)
  const rules: readonly Rule[] = [...types.map((type) => [type, TYPES[type]] as const), ...own]
  return defineGuardrail({
    name,
    version: '1.0.0',
    description: `takes out ${rules.map(([word]) => word).join(', ')}`,
    at,
    ...(tools && { tools }),
    run: async ({ value }) => {
      const counts = new Map<string, number>()
      const clean = withoutIn(value, rules, counts)
      if (counts.size === 0) return { verdict: 'proceed' }
      const reason = [...counts].map(([word, count]) => `${count} ${word}`).join(', ')
      return { verdict: 'transform', value: clean, reason: reason.slice(0, 200) }
    },
  })
}

const ALL = Object.keys(TYPES) as readonly RedactedType[]

type Rule = readonly [word: string, rule: { readonly pattern: RegExp; readonly holds?: (text: string) => boolean }]

function globally(pattern: RegExp): RegExp {
  return pattern.global ? pattern : new RegExp(pattern.source, `${pattern.flags}g`)
}

/** Of content blocks these say what belongs together, and hold nothing that anybody wrote. */
const NAMES = new Set(['type', 'id', 'toolUseId', 'status'])

function withoutIn(value: Json, rules: readonly Rule[], counts: Map<string, number>, isBlock = true): Json {
  if (typeof value === 'string') return withoutInText(value, rules, counts)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return (value as readonly Json[]).map((part) => withoutIn(part, rules, counts, isBlock))
  const entries = Object.entries(value).map(([key, part]): [string, Json] => {
    if (isBlock && NAMES.has(key) && typeof part === 'string' && isBlockOf(value)) return [key, part]
    return [withoutInText(key, rules, counts), withoutIn(part, rules, counts, false)]
  })
  return Object.fromEntries(entries)
}

function isBlockOf(value: object): boolean {
  const { type } = value as { readonly type?: unknown }
  return type === 'text' || type === 'toolUse' || type === 'toolResult'
}

function withoutInText(text: string, rules: readonly Rule[], counts: Map<string, number>): string {
  return rules.reduce((rest, [word, { pattern, holds }]) => {
    return rest.replace(pattern, (found) => {
      if (holds !== undefined && !holds(found)) return found
      counts.set(word, (counts.get(word) ?? 0) + 1)
      return `[${word}]`
    })
  }, text)
}

/** ISO/IEC 7812-1, by its check digit (Luhn). */
function isCard(text: string): boolean {
  const digits = text.replaceAll(/\D/g, '')
  let sum = 0
  for (let index = 0; index < digits.length; index += 1) {
    const digit = Number(digits[digits.length - 1 - index])
    const doubled = digit * 2
    sum += index % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0 && /[1-9]/.test(digits)
}

/** ISO 13616: modulo 97 of what its characters stand for, country and check digits last. */
function isIban(text: string): boolean {
  const compact = text.replaceAll(' ', '')
  if (compact.length > 34) return false
  const moved = compact.slice(4) + compact.slice(0, 4)
  let rest = 0
  for (const character of moved) {
    const value = Number.parseInt(character, 36)
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97
  }
  return rest === 1
}

function isIp(text: string): boolean {
  return text.split('.').every((part) => Number(part) <= 255)
}
