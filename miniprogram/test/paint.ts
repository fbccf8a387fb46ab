/**
 * How soon home is there on a slow phone: cold loads in a Chromium at a quarter
 * of this machine's speed, from a real hub.
 *
 *     npx vite-node test/paint.ts
 */
import { loadavg } from 'node:os'
import type { Browser } from 'playwright-core'
import { handset } from './chromium'
import { openBrowser } from './shots/camera'
import { openStage } from './stage'

const loads = 9
const slowDown = 4
/** What the first paint may take, in ms. */
const limitMS = 1500

/** One load, in ms from the request for the page. */
interface Load {
  paint: number
  price: number
  requests: number
  bytes: number
}

/** Loads home on a phone that was never there. */
async function load(browser: Browser, url: string): Promise<Load> {
  const context = await browser.newContext(handset)
  const page = await context.newPage()
  const cdp = await context.newCDPSession(page)
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: slowDown })
  await cdp.send('Network.enable')
  let requests = 0
  let bytes = 0
  page.on('request', () => requests++)
  cdp.on('Network.loadingFinished', (e) => (bytes += e.encodedDataLength))
  await page.addInitScript(() => {
    const seen = window as unknown as { priceMS?: number }
    new MutationObserver((_, all) => {
      if (!/\d\.\d\d/.test(document.querySelector('#station-price')?.textContent ?? '')) return
      all.disconnect()
      // What the next frame shows was there after it.
      requestAnimationFrame(() => setTimeout(() => (seen.priceMS = performance.now())))
    }).observe(document, { subtree: true, childList: true, characterData: true })
  })
  await page.goto(url)
  await page.waitForFunction(() => (window as unknown as { priceMS?: number }).priceMS !== undefined)
  const price = await page.evaluate(() => (window as unknown as { priceMS: number }).priceMS)
  const paint = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]!.startTime)
  await context.close()
  return { paint, price, requests, bytes }
}

const median = (list: number[]) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]!
const range = (list: number[]) => `median ${Math.round(median(list))} ms, ${Math.round(Math.min(...list))} to ${Math.round(Math.max(...list))}`

const stage = await openStage({ site: process.env.H5_DIST ?? 'dist/build/h5' })
const browser = await openBrowser()
try {
  const all: Load[] = []
  for (let i = 0; i < loads; i++) all.push(await load(browser, `${stage.at.plain}/m/`))
  const paints = all.map((l) => l.paint)
  console.log(`home, ${loads} cold loads at ${slowDown}x slow-down, load average ${loadavg()[0]!.toFixed(1)}`)
  console.log(`  first paint       ${range(paints)}`)
  console.log(`  prices are there  ${range(all.map((l) => l.price))}`)
  console.log(`  until then ${median(all.map((l) => l.requests))} requests, ${Math.round(median(all.map((l) => l.bytes)) / 1024)} KB`)
  if (median(paints) > limitMS) {
    console.error(`the first paint is over ${limitMS} ms`)
    process.exitCode = 1
  }
} finally {
  await browser.close()
  await stage.close()
}
