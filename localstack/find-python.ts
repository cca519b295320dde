/** A Python that really runs, is new enough and can make virtual environments. */
import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import * as z from 'zod'
import { runProgram } from './run-program.ts'

export interface Places {
  /** As in the environment: folders to look in. */
  readonly path: string
  /** Folders of pyenv installations: `$PYENV_ROOT`, `~/.pyenv`. */
  readonly pyenvRoots: readonly string[]
}

export interface Python {
  readonly executable: string
  readonly version: string
}

export type FoundPython = { readonly python: Python } | { readonly seen: readonly string[] }

/** LocalStack 4.14 is written for 3.13; its code needs 3.12. */
const BEST_FIRST = ['3.13', '3.12', '3.14']
const OLDEST = [3, 12] as const

const About = z.object({ version: z.tuple([z.number(), z.number()]), venv: z.boolean() })
const ASK = `
import importlib.util, json, sys
has = lambda name: importlib.util.find_spec(name) is not None
print(json.dumps({"version": sys.version_info[:2], "venv": has("venv") and has("ensurepip")}))`

/** Long enough for a cold disk; a shim that hangs is no Python. */
const PATIENCE_MS = 15_000

/** @returns a Python, or what was seen instead, in words */
export async function findPython(places: Places): Promise<FoundPython> {
  const seen: string[] = []
  for (const executable of candidates(places)) {
    const { code, output } = await runProgram(executable, ['-c', ASK], { timeoutMs: PATIENCE_MS })
    const about = code === 0 ? About.safeParse(parse(output)) : undefined
    if (!about?.success) {
      seen.push(`${executable} does not run`)
      continue
    }
    const [major, minor] = about.data.version
    const version = `${major}.${minor}`
    if (major !== OLDEST[0] || minor < OLDEST[1]) seen.push(`${executable} is ${version}`)
    else if (!about.data.venv) seen.push(`${executable} is ${version}, but has no venv or ensurepip module`)
    else return { python: { executable, version } }
  }
  return { seen }
}

function candidates({ path, pyenvRoots }: Places): string[] {
  const names = [...BEST_FIRST.map((version) => `python${version}`), 'python3', 'python']
  const onPath = path.split(delimiter).filter(Boolean)
  const inPath = names.flatMap((name) => onPath.map((folder) => join(folder, name)))
  const inPyenv = pyenvRoots.flatMap(pyenvVersions)
  const existing = [...inPath, ...inPyenv].filter((file) => existsSync(file))
  // Shims of pyenv are all one file, and each is its own program: only other links are followed.
  return [...new Map(existing.map((file) => [file.includes('/shims/') ? file : realpathSync(file), file])).values()]
}

function pyenvVersions(root: string): string[] {
  const versions = join(root, 'versions')
  if (!existsSync(versions)) return []
  const rank = (name: string) => {
    const place = BEST_FIRST.findIndex((best) => name.startsWith(`${best}.`))
    return place < 0 ? BEST_FIRST.length : place
  }
  const newEnough = readdirSync(versions).filter((name) => /^3\.(1[2-9]|[2-9]\d)\b/.test(name))
  return newEnough.sort((a, b) => rank(a) - rank(b)).map((name) => join(versions, name, 'bin', 'python3'))
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
