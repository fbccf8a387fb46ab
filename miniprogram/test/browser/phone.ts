/** A phone of the browser's kind before the pages of the stage, and what tests do with it. */
import { basename } from 'node:path'
import { chromium, type Browser, type BrowserContext, type CDPSession, type Locator, type Page } from 'playwright-core'
import { expect, inject } from 'vitest'
import { handset } from '../chromium'
import { Stage } from '../stage'
import { allPages, note } from './tally'

const waitMS = 6000

/** The stage of this run, which setup.ts closes; its orders are house/cmd/stage/orders.go's. */
export const stage = new Stage(inject('stage'))

/** Where a phone is, in degrees. */
export interface Place {
  latitude: number
  longitude: number
}

/** How a phone is set. */
export interface Options {
  /** Where it is; "denied" if its owner does not say so, "absent" if it cannot find itself. Denied unless given. */
  place?: Place | 'denied' | 'absent'
  /** Whether pages may record; a phone with a tone of its own. Not unless given. */
  microphone?: boolean
  theme?: 'light' | 'dark'
  /** What localStorage has from before: the framework keeps each value as {"type":…,"data":…}. */
  storage?: Record<string, string>
  /** Another context of the same phone, for a second tab: it shares what is kept. */
  beside?: Phone
}

let browser: Promise<Browser> | undefined
/** One connection a file; it ends with the process of the tests. */
const connected = () => (browser ??= chromium.connect(inject('chromium')))

/** Opens a phone; close it when done. Nothing is shown until go(). */
export async function openPhone(options: Options = {}): Promise<Phone> {
  const context = options.beside?.context ?? (await newContext(options))
  const phone = new Phone(context, await context.newPage(), !options.beside)
  await phone.prepare(options)
  return phone
}

async function newContext(options: Options): Promise<BrowserContext> {
  const place = typeof options.place === 'object' ? options.place : undefined
  const permissions = [...(place || options.place === 'absent' ? ['geolocation'] : []), ...(options.microphone ? ['microphone'] : [])]
  return (await connected()).newContext({
    ...handset,
    colorScheme: options.theme ?? 'light',
    acceptDownloads: true,
    permissions,
    geolocation: place,
  })
}

/** A phone and everything a test does with it. */
export class Phone {
  /** Every URL the pages asked for, sockets included. */
  readonly requests: string[] = []
  /** What was sent with requests: addresses, bodies, and what went through sockets. */
  readonly sent: string[] = []
  /** The pages that were shown, as pages.json names them, in their order. */
  readonly visited: string[] = []
  /** What went wrong: errors of the pages and what the browser's policy forbade. */
  readonly faults: string[] = []
  private cdp?: CDPSession
  private readonly origin = inject('stage').plain

  constructor(
    readonly context: BrowserContext,
    /** The browser's page, for what the helpers do not do. */
    readonly page: Page,
    private readonly first: boolean,
  ) {
    page.setDefaultTimeout(waitMS)
    page.on('request', (r) => {
      this.requests.push(r.url())
      this.sent.push(`${r.url()} ${r.postData() ?? ''}`)
    })
    page.on('websocket', (w) => {
      this.requests.push(w.url())
      w.on('framesent', (f) => this.sent.push(String(f.payload)))
    })
    page.on('pageerror', (e) => this.faults.push(`page: ${e.stack ?? e.message}`))
    page.on('console', (m) => {
      // A request that fails is the program's to show; only what its own code complains of counts.
      if (m.type() === 'error' && !/^Failed to load resource|WebSocket connection to/.test(m.text())) this.faults.push(`console: ${m.text()}`)
    })
    page.on('framenavigated', () => this.arrived())
  }

  /** Sets what must be there before the first page. */
  async prepare(options: Options): Promise<void> {
    await this.page.exposeBinding('__violated', (_, what: string) => this.faults.push(`policy: ${what}`))
    await this.page.addInitScript(
      ([kept, absent]) => {
        const told = window as unknown as { __violated(what: string): void }
        document.addEventListener('securitypolicyviolation', (e) => told.__violated(`${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`))
        // Once a tab, and not on the blank page between two: it has no storage.
        if (location.protocol === 'http:' && !sessionStorage.getItem('__kept')) {
          sessionStorage.setItem('__kept', '1')
          for (const [k, v] of Object.entries(kept as Record<string, string>)) localStorage.setItem(k, v)
        }
        // A phone without a receiver: it may be asked and finds nothing.
        if (absent) navigator.geolocation.getCurrentPosition = (_ok, fail) => fail?.({ code: 2, message: 'no position' } as GeolocationPositionError)
      },
      [options.storage ?? {}, options.place === 'absent'] as const,
    )
    this.cdp = await this.context.newCDPSession(this.page)
  }

