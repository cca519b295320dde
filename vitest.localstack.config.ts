import { defineConfig } from 'vitest/config'

/** Tests that need a LocalStack: `npm run test:localstack`, which is part of `npm test`. */
export default defineConfig({
  resolve: { conditions: ['baton-source'] },
  ssr: { resolve: { conditions: ['baton-source'] } },
  test: {
    include: ['test/localstack/*.{test,contract}.ts'],
    globalSetup: 'test/localstack/setup.ts',
    setupFiles: 'test/localstack/each-test.ts',
    testTimeout: 300_000,
    hookTimeout: 300_000,
    pool: 'forks',
    maxWorkers: 2,
    maxConcurrency: 4,
  },
})
