/**
 * Secrets of this machine, by their names: an environment variable for each, or one file that nobody else may read. In
 * an account AWS Secrets Manager has them.
 */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { secretFromEnvironment, secretVariable } from '../config.ts'
import type { Team } from '../define/team.ts'
import { InvalidRequest, NotFound } from '../errors.ts'
import { parseJson } from '../schema/parse-json.ts'

export interface Secrets {
  /** @throws NotFound, with where to put it; InvalidRequest for a file that others may read, or that is none */
  read(name: string): Promise<string>
  has(name: string): boolean
}

const FILE = 'secrets.json'
const SecretsFile = z.record(z.string(), z.string().min(1))

/**
 * @param folder Where `secrets.json` may lie, `{"<name>": "<value>"}`. @param fromEnvironment @default this process's
 * own
 */
export function openSecrets(folder: string, fromEnvironment = secretFromEnvironment): Secrets {
  const file = join(folder, FILE)
  const find = (name: string) => fromEnvironment(name) ?? valuesIn(file)[name]
  return {
    async read(name) {
      const value = find(name)
      if (value !== undefined) return value
      throw new NotFound({
        message: `There is no secret ${name} on this machine`,
        next: `Set ${secretVariable(name)}, or write {"${name}": "…"} into ${file} and run: chmod 600 ${file}`,
      })
    },
    has: (name) => find(name) !== undefined,
  }
}

/** Names of the secrets that a team's tools use, with those tools, sorted. */
export function secretsOf({ tools }: Pick<Team, 'tools'>): ReadonlyMap<string, readonly string[]> {
  const named = tools.flatMap((tool) => tool.secrets.map((secret) => [secret, tool.name] as const))
  const names = [...new Set(named.map(([secret]) => secret))].toSorted()
  return new Map(names.map((name) => [name, named.filter(([secret]) => secret === name).map(([, tool]) => tool)]))
}

/** Others on this machine: its group, and everybody. */
const OTHERS = 0o077

/** Read at each use: what is changed there counts at once, and no value is held here. */
function valuesIn(file: string): Readonly<Record<string, string>> {
  const status = statSync(file, { throwIfNoEntry: false })
  if (status === undefined) return {}
  // Windows has no such bits.
  if (process.platform !== 'win32' && (status.mode & OTHERS) !== 0) {
    throw new InvalidRequest({
      message: `${file} may be read by others (mode ${(status.mode & 0o777).toString(8)})`,
      next: `chmod 600 ${file}`,
    })
  }
  const parsed = parseJson(readFileSync(file, 'utf8'))
  const values = parsed.ok ? SecretsFile.safeParse(parsed.value) : undefined
  if (values?.success) return values.data
  // Without what is in it.
  throw new InvalidRequest({
    message: `${file} holds no secrets`,
    next: 'Write a JSON object of texts: {"name": "value"}',
  })
}
