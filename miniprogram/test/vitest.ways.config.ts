/** Ways B and C: the compiled WeChat package in Chromium on glass-easel, and in jsdom with WeChat's own compiler. */
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    include: ['test/easel/**/*.test.ts', 'test/jsdom/**/*.test.ts'],
    // The tests against a real hub need one: see test/README.md.
    exclude: process.env.HUB_URL && process.env.HUB_CONTROL ? [] : ['test/easel/hub.test.ts'],
    globalSetup: ['test/build.ts'],
    reporters: ['basic'],
    environment: 'node',
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // Two browsers at a time are enough for two cores.
    poolOptions: { forks: { maxForks: 2, minForks: 1 } },
    pool: 'forks',
  },
})
