/** What a verb of the CLI is, its help, and its parsing (node:util). Knows no verb. */
import { parseArgs } from 'node:util'
import { InvalidRequest } from '../errors.ts'
import { printable } from './format.ts'

export interface Option {
  readonly type: 'string' | 'boolean'
  readonly short?: string
  readonly description: string
  /** It may be given several times: see `Parsed.lists`. */
  readonly multiple?: true
  /** Shown in help as `--option <hint>`. */
  readonly hint?: string
}
export type Options = Readonly<Record<string, Option>>

export interface Parsed {
  readonly values: Readonly<Record<string, string | boolean | undefined>>
  readonly positionals: readonly string[]
  /** What was given of options that may be given several times, in order. */
  readonly lists?: Readonly<Record<string, readonly string[]>>
}

export interface Command {
  readonly name: string
  readonly summary: string
  /** e.g. `RUN [--json]`, after the verb. */
  readonly usage: string
  /** More words for `--help`: examples, notes. */
  readonly details?: string
  /** Positional words taken at most. */
  readonly positionals: number
  /** Options may depend on other words, as a team's settings do. */
  readonly options: (words: readonly string[]) => Promise<Options>
  readonly run: (parsed: Parsed) => Promise<number>
}

/** Exit codes, for scripts. */
export const EXIT = {
  ok: 0,
  /** The run ended without its output: failed, timed out or was cancelled. Or a model or a deployed team did not answer, or refused. */
  runFailed: 1,
  /** The words, the input or the team file are wrong. */
  usage: 2,
  notFound: 3,
  /** Somebody else is at it, or it is over already. */
  conflict: 4,
  /** A fault of Baton itself. */
  internal: 70,
  /** Ctrl-C: nothing is lost, `baton resume` goes on. */
  interrupted: 130,
} as const

export const HELP: Options = { help: { type: 'boolean', short: 'h', description: 'Show this help.' } }
export const JSON_OPTION: Options = { json: { type: 'boolean', description: 'Print JSON (events as JSON Lines).' } }

/** @throws InvalidRequest for an unknown option or a word too many. */
export async function parseCommand(command: Command, words: readonly string[]): Promise<Parsed> {
  const options = { ...(await command.options(words)), ...HELP }
  const config = Object.fromEntries(
    Object.entries(options).map(([name, { type, short, multiple }]) => [
      name,
      { type, ...(short !== undefined && { short }), ...(multiple && { multiple }) },
    ]),
  )
  try {
    const { values, positionals } = parseArgs({ args: [...words], options: config, allowPositionals: true })
    if (positionals.length > command.positionals)
      throw new Error(`Unexpected word ${JSON.stringify(positionals.at(-1))}`)
    const given = Object.entries(values as Record<string, string | boolean | string[]>)
    const lists = Object.fromEntries(given.filter((entry): entry is [string, string[]] => Array.isArray(entry[1])))
    return {
      values: Object.fromEntries(given.filter(([name]) => !(name in lists))) as Parsed['values'],
      positionals,
      lists,
    }
  } catch (error) {
    const known = Object.keys(options).map((name) => `--${name}`)
    throw new InvalidRequest({
      message: `${(error as Error).message.replace(/\. To specify .*$/s, '')}. baton ${command.name} knows ${known.join(', ')}`,
      next: `baton ${command.name} --help`,
      cause: error,
    })
  }
}

export async function helpOf(command: Command, words: readonly string[]): Promise<string> {
  const options = Object.entries({ ...(await command.options(words)), ...HELP })
  const labels = options.map(([name, { type, short, hint }]) => {
    const value = type === 'string' ? ` <${hint ?? name}>` : ''
    return `${short ? `-${short}, ` : ''}--${name}${value}`
  })
  const width = Math.max(...labels.map((label) => label.length))
  const lines = options.map(([, { description }], i) => `  ${(labels[i] ?? '').padEnd(width)}  ${description}`)
  return printable(
    [
      `baton ${command.name} ${command.usage}`,
      '',
      command.summary,
      ...(command.details ? ['', command.details] : []),
      '',
      'Options',
      ...lines,
    ].join('\n'),
  )
}
