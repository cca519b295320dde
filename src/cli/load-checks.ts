/** What right outputs are, from a file: JSON, or a module that exports it by default. */
import { resolve } from 'node:path'
import { type Checks, readChecks } from '../audit/explain/checks.ts'
import { InvalidRequest } from '../errors.ts'
import { parseJson } from '../schema/parse-json.ts'
import { readText } from './explained-run.ts'
import { importDefault } from './load-team.ts'

/** @throws InvalidRequest for a file that cannot be read, or holds no checks. */
export async function loadChecks(file: string): Promise<Checks> {
  if (/\.[cm]?[jt]s$/.test(file)) return readChecks(await importDefault(resolve(file)))
  const parsed = parseJson(readText(file))
  if (parsed.ok) return readChecks(parsed.value)
  throw new InvalidRequest({
    message: `${file} is no JSON: ${parsed.message}`,
    next: 'Give JSON, or a .ts or .js module.',
  })
}
