/** Builds dist/: the library, the CLI, the functions, the constructs and the test kit as ESM with shared chunks, and their type declarations. */
import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { build } from 'esbuild'

rmSync('dist', { recursive: true, force: true })
await build({
  entryPoints: {
    index: 'src/index.ts',
    documents: 'src/documents/index.ts',
    tools: 'src/integrations/index.ts',
    host: 'src/host.ts',
    testing: 'src/testing/index.ts',
    'cli/main': 'src/cli/main.ts',
    functions: 'functions/index.ts',
    infra: 'infra/index.ts',
    'localstack/main': 'localstack/main.ts',
  },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  packages: 'external',
  sourcemap: true,
  logLevel: 'warning',
})
// Exit codes and messages of the compiler go straight to the reader.
execFileSync('node_modules/.bin/tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' })
