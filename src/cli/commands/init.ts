import { basename, resolve } from 'node:path'
import { InvalidRequest } from '../../errors.ts'
import { type Command, EXIT, JSON_OPTION } from '../command.ts'
import { jsonText } from '../format.ts'
import { dependencyOn, packageRoot } from '../init/package-root.ts'
import { examplesIn, projectFiles } from '../init/project-files.ts'
import { writeProject } from '../init/write-project.ts'
import { text } from '../session.ts'

const DEFAULT_EXAMPLE = 'research'

/** `baton init`: a project of one's own from an example. */
export const init: Command = {
  name: 'init',
  summary: 'Makes a project of your own from an example: a team, its input, tests, a CDK app. It runs offline at once.',
  usage: 'DIR [--example NAME]',
  details: `Examples: ${examplesIn(packageRoot()).join(', ')}. Nothing is written where DIR holds something already.`,
  positionals: 1,
  options: async () => ({
    example: { type: 'string', hint: 'NAME', description: `Which example to start from. Default: ${DEFAULT_EXAMPLE}` },
    ...JSON_OPTION,
  }),
  async run({ values, positionals: [named] }) {
    const root = packageRoot()
    const example = text(values, 'example') ?? DEFAULT_EXAMPLE
    const examples = examplesIn(root)
    if (!examples.includes(example)) {
      const message = `there is no example ${JSON.stringify(example)}`
      throw new InvalidRequest({ message, next: `Name one of: ${examples.join(', ')}` })
    }
    const folder = resolve(named ?? '.')
    if (named === undefined || folder === process.cwd()) {
      throw new InvalidRequest({ message: 'no folder is named, or the one you are in', next: 'baton init my-team' })
    }
    const files = projectFiles({ root, example, name: nameOf(folder), baton: dependencyOn(root, folder) })
    writeProject(folder, files)
    const written = [...files.keys()]
    const next = [`cd ${named}`, 'npm install', 'npm start', 'npm test', 'npx cdk deploy --outputs-file outputs.json']
    if (values['json']) process.stdout.write(`${jsonText({ folder, example, files: written, next })}\n`)
    else
      process.stdout.write(
        [`${folder}, from the example ${example}:`, ...written, '', 'next', ...next, ''].join('\n  '),
      )
    return EXIT.ok
  },
}

/** As npm takes names. */
function nameOf(folder: string): string {
  const plain = basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+|-+$/g, '')
  return plain === '' ? 'my-team' : plain.slice(0, 100)
}
