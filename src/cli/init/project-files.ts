/** The files of a user's own project, made of an example that ships with the package. Reads, and writes nothing. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import * as z from 'zod'
import packageFile from '../../../package.json' with { type: 'json' }

const Example = z.strictObject({
  start: z.string().describe('words after `baton run` with which it runs at once'),
  deployed: z.string().optional().describe('folder that goes along with the code of a deployed team'),
})

/** Names of the examples: folders with a team and what to start it with. */
export function examplesIn(root: string): string[] {
  const folder = join(root, 'examples')
  if (!existsSync(folder)) return []
  const isExample = (name: string) => ['team.ts', 'example.json'].every((file) => existsSync(join(folder, name, file)))
  return readdirSync(folder).filter(isExample).sort()
}

interface Project {
  /** Of the package. */
  readonly root: string
  readonly example: string
  /** Of the project. */
  readonly name: string
  /** What `dependencies` says of the package. */
  readonly baton: string
}

const TOOLS = ['@types/node', 'aws-cdk', 'aws-cdk-lib', 'constructs', 'esbuild', 'typescript', 'vitest'] as const
const SKIPPED = /(?:^|\/)(?:node_modules|\.baton|cdk\.out)(?:\/|$)|^example\.json$/

/** Path → content, in the order of their names. */
export function projectFiles({ root, example, name, baton }: Project): ReadonlyMap<string, string | Uint8Array> {
  const folder = join(root, 'examples', example)
  const { start, deployed } = Example.parse(JSON.parse(readFileSync(join(folder, 'example.json'), 'utf8')))
  const files = new Map<string, string | Uint8Array>()
  for (const path of pathsIn(folder)) files.set(path, readFileSync(join(folder, path)))
  const readme = readFileSync(join(folder, 'README.md'), 'utf8')
  files.set('README.md', `${inProject(readme, example)}\n${PROJECT_README}`)
  files.set('app.ts', appFile(readFileSync(join(root, 'infra/app.ts'), 'utf8')))
  files.set('package.json', json(packageOf(name, start, baton)))
  files.set('cdk.json', json({ app: 'node app.ts', output: 'cdk.out', context: contextOf(deployed) }))
  files.set('tsconfig.json', json(TSCONFIG))
  files.set('vitest.config.ts', VITEST_CONFIG)
  files.set('.gitignore', 'node_modules/\n.baton/\ncdk.out/\noutputs.json\n')
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)))
}

function pathsIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => relative(folder, join(folder, path)).replaceAll('\\', '/'))
    .filter((path) => !SKIPPED.test(path) && statSync(join(folder, path)).isFile())
}

/** An example speaks of itself as a folder of the package; a project is at its root. */
function inProject(text: string, example: string): string {
  return text
    .replaceAll(` --team examples/${example}/team.ts`, '')
    .replaceAll(` -c team=examples/${example}/team.ts`, '')
    .replaceAll(/npx vitest run examples\/[a-z-]+/g, 'npm test')
    .replaceAll(`examples/${example}/`, '')
    .replaceAll(/\[([^\]]+)\]\(\.\.\/[^)]*\)/g, '$1')
}

function appFile(text: string): string {
  return text
    .replace(/^\/\*\*.*\*\/$/m, '/** The CDK app: `npx cdk deploy -c stage=dev|prod`. */')
    .replace("'examples/research/team.ts'", "'team.ts'")
}

function packageOf(name: string, start: string, baton: string) {
  const versions: Readonly<Record<string, string>> = packageFile.devDependencies
  return {
    name,
    version: '0.1.0',
    private: true,
    type: 'module',
    engines: packageFile.engines,
    scripts: { start: `baton run ${start}`.trim(), test: 'vitest run', check: 'tsc -p .' },
    dependencies: { baton, zod: packageFile.dependencies.zod },
    devDependencies: Object.fromEntries(TOOLS.map((tool) => [tool, versions[tool]])),
  }
}

function contextOf(deployed: string | undefined): Readonly<Record<string, string | boolean>> {
  return {
    ...(deployed === undefined ? {} : { documents: deployed }),
    '@aws-cdk/core:stackRelativeExports': true,
    '@aws-cdk/aws-apigateway:disableCloudWatchRole': true,
    '@aws-cdk/aws-lambda:recognizeLayerVersion': true,
  }
}

const TSCONFIG = {
  compilerOptions: {
    target: 'es2024',
    lib: ['es2024'],
    module: 'nodenext',
    types: ['node'],
    strict: true,
    noUncheckedIndexedAccess: true,
    verbatimModuleSyntax: true,
    erasableSyntaxOnly: true,
    allowImportingTsExtensions: true,
    resolveJsonModule: true,
    skipLibCheck: true,
    noEmit: true,
  },
  include: ['*.ts'],
}

const VITEST_CONFIG = [
  "import { defineConfig } from 'vitest/config'\n",
  "export default defineConfig({ test: { include: ['*.test.ts'], testTimeout: 30_000 } })\n",
].join('\n')

const PROJECT_README = `## This project

\`\`\`sh
npm start                                            # runs the example, offline
npm test                                             # the team's tests, with scripted and offline models
npm run check                                        # types
npx baton run --help                                 # models, settings, budgets
npx cdk bootstrap                                    # once an account and region
npx cdk deploy --outputs-file outputs.json           # asks before it makes roles
npx baton run --outputs outputs.json                 # the same team, in your account
npx cdk destroy
\`\`\`
`

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}
