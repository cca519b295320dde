/** The bundles of a data folder: `bundles/<sha256>.mjs`. A file's name says what must be in it. */
import { readFile, stat } from 'node:fs/promises'
import { registerHooks } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { crashPoint } from '../../crash-point.ts'
import { InvalidRequest, NotFound, RecordsCorrupt, RecordsUnavailable } from '../../errors.ts'
import { writeWhole } from '../../records/whole-file.ts'
import { Sha256 } from '../../schema/ids.ts'
import { sha256 } from '../../schema/sha256.ts'

const FOLDER = 'bundles'
const ENDING = '.mjs'

/** @param data The data folder. */
export function bundlePath(data: string, hash: Sha256): string {
  return join(data, FOLDER, `${hash}${ENDING}`)
}

/** The hash that a bundle's path promises; undefined for any other file. */
export function bundleHash(path: string): Sha256 | undefined {
  if (basename(dirname(path)) !== FOLDER || !path.endsWith(ENDING)) return undefined
  return Sha256.safeParse(basename(path, ENDING)).data
}

/** Repeatable. @returns its hash. @throws RecordsUnavailable where the disk does not take it. */
export async function writeBundle(data: string, bytes: Uint8Array): Promise<Sha256> {
  const hash = Sha256.parse(sha256(bytes))
  const path = bundlePath(data, hash)
  if (await isWhole(path, hash)) return hash
  try {
    crashPoint('bundle.write.before')
    await writeWhole(path, bytes)
    crashPoint('bundle.write.after')
  } catch (cause) {
    throw new RecordsUnavailable({
      message: `${path} cannot be written: ${(cause as Error).message}. Nothing was released`,
      next: 'Check free disk space and the rights on the data folder, then release again.',
      cause,
    })
  }
  return hash
}

/**
 * Checks a bundle, and readies this process to import it.
 * @throws NotFound where it is gone; RecordsCorrupt where it is not what was released; InvalidRequest where it cannot be read.
 */
export async function readyBundle(path: string, hash: Sha256): Promise<void> {
  if (!(await isThere(path))) {
    throw new NotFound({
      message: `The bundle ${path} is gone, and with it the code of a release`,
      next: 'Bring the file back from a copy of the data folder, or roll back to another release: baton versions',
    })
  }
  if (!(await isWhole(path, hash))) {
    throw new RecordsCorrupt({
      message: `${path} is not what was released: its content has another hash than its name says. It was not run`,
      next: 'Bring the file back from a copy of the data folder, or delete it and release the same sources again.',
    })
  }
  shareBaton()
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() === true
}

async function isWhole(path: string, hash: Sha256): Promise<boolean> {
  if (!(await isThere(path))) return false
  try {
    return sha256(await readFile(path)) === hash
  } catch (cause) {
    throw new InvalidRequest({
      message: `${path} cannot be read: ${(cause as Error).message}`,
      next: 'Check the rights on the data folder.',
      cause,
    })
  }
}

let isShared = false

/** A bundle finds this process's own `baton`, wherever the data folder lies. */
function shareBaton(): void {
  if (isShared) return
  isShared = true
  registerHooks({
    resolve(specifier, context, next) {
      const isBaton = specifier === 'baton' || specifier.startsWith('baton/')
      const isOurs = isBaton && context.parentURL !== undefined && isBundle(context.parentURL)
      return isOurs ? next(specifier, { ...context, parentURL: import.meta.url }) : next(specifier, context)
    },
  })
}

function isBundle(url: string): boolean {
  return url.startsWith('file:') && bundleHash(decodeURIComponent(new URL(url).pathname)) !== undefined
}
