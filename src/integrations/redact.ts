/** `redact`: a guardrail that takes personal data and keys out of whatever passes. By patterns: it knows what things look like. */
import { defineGuardrail, type Guardrail } from '../define/guardrail.ts'
import type { GuardrailPlace } from '../schema/guardrail.ts'
import { mapTexts } from './content-texts.ts'

interface Look {
  /** Looks at each character a bounded number of times, so that 1 MB takes no longer than it must. */
  readonly pattern: RegExp
  /** How many characters of what was found, from its beginning, are one; 0: none is. @default all */
  readonly lengthOf?: (found: string) => number
}

const TYPES = {
  email: [
    {
      pattern: /(?<![\p{L}\p{M}\p{N}._%+-])[\p{L}\p{M}\p{N}._%+-]{1,64}@[\p{L}\p{M}\p{N}.-]{1,190}\.\p{L}{2,24}/gu,
    },
  ],
  card: [
    // As cards are printed, whatever number comes after: what follows is often a date or a code.
    { pattern: /(?<!\d|\d\.)\d{4}(?:[ -]?\d){9,15}(?!\d|\.\d)/g, lengthOf: cardLength },
    // In any other groups, where nothing but the card stands there.
    {
      pattern: /(?<!\d|\d[ .-])\d(?:[ -]?\d){12,18}(?![ .-]?\d)/g,
      lengthOf: (found) => (isCard(found) ? found.length : 0),
    },
  ],
  iban: [
    {
      pattern: /(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,30}(?![A-Za-z0-9])/g,
      lengthOf: (found) => longestWhere(found, isIban),
    },
  ],
  phone: [{ pattern: /(?<![\w+])\+\d(?:[ ()./-]{0,2}\d){6,14}(?!\d)/g }],
  ip: [
    {
      pattern: /(?<!\d|\d\.)(?:\d{1,3}\.){3}\d{1,3}(?!\d|\.\d)/g,
      lengthOf: (found) => (isIp(found) ? found.length : 0),
    },
  ],
  awsKey: [{ pattern: /(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])/g }],
  jwt: [{ pattern: /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{5,4000}\.eyJ[A-Za-z0-9_-]{5,4000}\.[A-Za-z0-9_-]{10,1000}/g }],
} satisfies Record<string, readonly Look[]>

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
  const rules: readonly Rule[] = [
    ...types.flatMap((type) => TYPES[type].map((look: Look) => ({ word: type, ...look, reads: plainly }))),
    ...Object.entries(patterns).map(([word, pattern]) => ({ word, pattern: globally(pattern), reads: asItIs })),
  ]
  const words = [...new Set(rules.map(({ word }) => word))]
  return defineGuardrail({
    name,
    version: '1.0.0',
    description: `takes out ${words.join(', ')}`,
    at,
    ...(tools && { tools }),
    run: async (passing) => {
      const counts = new Map<string, number>()
      const clean = mapTexts(passing, NAMES, (text) => withoutInText(text, rules, counts))
      if (counts.size === 0) return { verdict: 'proceed' }
      const reason = [...counts].map(([word, count]) => `${count} ${word}`).join(', ')
      return { verdict: 'transform', value: clean, reason: reason.slice(0, 200) }
    },
  })
}

const ALL = Object.keys(TYPES) as readonly RedactedType[]

interface Rule extends Look {
  readonly word: string
  /** The text as the pattern is held against it, of the same length. */
  readonly reads: (text: string) => string
}

function globally(pattern: RegExp): RegExp {
  return new RegExp(pattern, pattern.global ? pattern.flags : `${pattern.flags}g`)
}

/** Spaces, dashes, digits, letters and signs that only look otherwise, as ASCII has them. */
function plainly(text: string): string {
  if (!/[\u00a0\u2000-\u3000\ufe63\uff01-\uff5e]/.test(text)) return text
  return text
    .replaceAll(/[\u00a0\u2000-\u200a\u202f\u205f\u3000]/g, ' ')
    .replaceAll(/[\u2010-\u2015\u2212\ufe63]/g, '-')
    .replaceAll(/[\uff01-\uff5e]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0))
}

function asItIs(text: string): string {
  return text
}

/** Of content blocks these say what belongs together, and hold nothing that anybody wrote. */
const NAMES = new Set(['type', 'id', 'toolUseId', 'status'])

function withoutInText(text: string, rules: readonly Rule[], counts: Map<string, number>): string {
  return rules.reduce((rest, rule) => withoutOne(rest, rule, counts), text)
}

function withoutOne(text: string, { word, pattern, lengthOf, reads }: Rule, counts: Map<string, number>): string {
  const read = reads(text)
  const kept: string[] = []
  let from = 0
  pattern.lastIndex = 0
  for (let match = pattern.exec(read); match !== null; match = pattern.exec(read)) {
    const [found] = match
    const length = lengthOf === undefined ? found.length : lengthOf(found)
    // What begins like one and is none may have one in it.
    pattern.lastIndex = match.index + Math.max(1, length)
    if (length === 0) continue
    kept.push(text.slice(from, match.index), `[${word}]`)
    from = match.index + length
    counts.set(word, (counts.get(word) ?? 0) + 1)
  }
  return from === 0 ? text : kept.join('') + text.slice(from)
}

/** Of the beginnings that end where a group of characters does, the longest that holds. */
function longestWhere(found: string, holds: (text: string) => boolean): number {
  for (let length = found.length; length >= 13; length -= 1) {
    const isEnd = /[A-Za-z0-9]/.test(found.charAt(length - 1)) && !/[A-Za-z0-9]/.test(found.charAt(length))
    if (isEnd && holds(found.slice(0, length))) return length
  }
  return 0
}

/** One block, or groups of four, or of four, six and the rest. */
const PRINTED = /^(?:\d{13,19}|\d{4}([ -])\d{4}\1\d{4}(?:\1\d{1,4}(?:\1\d{1,3})?)?|\d{4}([ -])\d{6}\2\d{4,5})$/

function cardLength(found: string): number {
  return longestWhere(found, (text) => PRINTED.test(text) && isCard(text))
}

/** Of banks and travel: those that begin with 3 have a length of their own. */
const ISSUED = /^(?:[2456]\d{12,18}|3[47]\d{13}|3[0689]\d{12,17}|35\d{14,17})$/

/** ISO/IEC 7812-1, by its first digits and its check digit (Luhn). */
function isCard(text: string): boolean {
  const digits = text.replaceAll(/\D/g, '')
  if (!ISSUED.test(digits)) return false
  let sum = 0
  for (let index = 0; index < digits.length; index += 1) {
    const digit = Number(digits[digits.length - 1 - index])
    const doubled = digit * 2
    sum += index % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0
}

/** ISO 13616: modulo 97 of what its characters stand for, country and check digits last. */
function isIban(text: string): boolean {
  const compact = text.replaceAll(/[ -]/g, '')
  if (compact.length < 15 || compact.length > 34) return false
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
