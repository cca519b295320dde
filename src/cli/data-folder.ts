/** Where runs are kept, and how a command to paste finds the place again. Opens nothing. */
import { resolve } from 'node:path'
import { environment } from '../config.ts'
import type { Parsed } from './command.ts'

export function dataFolder(values: Parsed['values']): string {
  const { data } = values
  return resolve((typeof data === 'string' ? data : undefined) ?? environment().BATON_DATA ?? '.baton')
}

/** What a command to paste needs to find the folder again. */
export function dataWords(folder: string): string {
  if (folder === dataFolder({})) return ''
  return ` --data ${/^[\w./@%+=:,-]+$/.test(folder) ? folder : `'${folder.replaceAll("'", `'\\''`)}'`}`
}

/** Commands that look into the data folder, for one run or for all: `baton resume 20261122-190501-k7mq2a`. */
const COMMANDS = /\bbaton (?:(?:show|events|resume|cancel) (?:latest|[\w-]*\d[\w-]*)|runs)(?![\w-])(?! --data)/g

/** Records and errors advise commands without knowing the folder: here they get it. */
export function withDataWords(text: string, folder: string): string {
  return text.replace(COMMANDS, (command) => `${command}${dataWords(folder)}`)
}