  private arrived(): void {
    const url = this.page.url()
    if (!url.startsWith('http')) return
    const path = new URL(url).hash.replace(/^#?\/?/, '').replace(/\?.*/, '') || allPages[0]!
    if (this.visited.at(-1) !== path) this.visited.push(path)
  }

  /** The page in front, as pages.json names it. */
  get front(): string {
    return this.visited.at(-1) ?? ''
  }

  /** Opens a page by its address ("/pages/me/me"), from the program's beginning as a link does. */
  async go(path = '/'): Promise<void> {
    await this.page.goto('about:blank')
    await this.page.goto(`${this.origin}/m/#${path}`)
    await this.find('uni-page-body').first().waitFor()
  }

  /** Goes to a page within the running program; what lies below stays. */
  async turn(path: string): Promise<void> {
    await this.page.goto(`${this.origin}/m/#${path}`)
  }

  /** Goes one page back, as the phone's own button does. */
  async back(): Promise<void> {
    await this.page.goBack()
  }

  /** Waits until a page is in front. */
  async waitForPage(path: string, ms = waitMS): Promise<void> {
    await until(() => this.front === path, `the page ${path} came`, ms)
  }

  /** What a selector names, to be seen or not. */
  find(selector: string): Locator {
    return this.page.locator(selector)
  }

  /** All that can be read on the screen. */
  text(): Promise<string> {
    return this.page.locator('body').innerText()
  }

  /** The text of one element. */
  read(selector: string): Promise<string> {
    return this.find(selector).filter({ visible: true }).first().innerText()
  }

  /** Waits until the screen shows a text, or what a pattern matches; the text of one element if a selector is given. */
  async waitFor(text: string | RegExp, ms = waitMS, selector = 'body'): Promise<void> {
    const shows = (t: string) => (typeof text === 'string' ? t.includes(text) : text.test(t))
    const read = () => this.find(selector).filter({ visible: true }).first().innerText({ timeout: ms })
    await until(async () => shows(await read().catch(() => '')), `"${String(text)}" came`, ms).catch(async (e: Error) => {
      throw new Error(`${e.message}\nThe screen shows:\n${await this.text().catch(() => '')}\n${this.faults.join('\n')}`)
    })
  }

  /** Taps what a selector names. */
  async tap(selector: string): Promise<void> {
    await this.find(selector).filter({ visible: true }).first().tap()
  }

  /** Taps a tab of the bar by its text. */
  async tab(text: string): Promise<void> {
    await this.page.locator('uni-tabbar .uni-tabbar__item', { hasText: text }).tap()
  }

  /** Types into a field, over what stands there. */
  async input(selector: string, value: string): Promise<void> {
    await this.find(selector).filter({ visible: true }).first().locator('input,textarea').fill(value)
  }

  /** How many pixels of a canvas are drawn on. */
  ink(selector: string): Promise<number> {
    return this.find(`${selector} canvas`).first().evaluate((node) => {
      const canvas = node as HTMLCanvasElement
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height)
      return data.filter((v, i) => i % 4 === 3 && v > 0).length
    })
  }

  /** What the browser saves as a file because of an act. */
  async saved(act: () => Promise<void>): Promise<{ name: string; content: Buffer }> {
    const [file] = await Promise.all([this.page.waitForEvent('download'), act()])
    const parts: Buffer[] = []
    for await (const part of (await file.createReadStream()) as unknown as AsyncIterable<Buffer>) parts.push(part)
    return { name: file.suggestedFilename(), content: Buffer.concat(parts) }
  }

  /** Signs in through the login page with the code that was sent. The page in front is home afterwards. */
  async signIn(phone: string): Promise<void> {
    await this.go('/pkg-account/login')
    await this.tap('#agree')
    await this.input('#phone', phone)
    await this.tap('#send-code')
    let code = ''
    await until(async () => (code = (await stage.order<{ code: string }>('code', { phone })).code) !== '', `a code for ${phone} was sent`)
    await this.input('#code', code)
    await this.tap('#login')
    await this.waitForPage('pages/home/home')
  }

  /** Takes the network away, or brings it back. */
  async offline(off: boolean): Promise<void> {
    await this.context.setOffline(off)
  }

  /** The phone goes into a pocket: the page is told, and then nothing in it runs any more. */
  async sleep(): Promise<void> {
    await this.turnedTo('hidden')
    await this.cdp!.send('Page.setWebLifecycleState', { state: 'frozen' })
  }

  /** And out of it. */
  async wake(): Promise<void> {
    await this.cdp!.send('Page.setWebLifecycleState', { state: 'active' })
    await this.turnedTo('visible')
  }

  private async turnedTo(state: 'hidden' | 'visible'): Promise<void> {
    await this.page.evaluate((s) => {
      Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => s })
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => s === 'hidden' })
      document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))
    }, state)
  }

  /** The requests that went to other hosts than the stage's. */
  get elsewhere(): string[] {
    const host = new URL(this.origin).host
    return this.requests.filter((u) => !/^(data|blob|about):/.test(u) && new URL(u).host !== host)
  }

  /** Closes it and adds what it did to the tally. */
  async close(): Promise<void> {
    note(inject('tally'), {
      file: basename(expect.getState().testPath ?? ''),
      pages: [...new Set(this.visited)],
      requests: this.requests.length,
      elsewhere: this.elsewhere,
    })
    if (this.first) await this.context.close()
    else await this.page.close()
  }
}

/** Nothing went wrong on a phone, and no other host was asked. */
export function clean(phone: Phone): void {
  expect(phone.faults).toEqual([])
  expect(phone.elsewhere).toEqual([])
  expect(phone.requests.length).toBeGreaterThan(0)
}

/** Waits until something is so; asked again and again. */
export async function until(so: () => boolean | Promise<boolean>, what: string, ms = waitMS): Promise<void> {
  const end = Date.now() + ms
  while (!(await so())) {
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`)
    await new Promise((done) => setTimeout(done, 20))
  }
}
