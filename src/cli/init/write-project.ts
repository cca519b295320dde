/** Writes a project as a whole or not at all: beside its place first, then by one rename. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { Conflict } from '../../errors.ts'

/**
 * @param folder Absolute; not there, or empty.
 * @throws Conflict where something is there.
 */
export function writeProject(folder: string, files: ReadonlyMap<string, string | Uint8Array>): void {
  refuseTaken(folder)
  mkdirSync(dirname(folder), { recursive: true })
  const half = mkdtempSync(join(dirname(folder), `.${basename(folder)}-`))
  try {
    for (const [path, content] of files) {
      mkdirSync(dirname(join(half, path)), { recursive: true })
      writeFileSync(join(half, path), content)
    }
    renameSync(half, folder)
  } catch (error) {
    rmSync(half, { recursive: true, force: true })
    // Somebody has put something there meanwhile.
    refuseTaken(folder)
    throw error
  }
}

/** @throws Conflict */
export function refuseTaken(folder: string): void {
  if (!existsSync(folder)) return
  const isFolder = statSync(folder).isDirectory()
  const found = isFolder ? readdirSync(folder) : []
  if (isFolder && found.length === 0) return
  const what = isFolder ? `is not empty: ${found.slice(0, 3).join(', ')}` : 'is a file'
  throw new Conflict({
    message: `${folder} ${what}; nothing was written`,
    next: 'Name a folder that is not there yet.',
  })
}
