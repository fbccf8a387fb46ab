/** Ways B and C: the compiled WeChat package in Chromium on glass-easel, and in jsdom with WeChat's own compiler. */
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    include: ['test/easel/**/*.test.ts', 'test/jsdom/**/*.test.ts', 'test/package.test.ts'],
    globalSetup: ['test/build.ts'],
    reporters: ['basic'],
    environment: 'node',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Two browsers at a time are enough for two cores.
    poolOptions: { forks: { maxForks: 2, minForks: 1 } },
    pool: 'forks',
  },
})
