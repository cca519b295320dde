/**
 * Texts of a policy as IAM compares them: `*` and `?` as wildcards, `${key}` filled in from the request. What is filled in is
 * never a pattern itself, whatever characters it has.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
 */

/** The value of a context key with one value, by its name in lower case; undefined where the request has none. */
export type Lookup = (key: string) => string | undefined

/** Whether a value fits. A variable that the request does not fill in fits nothing. */
export type Pattern = (value: string, lookup: Lookup) => boolean

/** A piece of a pattern between wildcards `*`; `any`: where its characters `?` stand. */
interface Segment {
  readonly text: string
  readonly any: readonly number[]
}

type Part = { readonly literal: string } | Variable

interface Variable {
  /** In lower case. */
  readonly key: string
  readonly otherwise: string | undefined
}

const VARIABLE = /\$\{([^}]*)\}/g
/** `${key, 'otherwise'}` */
const WITH_DEFAULT = /^\s*([^,]+?)\s*,\s*'(.*)'\s*$/

/** Without wildcards: `*` is a star. */
export function exactPattern(text: string): Pattern {
  const parts = partsOf(text)
  const [only, ...others] = parts
  if (only !== undefined && 'literal' in only && others.length === 0) return (value) => value === only.literal
  return (value, lookup) => value === filled(parts, lookup)
}

/** With wildcards. @param text e.g. `arn:aws:s3:::bucket/runs/${aws:PrincipalTag/runId}/*` */
export function likePattern(text: string): Pattern {
  if (!/[*?]/.test(text.replaceAll(VARIABLE, ''))) return exactPattern(text)
  const pieces = splitAtStars(partsOf(text))
  const isFixed = pieces.every((piece) => piece.every((part) => 'literal' in part))
  const fixed = isFixed ? segmentsOf(pieces, () => undefined) : undefined
  return (value, lookup) => {
    const segments = fixed ?? segmentsOf(pieces, lookup)
    return segments !== undefined && fits(value, segments)
  }
}

/** Of two ARNs each of the six parts between colons by itself, so that no wildcard reaches over a colon but in the last. */
export function arnPattern(text: string): Pattern {
  const patterns = arnParts(text.replaceAll(VARIABLE, (variable) => variable.replaceAll(':', '\0'))).map((part) =>
    likePattern(part.replaceAll('\0', ':')),
  )
  return (value, lookup) => {
    const parts = arnParts(value)
    const areArns = parts.length === ARN_PARTS && patterns.length === ARN_PARTS
    return areArns && patterns.every((fits, index) => fits(parts[index] ?? '', lookup))
  }
}

const ARN_PARTS = 6

function arnParts(arn: string): readonly string[] {
  const parts = arn.split(':')
  return [...parts.slice(0, ARN_PARTS - 1), ...(parts.length < ARN_PARTS ? [] : [parts.slice(ARN_PARTS - 1).join(':')])]
}

function partsOf(text: string): readonly Part[] {
  const parts: Part[] = []
  let at = 0
  for (const found of text.matchAll(VARIABLE)) {
    if (found.index > at) parts.push({ literal: text.slice(at, found.index) })
    parts.push(variableOf(found[1] ?? ''))
    at = found.index + found[0].length
  }
  if (at < text.length || parts.length === 0) parts.push({ literal: text.slice(at) })
  return parts
}

/** `${*}`, `${?}` and `${$}` are those characters themselves. */
function variableOf(name: string): Variable {
  if (['*', '?', '$'].includes(name)) return { key: '', otherwise: name }
  const [, key = name, otherwise] = WITH_DEFAULT.exec(name) ?? []
  return { key: key.toLowerCase(), otherwise }
}

function resolved({ key, otherwise }: Variable, lookup: Lookup): string | undefined {
  return (key === '' ? undefined : lookup(key)) ?? otherwise
}

function filled(parts: readonly Part[], lookup: Lookup): string | undefined {
  let text = ''
  for (const part of parts) {
    const piece = 'literal' in part ? part.literal : resolved(part, lookup)
    if (piece === undefined) return undefined
    text += piece
  }
  return text
}

function splitAtStars(parts: readonly Part[]): readonly (readonly Part[])[] {
  const pieces: Part[][] = [[]]
  for (const part of parts) {
    if (!('literal' in part)) {
      pieces.at(-1)?.push(part)
      continue
    }
    for (const [index, literal] of part.literal.split('*').entries()) {
      if (index > 0) pieces.push([])
      if (literal !== '') pieces.at(-1)?.push({ literal })
    }
  }
  return pieces
}

function segmentsOf(pieces: readonly (readonly Part[])[], lookup: Lookup): readonly Segment[] | undefined {
  const segments: Segment[] = []
  for (const piece of pieces) {
    let text = ''
    const any: number[] = []
    for (const part of piece) {
      const value = 'literal' in part ? part.literal : resolved(part, lookup)
      if (value === undefined) return undefined
      if ('literal' in part) {
        for (let at = value.indexOf('?'); at >= 0; at = value.indexOf('?', at + 1)) any.push(text.length + at)
      }
      text += value
    }
    segments.push({ text, any })
  }
  return segments
}

/** The first segment begins the value, the last one ends it, those between are found one after the other. */
function fits(value: string, [first, ...others]: readonly Segment[]): boolean {
  if (first === undefined || !standsAt(first, value, 0)) return false
  let at = first.text.length
  const last = others.pop()
  if (last === undefined) return at === value.length
  for (const segment of others) {
    const found = find(segment, value, at)
    if (found < 0) return false
    at = found + segment.text.length
  }
  const end = value.length - last.text.length
  return end >= at && standsAt(last, value, end)
}

function find(segment: Segment, value: string, from: number): number {
  if (segment.any.length === 0) return value.indexOf(segment.text, from)
  for (let at = from; at + segment.text.length <= value.length; at += 1) {
    if (standsAt(segment, value, at)) return at
  }
  return -1
}

function standsAt({ text, any }: Segment, value: string, at: number): boolean {
  if (any.length === 0) return value.startsWith(text, at)
  if (at + text.length > value.length) return false
  for (let index = 0; index < text.length; index += 1) {
    if (!any.includes(index) && text[index] !== value[at + index]) return false
  }
  return true
}
