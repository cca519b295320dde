/** Runs a program to its end, and gives what it said. */
import { spawn } from 'node:child_process'

export interface Ended {
  /** Null where it could not be started or was killed. */
  readonly code: number | null
  /** Standard output and errors, in the order they came. */
  readonly output: string
}

interface Options {
  readonly timeoutMs: number
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
}

/** More than that is not kept: of a long output, the end says what went wrong. */
const KEPT_CHARACTERS = 200_000

export function runProgram(file: string, args: readonly string[], { timeoutMs, cwd, env }: Options): Promise<Ended> {
  return new Promise((resolve) => {
    let output = ''
    const child = spawn(file, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      ...(cwd === undefined ? {} : { cwd }),
      ...(env === undefined ? {} : { env }),
    })
    const keep = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-KEPT_CHARACTERS)
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    child.on('error', (error) => resolve({ code: null, output: error.message }))
    child.on('close', (code) => resolve({ code, output }))
  })
}
