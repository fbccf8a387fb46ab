/** Around all files of the browser's tests: the build, one stage, one Chromium, and what they came to. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { browser, site } from '../build'
import { executablePath, quietly } from '../chromium'
import { openStage, type Addresses } from '../stage'
import { report } from './tally'

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the stage's parts are. */
    stage: Addresses
    /** Where the browser takes connections. */
    chromium: string
    /** The file the tally is written to. */
    tally: string
  }
}

export default async function setup({ provide }: { provide(key: string, value: unknown): void }): Promise<() => Promise<void>> {
  browser()
  const dir = mkdtempSync(join(tmpdir(), 'browser-'))
  const tally = join(dir, 'tally')
  const [stage, server] = await Promise.all([
    openStage({ site }),
    chromium.launchServer({ executablePath, headless: true, host: '127.0.0.1', args: [...quietly, '--use-fake-device-for-media-stream'] }),
  ])
  provide('stage', stage.at)
  provide('chromium', server.wsEndpoint())
  provide('tally', tally)
  return async () => {
    report(tally)
    await server.close()
    await stage.close()
    rmSync(dir, { recursive: true, force: true })
  }
}
