/** How a command to paste finds again where a run is: a data folder, or a team that runs elsewhere. Opens nothing. */
import type { Parsed } from './command.ts'
import { dataFolder } from './data-folder.ts'

/** Words that must go with every command, with a space before each; none for what is found without. */
export function placeWords(values: Parsed['values']): string {
  const typed = ['endpoint', 'outputs', 'stack'].map((name) => {
    const value = values[name]
    return typeof value === 'string' ? ` --${name} ${shellWord(value)}` : ''
  })
  const folder = dataFolder(values)
  const data = folder === dataFolder({}) ? '' : ` --data ${shellWord(folder)}`
  return [...typed, values['sign'] === true ? ' --sign' : '', data].join('')
}

/** As a shell reads it back. */
export function shellWord(word: string): string {
  return /^[\w./@%+=:,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

/** Commands that look at one run, at all of them, at versions or at the brakes: `baton resume 20261122-190501-k7mq2a`. */
const COMMANDS = new RegExp(
  [
    String.raw`\bbaton (?:`,
    String.raw`(?:show|events|resume|cancel|budget|effects|messages|state) (?:latest|[\w-]*\d[\w-]*)|runs|versions|`,
    String.raw`approvals(?: [\w-]*\d[\w-]*)?|`,
    String.raw`brake(?: off --(?:fleet|team|(?:agent|workflow) [\w-]+))?`,
    String.raw`)(?![\w-])(?! --(?:data|endpoint|outputs))`,
  ].join(''),
  'g',
)

/**
 * Records and errors advise commands without knowing where the run is: here they get it.
 * @param words As `placeWords` gives them.
 */
export function withPlace(text: string, words: string): string {
  return text.replace(COMMANDS, (command) => `${command}${words}`)
}
