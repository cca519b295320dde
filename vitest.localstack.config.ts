import { defineConfig } from 'vitest/config'

/** Tests that need an endpoint of AWS or of an emulator: not part of `npm test`. */
export default defineConfig({
  test: { include: ['test/localstack/**/*.contract.ts'], testTimeout: 60_000, pool: 'forks', maxWorkers: 1 },
})
