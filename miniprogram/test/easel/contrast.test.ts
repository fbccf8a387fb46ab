/** What is written on every page reads on its ground, in both themes: asked of the browser that drew it. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { contrast, largeNeeds, textNeeds, type RGB } from '../../src/theme/contrast'
import { dist } from '../build'
import { saleID, stationID } from '../fixtures'
import { clean, openBoth, signedIn, until, type Both } from './both'
import { configOf, pagesOf } from './compile'

let both: Both
beforeAll(async () => {
  both = await openBoth()
})
afterAll(() => both?.close())

/** What pages are about that are about something. */
const queries: Record<string, string> = {
  'pkg-station/station': `?station=${stationID}`,
  'pkg-chat/chat': `?station=${stationID}`,
  'pkg-records/record': `?sale=${saleID(3)}`,
  'pkg-records/evidence': `?sale=${saleID(3)}`,
}

/** A text with its colour, the ground it stands on, and whether it counts as large. */
interface Written {
  text: string
  colour: RGB
  ground: RGB
  large: boolean
}

/** Runs in the browser: every text to be seen on the page in front, but for what may not be tapped now. */
function written(): Written[] {
  const numbers = (colour: string) => (colour.match(/[\d.]+/g) ?? []).map(Number)
  const chain = (e: Element | null): Element[] => (e ? [e, ...chain(e.parentElement)] : [])
  const walker = document.createTreeWalker(document.querySelector('.mp-page:not([hidden])')!, NodeFilter.SHOW_TEXT)
  const found: Written[] = []
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const text = node.textContent!.trim()
    const element = node.parentElement!
    if (!text || !element.checkVisibility()) continue
    const styles = chain(element).map((e) => getComputedStyle(e))
    if (styles.some((s) => Number(s.opacity) < 1)) continue
    // A gradient is no one colour: tokens.test.ts has its two ends.
    const painted = styles.find((s) => s.backgroundImage.includes('gradient') || numbers(s.backgroundColor)[3] !== 0)
    if (!painted || painted.backgroundImage.includes('gradient')) continue
    const size = parseFloat(styles[0]!.fontSize)
    const large = size >= 24 || (size >= 18.66 && Number(styles[0]!.fontWeight) >= 700)
    found.push({ text, colour: numbers(styles[0]!.color).slice(0, 3) as RGB, ground: numbers(painted.backgroundColor).slice(0, 3) as RGB, large })
  }
  return found
}

const themes = [['light', 'off'], ['dark', 'on']] as const
test.each(themes)('in the %s theme', async (_, dark) => {
  const { stand } = both
  await stand.start(undefined, { ...signedIn, 'forecourt.settings': JSON.stringify({ dark, large: 'off' }) })
  const weak: string[] = []
  for (const page of pagesOf(configOf(dist))) {
    await stand.page.evaluate((url) => (window as unknown as { wx: { reLaunch(o: object): Promise<unknown> } }).wx.reLaunch({ url }), `/${page}${queries[page] ?? ''}`)
    await stand.waitForPage(page)
    await until(async () => (await stand.find('.bone').count()) === 0 && (await stand.text()).trim() !== '', `${page} drawn`)
    const all = await stand.page.evaluate(written)
    expect(all.length, page).toBeGreaterThan(0)
    for (const w of all) {
      const ratio = contrast(w.colour, w.ground)
      if (ratio < (w.large ? largeNeeds : textNeeds)) weak.push(`${page}: "${w.text}" ${w.colour.join()} on ${w.ground.join()}: ${ratio.toFixed(2)}`)
    }
  }
  expect(weak).toEqual([])
  await clean(stand)
})
