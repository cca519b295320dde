/**
 * A team's file with all that it imports, as one module: what a release runs later, whatever became of the sources and of
 * the installed packages. Node's own modules stay outside, and `baton`, whose parts are those of the process that runs it.
 */
import { basename, dirname } from 'node:path'
import type { BuildOptions, BuildResult } from 'esbuild'
import { InvalidDefinition, InvalidRequest } from '../../errors.ts'

/** `require` for packages that are no ES modules. */
const BANNER = "import { createRequire } from 'node:module';const require = createRequire(import.meta.url);"

/**
 * The same sources give the same bytes, wherever they lie.
 * @param file Absolute.
 * @throws InvalidRequest where esbuild is not installed; InvalidDefinition for a team that cannot be bundled.
 */
export async function bundleTeam(file: string): Promise<Uint8Array> {
  const { outputFiles } = await build(file, {
    entryPoints: [file],
    absWorkingDir: dirname(file),
    outfile: 'team.mjs',
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    mainFields: ['module', 'main'],
    conditions: ['module'],
    external: ['baton', 'baton/*'],
    loader: { '.md': 'text', '.txt': 'text' },
    keepNames: true,
    legalComments: 'none',
    sourcemap: false,
    banner: { js: BANNER },
    logLevel: 'silent',
  })
  return outputFiles?.[0]?.contents ?? new Uint8Array()
}

async function build(file: string, options: BuildOptions): Promise<BuildResult> {
  const esbuild = await loadEsbuild()
  try {
    return await esbuild.build(options)
  } catch (error) {
    throw notBundled(file, error)
  }
}

async function loadEsbuild(): Promise<typeof import('esbuild')> {
  try {
    return await import('esbuild')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause
    throw new InvalidRequest({
      message: 'A release is one file, which esbuild makes, and esbuild is not installed. Nothing was released',
      next: 'Install it beside Baton, then release again: npm i -D esbuild',
      cause,
    })
  }
}

interface BuildError {
  readonly text: string
  readonly location: { readonly file: string; readonly line: number } | null
}

function notBundled(file: string, error: unknown): InvalidDefinition {
  const { errors = [], message } = error as Error & { readonly errors?: readonly BuildError[] }
  const remedy = 'correct it; a package that the team imports must be installed beside it'
  const issues = errors.map(({ text, location }) => ({
    path: location === null ? basename(file) : `${location.file}:${location.line}`,
    message: text,
    remedy,
  }))
  return new InvalidDefinition(
    `the bundle of ${file}`,
    issues.length > 0 ? issues : [{ path: basename(file), message, remedy }],
  )
}
