/** What can be told by words alone: for where no language model reads the mail, and as a first guess for one that does. */
import type { Mail } from './desk.ts'
import type { Reason } from './policy.ts'

export const DESKS = ['billing', 'support', 'person'] as const
export const LANGUAGES = ['en', 'de', 'fr', 'es'] as const
export type Language = (typeof LANGUAGES)[number]

const PERSON =
  /\b(?:lawyer|hospital|injur\w+|burned|press|authority|gdpr|speak to a person|call me back|colleague call|anwalt|verletzt|avocat|abogado)\b/i
const MONEY =
  /\b(?:refund\w*|money back|charged|return .{0,60}refund|erstatt\w*|geld zurück|zurückgeben|rembours\w*|devolver|devuelven|reembolso)\b/i
const URGENT = /\b(?:lawyer|hospital|injur\w+|exploded|burned|immediately|right now|sofort|urgent)\b|!\s*$/i

const OFTEN: Readonly<Record<Exclude<Language, 'en'>, RegExp>> = {
  de: /\b(?:ich|und|der|die|das|nicht|bitte|guten|meine?|wie|wo)\b/gi,
  fr: /\b(?:bonjour|je|le|la|les|est|combien|merci|voudrais|commande|et)\b/gi,
  es: /\b(?:hola|quiero|el|la|del|pedido|gracias|cuándo|está|no)\b/gi,
}
const LEAST_WORDS = 3

export interface Guess {
  readonly desk: (typeof DESKS)[number]
  readonly urgency: 'high' | 'normal'
  readonly language: Language
}

export function guess({ subject, text }: Mail): Guess {
  const words = `${subject}. ${text}`
  const desk = PERSON.test(words) ? 'person' : MONEY.test(words) ? 'billing' : 'support'
  return { desk, urgency: URGENT.test(words) ? 'high' : 'normal', language: languageOf(words) }
}

function languageOf(words: string): Language {
  const counts = (['de', 'fr', 'es'] as const).map((language) => ({
    language,
    count: words.match(OFTEN[language])?.length ?? 0,
  }))
  const best = counts.reduce((most, one) => (one.count > most.count ? one : most))
  return best.count >= LEAST_WORDS ? best.language : 'en'
}

const REASONS: readonly (readonly [Reason, RegExp])[] = [
  ['charged-twice', /charged .{0,20}twice|doppelt abgebucht/i],
  ['not-delivered', /never (?:arrived|delivered)|not arrived|never delivered|not here|nicht angekommen/i],
  ['faulty', /broken|faulty|damaged|stopped working|does not|defekt|beschädigt|loch|endommagée|déchirée|rota/i],
]

export function reasonOf({ subject, text }: Mail): Reason {
  return REASONS.find(([, pattern]) => pattern.test(`${subject}. ${text}`))?.[0] ?? 'changed-mind'
}

/** The order that a mail names. */
export function orderIn({ subject, text }: Mail): string | undefined {
  return /\bF-\d{4,9}\b/.exec(`${subject} ${text}`)?.[0]
}
