import { readFile } from 'node:fs/promises'

const LINES = 20

/** The end of a log, for a message: empty where there is none. */
export async function logTail(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '')
  const lines = text.trimEnd().split('\n').slice(-LINES)
  return lines.map((line) => `  | ${line}`).join('\n')
}
