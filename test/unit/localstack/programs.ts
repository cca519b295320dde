/** Programs that are only a line of shell: fake interpreters for tests. */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

export async function fakeProgram(file: string, script: string): Promise<string> {
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  return file
}

export function fakePython(file: string, version: readonly [number, number], venv = true): Promise<string> {
  return fakeProgram(file, `echo '${JSON.stringify({ version, venv })}'`)
}
