/** A team's settings as options of `baton run`: `{ documents: string }` becomes `--documents`. */
import { accessSync, constants } from 'node:fs'
import { resolve } from 'node:path'
import * as z from 'zod'
import type { Team } from '../define/team.ts'
import { InvalidRequest } from '../errors.ts'
import { isJsonObject, type Json, type JsonObject } from '../schema/json.ts'
import { parseJson } from '../schema/parse-json.ts'
import type { Options, Parsed } from './command.ts'
import { loadTeam } from './load-team.ts'

/** The word after `--team`, before any option is parsed: which options there are depends on it. */
function teamFileIn(words: readonly string[]): string | undefined {
  const at = words.lastIndexOf('--team')
  return at === -1 ? words.findLast((word) => word.startsWith('--team='))?.slice('--team='.length) : words[at + 1]
}

/** @throws InvalidRequest where the team cannot be loaded, unless only help is asked for. */
export async function settingsOptions(words: readonly string[]): Promise<Options> {
  const help = words.includes('--help') || words.includes('-h')
  const loaded = await loadTeam(teamFileIn(words)).catch((error: unknown) => {
    if (!help) throw error
  })
  if (!loaded) return {}
  return Object.fromEntries(
    Object.entries(propertiesOf(loaded.team)).map(([name, schema]) => {
      const description = typeof schema['description'] === 'string' ? schema['description'] : 'A setting of the team'
      return [
        name,
        {
          type: schema['type'] === 'boolean' ? 'boolean' : 'string',
          hint: schema['format'] === 'path' ? 'PATH' : 'VALUE',
          description,
        } as const,
      ]
    }),
  )
}

/** Values as the schema says: text stays text, numbers and JSON are read. */
export function settingsOf(team: Team, values: Parsed['values']): JsonObject {
  const given = Object.entries(propertiesOf(team)).flatMap(([name, schema]): [string, Json][] => {
    const value = values[name]
    if (value === undefined) return []
    return [[name, settingValue(value, schema)]]
  })
  return Object.fromEntries(given)
}

/**
 * A setting whose schema says `format: 'path'` names something to read. Whether it is there costs nothing to find out, so
 * that no model is asked before. An empty one names nothing.
 * @param advise What to do, given the option as it is typed: `--documents PATH`.
 * @throws InvalidRequest for the first one that is missing or may not be read.
 */
export function refuseMissingPaths(team: Team, settings: JsonObject, advise: (option: string) => string): void {
  for (const [name, schema] of Object.entries(propertiesOf(team))) {
    const path = settings[name]
    if (schema['format'] !== 'path' || typeof path !== 'string' || path === '') continue
    try {
      accessSync(path, constants.R_OK)
    } catch (error) {
      const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
      throw new InvalidRequest({
        message: `The setting ${name} is ${JSON.stringify(path)}: ${isMissing ? 'there is no such file or folder' : (error as Error).message}`,
        next: advise(`--${name} PATH`),
        cause: error,
      })
    }
  }
}

function settingValue(value: string | boolean, schema: JsonObject): Json {
  if (typeof value === 'boolean') return value
  if (schema['type'] === 'string') return schema['format'] === 'path' ? resolve(value) : value
  const parsed = parseJson(value)
  return parsed.ok ? parsed.value : value
}

function propertiesOf(team: Team): Readonly<Record<string, JsonObject>> {
  const schema = z.toJSONSchema(team.settings, { io: 'input', unrepresentable: 'any' }) as JsonObject
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {}
  return Object.fromEntries(
    Object.entries(properties).filter((entry): entry is [string, JsonObject] => isJsonObject(entry[1])),
  )
}
