/** Numbers as people type them. */
import { InvalidRequest } from '../../errors.ts'
import type { Guard } from '../../schema/versions.ts'

/** @throws InvalidRequest for what is no whole number from 1 to `most`. */
export function wholeNumber(option: string, word: string, most = 1_000_000): number {
  const number = Number(word)
  if (/^\d+$/.test(word) && number >= 1 && number <= most) return number
  throw new InvalidRequest({
    message: `${option} is ${JSON.stringify(word)}`,
    next: `Give a whole number from 1 to ${most}.`,
  })
}

/** @throws InvalidRequest for what is no number from 0 to `most`. */
export function amount(option: string, word: string, most = Number.MAX_SAFE_INTEGER): number {
  const number = Number(word)
  if (/^\d*\.?\d+$/.test(word) && number <= most) return number
  const to = most === Number.MAX_SAFE_INTEGER ? 'that is not negative' : `from 0 to ${most}`
  throw new InvalidRequest({ message: `${option} is ${JSON.stringify(word)}`, next: `Give a number ${to}, e.g. 0.2.` })
}

/** @throws InvalidRequest for what is not `field>=number`. */
export function scoreBound(option: string, word: string): NonNullable<Guard['score']> {
  const [, path, least] = /^([\w$-]+(?:\.[\w$-]+)*)>=(.+)$/.exec(word) ?? []
  if (path !== undefined && least !== undefined) return { path, least: amount(option, least) }
  throw new InvalidRequest({
    message: `${option} is ${JSON.stringify(word)}`,
    next: `Name a number of the output and what it must reach: ${option} 'review.score>=0.7'`,
  })
}
