/** Writes statemachines/*.asl.json anew: the compiled definition of each workflow that the project ships or tests. */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Team } from '../src/define/team.ts'
import { compile } from '../src/workflow/compile.ts'

const root = join(import.meta.dirname, '..')
const folder = join(root, 'statemachines')

/** File name → text, for every golden file that there should be. */
export async function goldenFiles(): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>()
  for (const team of await goldenTeams()) {
    for (const [name, { definition }] of compile(team)) {
      files.set(`${team.name}.${name}.asl.json`, `${JSON.stringify(definition, null, 2)}\n`)
    }
  }
  return files
}

export async function goldenTeams(): Promise<readonly Team[]> {
  const examples = join(root, 'examples')
  const found = existsSync(examples) ? readdirSync(examples).sort() : []
  const teams = [join(root, 'test/golden/patterns.team.ts'), ...found.map((name) => join(examples, name, 'team.ts'))]
  const modules = await Promise.all(teams.filter(existsSync).map((file) => import(pathToFileURL(file).href)))
  return modules.map((module: { readonly default: Team }) => module.default)
}

if (import.meta.main) {
  mkdirSync(folder, { recursive: true })
  const files = await goldenFiles()
  for (const old of readdirSync(folder)) if (old.endsWith('.asl.json') && !files.has(old)) rmSync(join(folder, old))
  for (const [name, text] of files) writeFileSync(join(folder, name), text)
  console.log(`wrote ${files.size} definitions to statemachines/`)
}
