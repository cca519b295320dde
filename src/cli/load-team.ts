/** Loads the team that a file exports by default. */
import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Team } from '../define/team.ts'
import { InvalidDefinition, InvalidRequest } from '../errors.ts'
import { bundleHash, readyBundle } from './released/bundles.ts'

export interface LoadedTeam {
  readonly team: Team
  /** Absolute. */
  readonly file: string
}

/** Where a team is looked for when `--team` does not say. */
const USUAL_FILES = ['team.ts', 'team.js', 'src/team.ts', 'baton/team.ts']

/** Whether there is a team file where it is looked for. */
export function hasUsualTeam(folder = process.cwd()): boolean {
  return USUAL_FILES.some((candidate) => existsSync(resolve(folder, candidate)))
}

/**
 * @param named A team file, or the bundle of a release.
 * @throws InvalidRequest where there is no such file, it cannot be loaded, or it exports no team; NotFound, RecordsCorrupt
 *   for a bundle that is gone or is not what was released.
 */
export async function loadTeam(named: string | undefined, folder = process.cwd()): Promise<LoadedTeam> {
  const hash = named === undefined ? undefined : bundleHash(named)
  if (named !== undefined && hash !== undefined) await readyBundle(named, hash)
  const file = locate(named, folder)
  const team = await importDefault(file)
  if (!isTeam(team)) {
    throw new InvalidRequest({
      message: `${file} does not export a team by default`,
      next: 'End the file with: export default defineTeam({ … })',
    })
  }
  return { team, file }
}

/**
 * What a module of a user's exports by default; undefined where it exports nothing by default.
 * @param file Absolute.
 * @throws InvalidRequest where it cannot be loaded; InvalidDefinition
 */
export async function importDefault(file: string): Promise<unknown> {
  try {
    const loaded = (await import(pathToFileURL(file).href)) as { readonly default?: unknown }
    return loaded.default
  } catch (error) {
    if (error instanceof InvalidDefinition) throw error
    throw new InvalidRequest({
      message: `${file}${lineIn(file, error)} could not be loaded: ${(error as Error).message}`,
      next: 'Correct the file; `npx tsc --noEmit` shows type errors, `baton doctor` checks the rest.',
      cause: error,
    })
  }
}

/** `:line`, where the error says so: syntax errors at the head of their stack, thrown ones in a frame. */
function lineIn(file: string, error: unknown): string {
  const { stack = '' } = error as Error
  const at = stack.indexOf(`${file}:`)
  return at === -1 ? '' : (/^:\d+/.exec(stack.slice(at + file.length))?.[0] ?? '')
}

function locate(named: string | undefined, folder: string): string {
  const candidates = named === undefined ? USUAL_FILES : [named]
  const file = candidates.map((candidate) => resolve(folder, candidate)).find((path) => existsSync(path))
  if (file !== undefined && statSync(file).isFile()) return file
  throw new InvalidRequest({
    message: named === undefined ? `No team file here: ${USUAL_FILES.join(', ')}` : `There is no team file ${named}`,
    next: 'Name the file that ends with `export default defineTeam(…)`: --team FILE',
  })
}

function isTeam(value: unknown): value is Team {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'team'
}
