/** Where this package lies: its Python and JavaScript files are run from there, whether from source or from a build. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LocalStackUnavailable } from './localstack-unavailable.ts'

/** `dist/localstack/main.js` and its chunks lie at most two folders deep. */
const LEVELS = 4

/** @returns the path of a file of `localstack/host-mode` */
export function hostModeFile(name: string): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  for (let level = 0; level < LEVELS; level += 1, folder = dirname(folder)) {
    const file = join(folder, 'localstack', 'host-mode', name)
    if (existsSync(file)) return file
  }
  throw new LocalStackUnavailable({
    message: `The package lacks localstack/host-mode/${name}, which host mode needs.`,
    next: 'Install the package again.',
  })
}
