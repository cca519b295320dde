/**
 * Writes statemachines/*.asl.json anew: the compiled definition of each workflow that the project ships or tests; and
 * docs/pictures/*.svg, the pictures of those that the pages on patterns show.
 */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Team } from '../src/define/team.ts'
import { compile } from '../src/workflow/compile.ts'
import { graphOf } from '../src/workflow/graph.ts'
import { svgOf } from '../src/workflow/svg.ts'

const root = join(import.meta.dirname, '..')
const folder = join(root, 'statemachines')
const pictures = join(root, 'docs/pictures')

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

/** Likewise of the pictures: one for each workflow of the teams that show a pattern. */
export async function goldenPictures(): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>()
  for (const team of await teamsIn(patternTeams().filter((file) => !file.endsWith('/patterns.team.ts')))) {
    for (const workflow of team.workflows) files.set(`${team.name}.${workflow.name}.svg`, svgOf(graphOf(workflow)))
  }
  return files
}

export async function goldenTeams(): Promise<readonly Team[]> {
  const examples = join(root, 'examples')
  const found = existsSync(examples) ? readdirSync(examples).sort() : []
  return teamsIn([...patternTeams(), ...found.map((name) => join(examples, name, 'team.ts'))])
}

function patternTeams(): readonly string[] {
  const tests = readdirSync(join(root, 'test/golden')).filter((name) => name.endsWith('.team.ts'))
  return tests.sort().map((name) => join(root, 'test/golden', name))
}

async function teamsIn(files: readonly string[]): Promise<readonly Team[]> {
  const modules = await Promise.all(files.filter(existsSync).map((file) => import(pathToFileURL(file).href)))
  return modules.map((module: { readonly default: Team }) => module.default)
}

if (import.meta.main) {
  write(folder, '.asl.json', await goldenFiles())
  write(pictures, '.svg', await goldenPictures())
}

function write(to: string, ending: string, files: ReadonlyMap<string, string>): void {
  mkdirSync(to, { recursive: true })
  for (const old of readdirSync(to)) if (old.endsWith(ending) && !files.has(old)) rmSync(join(to, old))
  for (const [name, text] of files) writeFileSync(join(to, name), text)
  console.log(`wrote ${files.size} files to ${relative(root, to)}/`)
}
