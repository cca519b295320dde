/** Where runs of this machine are kept. Opens nothing. */
import { resolve } from 'node:path'
import { environment } from '../config.ts'
import type { Parsed } from './command.ts'

export function dataFolder(values: Parsed['values']): string {
  const { data } = values
  return resolve((typeof data === 'string' ? data : undefined) ?? environment().BATON_DATA ?? '.baton')
}
