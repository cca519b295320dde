/** The body of a request, as JSON that everything behind can carry. What it must hold, the caller's schema says. */
import { parseJson } from '../../schema/parse-json.ts'
import { RefusedRequest } from './problem.ts'

/** Bytes. A run's input has at most 160 KiB. */
const MOST_BYTES = 1024 * 1024
/** Deeper values overflow the stack of what walks them. */
const MOST_LEVELS = 64

/**
 * @returns undefined for an empty body
 * @throws RefusedRequest: 415 for another content type, 413 for too many bytes, 400 for what is no JSON
 */
export async function readJsonBody(request: Request): Promise<unknown> {
  const { headers } = request
  const bytes = Number(headers.get('content-length') ?? 0)
  if (bytes > MOST_BYTES) throw tooLarge()
  const content = await readBytes(request)
  if (content.byteLength === 0) return undefined
  const type = headers.get('content-type') ?? ''
  if (!/^application\/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$/i.test(type.trim()))
    throw wrongType('Content-Type', type)
  const encoding = headers.get('content-encoding') ?? 'identity'
  if (encoding.toLowerCase() !== 'identity') throw wrongType('Content-Encoding', encoding)
  const parsed = parseJson(textOf(content))
  if (!parsed.ok) throw malformed(`it is no JSON: ${parsed.message}`)
  const fault = faultOf(parsed.value)
  if (fault !== undefined) throw malformed(fault)
  return parsed.value
}

async function readBytes({ body }: Request): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let size = 0
  try {
    for await (const piece of body ?? []) {
      size += piece.byteLength
      if (size > MOST_BYTES) throw tooLarge()
      pieces.push(piece)
    }
  } catch (error) {
    // Who sends it went away, so that it is nobody's fault here.
    throw error instanceof RefusedRequest ? error : malformed('it was cut off', error)
  }
  return Buffer.concat(pieces)
}

function textOf(content: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content)
  } catch {
    throw malformed('it is no UTF-8')
  }
}

/** Beside what JSON allows but nothing can carry on (RFC 7493), what would overflow a stack. A loop, so that this does not. */
function faultOf(value: unknown): string | undefined {
  let level: unknown[] = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MOST_LEVELS) return `it is nested deeper than ${MOST_LEVELS} levels`
    const below: unknown[] = []
    for (const part of level) {
      const fault = partFault(part)
      if (fault !== undefined) return fault
      if (typeof part === 'object' && part !== null) for (const inner of Object.values(part)) below.push(inner)
    }
    level = below
  }
  return undefined
}

function partFault(part: unknown): string | undefined {
  if (typeof part === 'number') return Number.isFinite(part) ? undefined : 'a number in it is out of range'
  if (typeof part === 'string') return part.isWellFormed() ? undefined : 'a string in it is no Unicode text'
  if (typeof part !== 'object' || part === null || Array.isArray(part)) return undefined
  const names = Object.keys(part)
  if (names.includes('__proto__')) return 'a field in it is named __proto__'
  return names.every((name) => name.isWellFormed()) ? undefined : 'the name of a field in it is no Unicode text'
}

function malformed(fault: string, cause?: unknown): RefusedRequest {
  const message = `The body cannot be used: ${fault}`
  return new RefusedRequest({ message, next: 'Send a JSON object in UTF-8.', cause })
}

function tooLarge(): RefusedRequest {
  return new RefusedRequest({
    status: 413,
    message: `The body has more than ${MOST_BYTES} bytes`,
    next: 'Put large content where a tool can read it, and give its name as the input.',
  })
}

function wrongType(header: string, given: string): RefusedRequest {
  return new RefusedRequest({
    status: 415,
    message: `${header} is ${JSON.stringify(given)}; a body is taken as plain application/json only`,
    next: 'Send JSON with Content-Type: application/json.',
  })
}
