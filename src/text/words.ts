/**
 * Words of a text for searching and comparing: lower case, light English stems, without stop words. Knows nothing of
 * documents or ranking. Identifiers count whole and in parts (`grantInvoke`: grantinvoke, grant, invoke); scripts
 * without spaces count in pairs of characters.
 */

const STOP_WORDS: ReadonlySet<string> = new Set(
  `a about above after again all also although always am among an and any are as at be because been before being below
  best between both but by can cannot could did do does doing done down during each either else etc even every few for from further
  get gets give given gives go goes going got had has have having he her here hers him his how however i if in into is
  it its itself just let like made make makes many may me might more long most much must often my need needs neither no nor not now of off on
  once one only onto or other others our out over own per please really s same shall she should since so some such t tell than that the their
  them then there these they this those though through to too under until up upon us use used uses using via want wants was way ways we well
  were what whatever when where whether which while who whom whose why will with within without would yes yet you your
  der die das und oder ein eine einer ist sind wie was wo wer wann warum ich wir ihr mit für von zu auf aus bei nicht den dem des im
  le la les un une et ou est sont comment quoi quand pourquoi je nous vous avec pour de du des dans sur pas
  el los las una y o es son cómo qué cuándo dónde por para con del en`.split(/\s+/u),
)

const WORD = /[\p{L}\p{N}][\p{L}\p{M}\p{N}_]*/gu
const HUMP = /(?<=[\p{Ll}\p{N}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})|_+/u
const INNER_CAPITAL = /[\p{Ll}\p{N}]\p{Lu}|\p{Lu}\p{Lu}\p{Ll}|_/u
const NO_SPACES = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u
const LONGEST_WORD = 60

/** Content words in order, stemmed; stop words left out. */
export function contentWords(text: string): string[] {
  const words: string[] = []
  for (const [word] of text.matchAll(WORD)) {
    const lower = word.toLowerCase()
    if (STOP_WORDS.has(lower)) continue
    if (NO_SPACES.test(word)) words.push(...pairs(lower))
    else if (lower.length > 1 || lower >= '0') words.push(stem(lower.slice(0, LONGEST_WORD)))
  }
  return words
}

/** What a search index holds of a text: content words, and the parts of identifiers beside them. */
export function indexTerms(text: string): string[] {
  const terms: string[] = []
  for (const [word] of text.matchAll(WORD)) {
    const lower = word.toLowerCase()
    if (STOP_WORDS.has(lower)) continue
    if (NO_SPACES.test(word)) {
      terms.push(...pairs(lower))
      continue
    }
    if (lower.length < 2 || lower.length > LONGEST_WORD) continue
    terms.push(stem(lower))
    if (!INNER_CAPITAL.test(word)) continue
    for (const part of word.split(HUMP)) {
      const small = part.toLowerCase()
      if (small.length > 1 && !STOP_WORDS.has(small)) terms.push(stem(small))
    }
  }
  return terms
}

export function isStopWord(word: string): boolean {
  return STOP_WORDS.has(word.toLowerCase())
}

const STEMS = new Map<string, string>()
const STEMS_KEPT = 50_000

/** Light suffix stripping: enough to bring plural and singular, noun and verb of technical English together. */
export function stem(word: string): string {
  const known = STEMS.get(word)
  if (known !== undefined) return known
  const stemmed = strip(word)
  if (STEMS.size >= STEMS_KEPT) STEMS.clear()
  STEMS.set(word, stemmed)
  return stemmed
}

function strip(word: string): string {
  if (word.length < 4 || /\d/.test(word)) return word
  let rest = word
  if (/(?:ss|sh|ch|x)es$/.test(rest)) rest = rest.slice(0, -2)
  else if (/[^aeiou]ie[sd]$/.test(rest) && rest.length > 4) rest = `${rest.slice(0, -3)}y`
  else if (/[^sui]s$/.test(rest)) rest = rest.slice(0, -1)
  if (/ation$/.test(rest) && rest.length > 8) return rest.slice(0, -5)
  if (/[ts]ion$/.test(rest) && rest.length > 8) return rest.slice(0, -3)
  if (/ing$/.test(rest) && rest.length > 5) rest = undouble(rest.slice(0, -3))
  else if (/ed$/.test(rest) && rest.length > 4 && !/eed$/.test(rest)) rest = undouble(rest.slice(0, -2))
  if (/[^aeiou]e$/.test(rest) && rest.length > 3) rest = rest.slice(0, -1)
  return rest
}

function undouble(word: string): string {
  return /([bdgmnprt])\1$/.test(word) && word.length > 3 ? word.slice(0, -1) : word
}

function pairs(word: string): string[] {
  const characters = [...word].slice(0, LONGEST_WORD)
  if (characters.length < 2) return characters
  return characters.slice(1).map((character, i) => `${characters[i]}${character}`)
}
