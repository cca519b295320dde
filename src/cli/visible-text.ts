/** Text of unknown origin in which nothing is hidden: for lists that say who did what. */

/** Characters that show as nothing or as part of others: zero-width ones, tags, soft hyphens. */
const UNSEEN = /\p{Cf}|\p{Zl}|\p{Zp}|\p{Co}|[\u115F\u1160\u3164\uFFA0]/gu

/** What cannot be seen is spelled out. */
export function visible(text: string): string {
  return text.toWellFormed().replace(UNSEEN, escaped)
}

/**
 * A name, with each character that is no plain ASCII spelled out: `\u{430}nna` is not `anna`, though it looks the same. The names of
 * agents, tools and steps are ASCII; what a model or a stranger makes up need not be.
 */
export function spelled(name: string): string {
  return name.toWellFormed().replace(/[^\x20-\x7E]/gu, escaped)
}

function escaped(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
}
