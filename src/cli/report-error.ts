/** An error as a person (or a script, with --json) gets it: what, and what to do next. A stack only for our own faults. */
import { BatonError, Conflict, InvalidDefinition, InvalidRequest, NotFound } from '../errors.ts'
import { EXIT, type Parsed } from './command.ts'
import { jsonText, painter, printable } from './format.ts'
import { placeWords, withPlace } from './place-words.ts'

interface Circumstances {
  readonly json: boolean
  /** What the command was given, where it got so far. */
  readonly values?: Parsed['values']
}

/** @returns the exit code */
export function reportError(error: unknown, { json, values = {} }: Circumstances): number {
  const next = error instanceof BatonError ? nextOf(error, values) : ''
  if (json) process.stderr.write(`${jsonText({ error: describe(error, next) })}\n`)
  else process.stderr.write(`${text(error, next)}\n`)
  return exitCodeOf(error)
}

function nextOf({ next }: BatonError, values: Parsed['values']): string {
  return withPlace(next, placeWords(values))
}

function describe(error: unknown, next: string): Readonly<Record<string, unknown>> {
  if (error instanceof InvalidDefinition)
    return { name: error.name, message: error.message, next, issues: error.issues }
  if (error instanceof BatonError) return { name: error.name, message: error.message, next }
  return { name: 'Internal', message: error instanceof Error ? error.message : String(error) }
}

function text(error: unknown, next: string): string {
  const paint = painter(process.stderr)
  if (error instanceof BatonError) {
    return `${paint('red', 'error')} ${printable(error.message)}\n${paint('cyan', 'next')}  ${printable(next)}`
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return `${paint('red', 'error')} Baton itself failed: ${printable(stack)}\n${paint('cyan', 'next')}  Nothing recorded is lost. Please report this with the command that led here.`
}

function exitCodeOf(error: unknown): number {
  if (error instanceof InvalidRequest || error instanceof InvalidDefinition) return EXIT.usage
  if (error instanceof NotFound) return EXIT.notFound
  if (error instanceof Conflict) return EXIT.conflict
  return error instanceof BatonError ? EXIT.runFailed : EXIT.internal
}
