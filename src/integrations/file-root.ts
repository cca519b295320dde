/** Paths within one folder. A model names them; none leads out, by dots, links or otherwise. */
import { lstatSync, realpathSync } from 'node:fs'
import { join, sep } from 'node:path'
import { NotActed } from '../errors.ts'

/** Of ours, in the root: no tool lists, reads or writes it. */
export const OWN_FOLDER = '.baton'

export interface FilePlace {
  /** As the model is told it, e.g. `notes/a.md`. */
  readonly name: string
  readonly path: string
}

/** @throws NotActed for a folder that is not there. */
export function rootOf(folder: string): string {
  try {
    const root = realpathSync(folder)
    if (lstatSync(root).isDirectory()) return root
  } catch {
    // Said below.
  }
  throw new NotActed({ message: `${folder} is no folder`, next: 'Make it, or have the operator name another.' })
}

/** @param name Relative to the root, with `/`. `.`: the root itself. @throws NotActed */
export function placeIn(root: string, name: string): FilePlace {
  const parts = name.split('/').filter((part) => part !== '.' && part !== '')
  const isPlain = !name.startsWith('/') && !/[\\:\0]/.test(name) && !parts.includes('..')
  if (!isPlain || parts[0]?.toLowerCase() === OWN_FOLDER || name.length > 1_000) {
    throw refused(name, 'Name a path within the folder, e.g. notes/plan.md.')
  }
  let path = root
  for (const part of parts) {
    path = join(path, part)
    // A link may lead anywhere, also where it did not a moment ago.
    if (kindOf(path, name) === 'link') throw refused(name, 'Links are not followed.')
  }
  if (path !== root && !path.startsWith(root + sep)) throw refused(name, 'Name a path within the folder.')
  return { name: parts.join('/') || '.', path }
}

function kindOf(path: string, name: string): 'link' | 'other' {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ? 'link' : 'other'
  } catch (error) {
    throw refused(name, `It cannot be looked at: ${(error as NodeJS.ErrnoException).code}.`)
  }
}

function refused(name: string, next: string): NotActed {
  return new NotActed({ message: `${JSON.stringify(name.slice(0, 200))} is no path to go to`, next })
}
