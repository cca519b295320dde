/** Takes secrets out of texts, also where another side gave them back in another dress. */
import type { Json } from './json.ts'

export interface Redactor {
  /** @param isCut More followed: the beginning of a secret at the very end goes too. */
  text(text: string, isCut?: boolean): string
  /** Keys and values, all the way down. */
  json(value: Json): Json
}

export const REDACTED = '[secret]'
/** Shorter parts of a Base64 text stand in innocent texts as well. */
const BASE64_CHARACTERS = 8
/** Likewise of hexadecimal ones. */
const HEX_CHARACTERS = 12

export function redactorOf(secrets: Iterable<string>): Redactor {
  // Longest first, so that no part of one is left beside another.
  const dresses = [...new Set([...secrets].flatMap(dressesOf))].toSorted((a, b) => b.length - a.length)
  const text = (given: string, isCut = false): string => {
    const clean = dresses.reduce((rest, dress) => rest.replaceAll(dress, REDACTED), given)
    return isCut ? withoutBeginning(clean, dresses) : clean
  }
  const json = (value: Json): Json => {
    if (typeof value === 'string') return text(value)
    if (typeof value === 'number') return text(String(value)) === String(value) ? value : REDACTED
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) return value.map(json)
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [text(key), json(part)]))
  }
  return dresses.length === 0 ? { text: (given) => given, json: (value) => value } : { text, json }
}

function dressesOf(secret: string): string[] {
  const encoded = encodeURIComponent(secret.toWellFormed())
  const quoted = JSON.stringify(secret).slice(1, -1)
  const hex = Buffer.from(secret).toString('hex')
  const numbers = hex.length < HEX_CHARACTERS ? [] : [hex, hex.toUpperCase()]
  const dresses = [secret, quoted, encoded, encoded.replaceAll('%20', '+'), ...numbers, ...base64Of(secret)]
  return dresses.filter((dress) => dress !== '')
}

/** What is the same in Base64 whatever stands around the secret, e.g. a user's name and a colon before it. */
function base64Of(secret: string): string[] {
  const bytes = Buffer.from(secret)
  return [0, 1, 2].flatMap((before) => {
    const bits = (before + bytes.length) * 8
    const from = Math.ceil((before * 8) / 6)
    const whole = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .slice(from, Math.floor(bits / 6))
    const url = whole.replaceAll('+', '-').replaceAll('/', '_')
    return whole.length < BASE64_CHARACTERS ? [] : [whole, url]
  })
}

function withoutBeginning(text: string, dresses: readonly string[]): string {
  for (const dress of dresses) {
    for (let length = Math.min(dress.length - 1, text.length); length > 0; length -= 1) {
      if (text.endsWith(dress.slice(0, length))) return text.slice(0, -length)
    }
  }
  return text
}
