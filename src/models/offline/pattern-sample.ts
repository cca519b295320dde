/** A short text that a regular expression matches, for the usual ones: literals, classes, groups, counts, alternatives. */

interface Reader {
  readonly pattern: string
  place: number
}

const MOST_REPEATS = 200

/** undefined where the pattern uses what is not understood here. The caller checks the sample against the pattern. */
export function sampleOf(pattern: string, shortest = 0): string | undefined {
  const made = alternatives({ pattern, place: 0 }, 0)
  if (made === undefined || made.length >= shortest) return made
  return alternatives({ pattern, place: 0 }, shortest)
}

function alternatives(reader: Reader, wanted: number): string | undefined {
  let first = sequence(reader, wanted)
  while (reader.pattern[reader.place] === '|') {
    reader.place += 1
    const other = sequence(reader, wanted)
    first = first === undefined || (first === '' && other) ? other : first
  }
  return first
}

function sequence(reader: Reader, wanted: number): string | undefined {
  let text = ''
  while (reader.place < reader.pattern.length && !'|)'.includes(reader.pattern[reader.place] ?? '')) {
    const one = atom(reader)
    if (one === undefined) return undefined
    const { least, most } = count(reader)
    const missing = one === '' ? 0 : Math.ceil((wanted - text.length) / one.length)
    text += one.repeat(Math.min(Math.max(least, Math.min(most, missing)), MOST_REPEATS))
  }
  return text
}

function atom(reader: Reader): string | undefined {
  const character = reader.pattern[reader.place] ?? ''
  reader.place += 1
  if (character === '^' || character === '$') return ''
  if (character === '.') return 'a'
  if (character === '[') return characterClass(reader)
  if (character === '(') return group(reader)
  if (character !== '\\') return character
  const escaped = reader.pattern[reader.place] ?? ''
  reader.place += 1
  return classOf(escaped, reader)
}

function classOf(escaped: string, reader: Reader): string | undefined {
  if (escaped === 'd') return '0'
  if (escaped === 'w') return 'a'
  if (escaped === 's') return ' '
  if (escaped === 'b' || escaped === 'B') return ''
  if (escaped === 'D' || escaped === 'S') return 'a'
  if (escaped === 'W') return ' '
  if (escaped === 'n') return '\n'
  if (escaped === 't') return '\t'
  if (escaped === 'p') {
    reader.place = reader.pattern.indexOf('}', reader.place) + 1
    return reader.place > 0 ? 'a' : undefined
  }
  return /[1-9kuxc]/.test(escaped) ? undefined : escaped
}

function group(reader: Reader): string | undefined {
  const rest = reader.pattern.slice(reader.place)
  const opening = /^\?(?::|<[a-zA-Z]\w*>)/.exec(rest)?.[0]
  const looksAround = /^\?(?:[=!]|<[=!])/.test(rest)
  if (opening) reader.place += opening.length
  else if (looksAround) reader.place += rest.startsWith('?<') ? 3 : 2
  const inner = alternatives(reader, 0)
  reader.place += 1
  // What a look-around asks for is not written; the caller sees whether it holds anyway.
  return looksAround ? '' : inner
}

function characterClass(reader: Reader): string | undefined {
  const negated = reader.pattern[reader.place] === '^'
  const start = reader.place
  let end = start + (negated ? 1 : 0)
  if (reader.pattern[end] === ']') end += 1
  while (end < reader.pattern.length && reader.pattern[end] !== ']') end += reader.pattern[end] === '\\' ? 2 : 1
  const source = reader.pattern.slice(start, end)
  reader.place = end + 1
  try {
    const matcher = new RegExp(`[${source}]`, 'u')
    return [...'a0A-_ .:/@#é'].find((candidate) => matcher.test(candidate)) ?? printable(matcher)
  } catch {
    return undefined
  }
}

function printable(matcher: RegExp): string | undefined {
  for (let code = 33; code < 127; code += 1) {
    const character = String.fromCharCode(code)
    if (matcher.test(character)) return character
  }
  return undefined
}

function count(reader: Reader): { least: number; most: number } {
  const [whole, sign, low, comma, high] = /^([*+?])|^\{(\d+)(,?)(\d*)\}/.exec(reader.pattern.slice(reader.place)) ?? []
  if (whole === undefined) return { least: 1, most: 1 }
  reader.place += whole.length
  if (reader.pattern[reader.place] === '?') reader.place += 1
  if (sign === '?') return { least: 0, most: 1 }
  if (sign) return { least: sign === '+' ? 1 : 0, most: MOST_REPEATS }
  const least = Number(low)
  return { least, most: comma ? Number(high || MOST_REPEATS) : least }
}
