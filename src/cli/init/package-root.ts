/** Where this very package lies, and how a new project can depend on it. */
import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import * as z from 'zod'
import packageFile from '../../../package.json' with { type: 'json' }
import { InvalidRequest } from '../../errors.ts'

const Installed = z.looseObject({
  packages: z.record(z.string(), z.looseObject({ resolved: z.string().optional(), link: z.boolean().optional() })),
})

/** @throws InvalidRequest where the package was taken apart. */
export function packageRoot(from: string = import.meta.dirname): string {
  for (let folder = from; folder !== dirname(folder); folder = dirname(folder)) {
    const file = join(folder, 'package.json')
    if (existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).name === packageFile.name) return folder
  }
  const message = `no package.json of ${packageFile.name} lies above ${from}`
  throw new InvalidRequest({ message, next: 'Install the package anew: npm install baton' })
}

/**
 * What `dependencies` of a project in `folder` says: the version, or where the package was installed from a file or is a
 * clone, the way there.
 */
export function dependencyOn(root: string, folder: string): string {
  const way = (place: string) => `file:${relative(folder, place) || '.'}`
  const modules = dirname(root)
  if (basename(modules) !== 'node_modules') return way(root)
  const lock = join(modules, '.package-lock.json')
  if (!existsSync(lock)) return packageFile.version
  const installed = Installed.safeParse(JSON.parse(readFileSync(lock, 'utf8')))
  const { resolved } = installed.data?.packages[`node_modules/${packageFile.name}`] ?? {}
  return resolved?.startsWith('file:')
    ? way(resolve(dirname(modules), resolved.slice('file:'.length)))
    : packageFile.version
}
