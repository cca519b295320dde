/** A team's settings as options of `baton run`: `{ documents: string }` becomes `--documents`. */
import { accessSync, constants } from 'node:fs'
import { parseArgs } from 'node:util'
import * as z from 'zod'
import type { Team } from '../define/team.ts'
import { InvalidRequest } from '../errors.ts'
import { isJsonObject, type Json, type JsonObject } from '../schema/json.ts'
import { parseJson } from '../schema/parse-json.ts'
import type { Options, Parsed } from './command.ts'
import { RELEASED_OPTION, teamToRun } from './released/host-here.ts'
import { REMOTE_OPTIONS, remoteTarget } from './remote/remote-target.ts'
import { DATA_OPTION, MODEL_OPTION, TEAM_OPTION } from './session.ts'

/**
 * Which options there are depends on words that are not parsed yet: the team's file, or where it runs.
 * @param where `here`: the verb runs a team's file, whatever the environment names.
 * @throws InvalidRequest where the team cannot be loaded or asked, unless only help is asked for.
 */
export async function settingsOptions(words: readonly string[], where: 'here' | 'anywhere' = 'here'): Promise<Options> {
  const help = words.includes('--help') || words.includes('-h')
  const schema = await schemaNamedIn(words, where).catch((error: unknown) => {
    if (!help) throw error
  })
  return schema === undefined ? {} : optionsOf(schema)
}

async function schemaNamedIn(words: readonly string[], where: 'here' | 'anywhere'): Promise<JsonObject> {
  const values = valuesIn(words)
  const target = where === 'here' ? undefined : remoteTarget(values)
  if (target === undefined) return settingsSchema((await teamToRun(values)).team)
  const { openRemote } = await import('./remote/open-remote.ts')
  return (await openRemote(target).describeWorkflows()).settingsSchema
}

/** What the words say of the team and its place, whatever else they say. */
export function valuesIn(words: readonly string[]): Parsed['values'] {
  const options = { ...TEAM_OPTION, ...RELEASED_OPTION, ...DATA_OPTION, ...MODEL_OPTION, ...REMOTE_OPTIONS }
  const config = Object.fromEntries(Object.entries(options).map(([name, { type }]) => [name, { type }]))
  const { values } = parseArgs({ args: [...words], options: config, strict: false, allowPositionals: true })
  return values as Parsed['values']
}

function optionsOf(schema: JsonObject): Options {
  return Object.fromEntries(
    Object.entries(propertiesOf(schema)).map(([name, schema]) => {
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

/**
 * The settings beside the options of a verb itself.
 * @throws InvalidRequest for a setting of the same name: what is typed could mean either.
 */
export function besideSettings(settings: Options, own: Options): Options {
  const taken = Object.keys(settings).find((name) => name in own || name === 'help')
  if (taken === undefined) return { ...settings, ...own }
  throw new InvalidRequest({
    message: `The team has a setting ${taken}, and --${taken} is an option of this command: what is typed could mean either`,
    next: `Give the setting another name, e.g. ${taken}Path, in defineTeam({ settings }) and where it is read.`,
  })
}

/**
 * Values as the schema says: text stays text, numbers and JSON are read.
 * @param pathOf What a path that is typed here stands for where the team runs.
 */
export function settingsOf(schema: JsonObject, values: Parsed['values'], pathOf: (path: string) => string): JsonObject {
  const given = Object.entries(propertiesOf(schema)).flatMap(([name, property]): [string, Json][] => {
    const value = values[name]
    if (value === undefined) return []
    return [[name, settingValue(value, property, pathOf)]]
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
  for (const [name, schema] of Object.entries(propertiesOf(settingsSchema(team)))) {
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

function settingValue(value: string | boolean, schema: JsonObject, pathOf: (path: string) => string): Json {
  if (typeof value === 'boolean') return value
  if (schema['type'] === 'string') return schema['format'] === 'path' ? pathOf(value) : value
  const parsed = parseJson(value)
  return parsed.ok ? parsed.value : value
}

export function settingsSchema({ settings }: Team): JsonObject {
  return z.toJSONSchema(settings, { io: 'input', unrepresentable: 'any' }) as JsonObject
}

function propertiesOf(schema: JsonObject): Readonly<Record<string, JsonObject>> {
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {}
  return Object.fromEntries(
    Object.entries(properties).filter((entry): entry is [string, JsonObject] => isJsonObject(entry[1])),
  )
}
