import { defineConfig } from 'vitest/config'

/** What takes long on LocalStack: `npm run test:scale`. */
export default defineConfig({
  resolve: { conditions: ['baton-source'] },
  ssr: { resolve: { conditions: ['baton-source'] } },
  test: {
    include: ['test/localstack/scale/*.test.ts'],
    globalSetup: 'test/localstack/setup.ts',
    setupFiles: 'test/localstack/each-test.ts',
    testTimeout: 3_600_000,
    hookTimeout: 300_000,
    pool: 'forks',
    maxWorkers: 1,
  },
})
