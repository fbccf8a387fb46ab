/** A phone in a headless Chromium that is photographed: light, dark, large. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { executablePath, handset, quietly } from '../chromium'

const screen = handset.viewport
/** How long the phone waits for what a picture is to show. */
const waitMS = 20_000
/** In the middle of Kunming, near the demonstration station. */
const here = { latitude: 25.0431, longitude: 102.7189 }
/** As many colours as the pages need: a third of the bytes. */
const colours = '160'

/** A browser that has a microphone and a camera of its own making. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [...quietly, '--force-color-profile=srgb', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'],
  })
}

/** What a phone is set to. */
export interface Phone {
  /** Whether it tells where it is. */
  located: boolean
  /** Whether the driver chose large type. */
  large?: boolean
  /** The session of a driver who signed in on another phone: the pages' storage. */
  storage?: Record<string, string>
}

/** One phone, and the folder its pictures go to. */
export class Camera {
  /** What the pages threw: a picture of a broken page is none. */
  readonly faults: string[] = []

  private constructor(
    private readonly context: BrowserContext,
    readonly page: Page,
    private readonly site: string,
    private readonly folder: string,
  ) {}

  /** Switches a phone on at the first page. */
  static async open(browser: Browser, site: string, folder: string, phone: Phone): Promise<Camera> {
    const context = await browser.newContext({
      ...handset,
      colorScheme: 'light',
      geolocation: here,
      permissions: phone.located ? ['geolocation', 'microphone'] : ['microphone'],
    })
    const kept = { ...phone.storage }
    if (phone.large) kept['forecourt.settings'] = JSON.stringify({ dark: 'auto', large: 'on' })
    await context.addInitScript((items) => {
      for (const [name, value] of Object.entries(items)) if (localStorage.getItem(name) === null) localStorage.setItem(name, value)
    }, kept)
    const camera = new Camera(context, await context.newPage(), site, folder)
    camera.page.setDefaultTimeout(waitMS)
    camera.page.on('pageerror', (e) => camera.faults.push(e.message))
    await camera.page.goto(site)
    return camera
  }

  /** Switches it off. */
  async close(): Promise<void> {
    await this.context.close()
    if (this.faults.length) throw new Error(`the pages threw: ${this.faults.join('; ')}`)
  }

  /** Goes to a page as a tap would. */
  async go(path: string): Promise<void> {
    await this.page.evaluate((to) => {
      location.hash = to
    }, path)
  }

  /** A picture that the phone's camera might have taken. */
  async drawn(svg: string): Promise<Buffer> {
    const page = await this.context.newPage()
    await page.setViewportSize({ width: 320, height: 240 })
    await page.setContent(`<body style="margin:0">${svg}</body>`)
    const picture = await page.screenshot()
    await page.close()
    return picture
  }

  /** What the pages keep on the phone. */
  storage(): Promise<Record<string, string>> {
    return this.page.evaluate(() => ({ ...localStorage }) as unknown as Record<string, string>)
  }

  /** Waits until the page in front shows a text or an element. */
  async sees(what: string): Promise<void> {
    const found = what.startsWith('#') ? this.page.locator(`${what}:visible`) : this.page.locator(`text=${what} >> visible=true`)
    await found.first().waitFor()
  }

  /** Takes a picture in both themes; a tall one shows the page down to its end. */
  async both(name: string, tall = false): Promise<void> {
    await this.take(name, tall)
    await this.page.emulateMedia({ colorScheme: 'dark' })
    await this.page.locator('.page.dark:visible').first().waitFor()
    await this.take(`${name}-dark`, tall)
    await this.page.emulateMedia({ colorScheme: 'light' })
    await this.page.locator('.page:not(.dark):visible').first().waitFor()
  }

  /** Takes one picture, when what moves has come to rest. */
  async take(name: string, tall = false): Promise<void> {
    // A screen as long as the page, so that what is fixed to its end stays there.
    if (tall) await this.page.setViewportSize({ ...screen, height: Math.max(screen.height, await this.length()) })
    await this.settle()
    const file = join(this.folder, `${name}.png`)
    await this.page.screenshot({ path: file, caret: 'hide' })
    execFileSync('convert', [file, '-dither', 'None', '-colors', colours, '-strip', file])
    if (tall) await this.page.setViewportSize(screen)
  }

  /** How long the page in front is, in CSS pixels. */
  private length(): Promise<number> {
    return this.page.evaluate(() => document.documentElement.scrollHeight)
  }

  /** Waits until the fonts are there and nothing moves that ends by itself. */
  private async settle(): Promise<void> {
    await this.page.evaluate(async () => {
      await document.fonts.ready
      const ending = document.getAnimations().filter((a) => a.effect?.getComputedTiming().iterations !== Infinity)
      await Promise.all(ending.map((a) => a.finished.catch(() => undefined)))
      // Canvases are drawn one frame after what they show.
      for (let i = 0; i < 4; i++) await new Promise((next) => requestAnimationFrame(next))
    })
  }
}
