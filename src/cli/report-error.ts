/** An error as a person (or a script, with --json) gets it: what, and what to do next. A stack only for our own faults. */
import { BatonError, Conflict, InvalidDefinition, InvalidRequest, NotFound } from '../errors.ts'
import { EXIT } from './command.ts'
import { painter } from './format.ts'

export function reportError(error: unknown, { json }: { readonly json: boolean }): number {
  if (json) process.stderr.write(`${JSON.stringify({ error: describe(error) })}\n`)
  else process.stderr.write(`${text(error)}\n`)
  return exitCodeOf(error)
}

function describe(error: unknown): Readonly<Record<string, unknown>> {
  if (error instanceof InvalidDefinition) {
    return { name: error.name, message: error.message, next: error.next, issues: error.issues }
  }
  if (error instanceof BatonError) return { name: error.name, message: error.message, next: error.next }
  return { name: 'Internal', message: error instanceof Error ? error.message : String(error) }
}

function text(error: unknown): string {
  const paint = painter(process.stderr)
  if (error instanceof BatonError) {
    return `${paint('red', 'error')} ${error.message}\n${paint('cyan', 'next')}  ${error.next}`
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return `${paint('red', 'error')} Baton itself failed: ${stack}\n${paint('cyan', 'next')}  Nothing recorded is lost. Please report this with the command that led here.`
}

function exitCodeOf(error: unknown): number {
  if (error instanceof InvalidRequest || error instanceof InvalidDefinition) return EXIT.usage
  if (error instanceof NotFound) return EXIT.notFound
  if (error instanceof Conflict) return EXIT.conflict
  return error instanceof BatonError ? EXIT.runFailed : EXIT.internal
}
