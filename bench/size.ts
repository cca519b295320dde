/** Sizes: the bundle of a Lambda function with one agent, and what `npm start` needs besides Node. */
import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { figure, heading } from './report.ts'

heading('size')
const { metafile } = await build({
  entryPoints: ['bench/one-agent-function.ts'],
  bundle: true,
  minify: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  mainFields: ['module', 'main'],
  write: false,
  metafile: true,
  logLevel: 'error',
})
const [bundle] = Object.values(metafile.outputs)
const sdk = Object.entries(bundle?.inputs ?? {}).filter(([file]) =>
  /node_modules\/@(aws-sdk|smithy|aws-crypto|aws)\//.test(file),
)
figure('one-agent Lambda bundle, minified, SDK inside', (bundle?.bytes ?? 0) / 1_000, 'kB', 650)
figure('of which the AWS SDK', sdk.reduce((sum, [, { bytesInOutput }]) => sum + bytesInOutput, 0) / 1_000, 'kB')

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly devOptional?: boolean }>>
}
const needed = Object.entries(lock.packages).filter(
  ([path, { dev, devOptional }]) => path !== '' && !dev && !devOptional,
)
const bytes = needed.reduce((sum, [path]) => sum + sizeOf(path), sizeOf('dist'))
figure(`what npm start needs besides Node: dist and ${needed.length} packages`, bytes / 1_000_000, 'MB', 80)

function sizeOf(path: string): number {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (!stats) return 0
  if (!stats.isDirectory()) return stats.size
  return readdirSync(path)
    .filter((name) => name !== 'node_modules')
    .reduce((sum, name) => sum + sizeOf(join(path, name)), 0)
}
