/**
 * A stand for the compiled WeChat package: a server with the page, which passes
 * /v1 on to a hub, and a headless Chromium that shows it.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request as httpRequest, createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect as connectTCP, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join, normalize } from 'node:path'
import { connect as connectTLS } from 'node:tls'
import { build } from 'esbuild'
import { chromium, type BrowserContext, type Locator, type Page } from 'playwright-core'
import { executablePath, handset, quietly } from '../chromium'
import { bundle, here } from './compile'

/** The hub's address in a package that was built without VITE_HUB. */
const defaultHub = 'https://127.0.0.1:8443'
/** How long what must come may take: far more than it does, for a machine that has other work. */
const waitMS = 10_000
/** The steps of a stopped clock, each with twice the time for what is real; and how far ahead it stops. */
const stepMS = 10
const aheadMS = 1000

/** How a stand is opened. */
export interface Options {
  /** The compiled package: dist/build/mp-weixin. */
  dist: string
  /** The hub's URL; without it every request to /v1 fails, as in a tunnel. */
  hub?: string
  /** What the phone kept from before, by key. */
  storage?: Record<string, unknown>
  /** Answers of APIs instead of their own, from the start. */
  mocks?: Record<string, unknown>
  /** The address the package was built for (VITE_HUB). */
  builtFor?: string
  /** The first page, with its query; the first of app.json otherwise. */
  page?: string
  /** "dark" for a phone set so. */
  theme?: 'light' | 'dark'
}

/** One call of an API of wx. */
export interface Call {
  api: string
  args: Record<string, unknown> & { data?: string }
}

/** Opens a stand; close it when done. */
export async function openEasel(options: Options): Promise<Stand> {
  const server = await serve(options)
  const profile = mkdtempSync(join(tmpdir(), 'easel-'))
  try {
    const context = await chromium.launchPersistentContext(profile, {
      executablePath,
      headless: true,
      args: quietly,
      ...handset,
      colorScheme: options.theme ?? 'light',
    })
    const stand = new Stand(options, server, profile, context)
    await stand.start()
    return stand
  } catch (e) {
    await server.close()
    rmSync(profile, { recursive: true, force: true })
    throw e
  }
}

/** The running program and everything a test does with it. */
export class Stand {
  /** The browser's page, for what the helpers do not do. */
  readonly page: Page
  /** Every URL the browser asked for, sockets included. */
  readonly requests: string[] = []
  private readonly faults: string[] = []

  constructor(
    private readonly options: Options,
    private readonly server: Served,
    private readonly profile: string,
    private readonly context: BrowserContext,
  ) {
    this.page = context.pages()[0]!
    this.page.setDefaultTimeout(waitMS)
    this.page.on('request', (r) => this.requests.push(r.url()))
    this.page.on('websocket', (w) => this.requests.push(w.url()))
    this.page.on('pageerror', (e) => this.faults.push(`page: ${e.stack ?? e.message}`))
    this.page.on('console', (m) => {
      // A request that fails is the program's to show; only what its own code complains of counts.
      if (m.type() === 'error' && !m.text().startsWith('Failed to load resource') && !/WebSocket connection to/.test(m.text())) this.faults.push(`console: ${m.text()}`)
    })
  }

  /** Loads the program from its beginning, as after a cold start. */
  async start(page = this.options.page, storage = this.options.storage ?? {}): Promise<void> {
    await this.page.addInitScript(
      ([kept, mocks, builtFor]) => Object.assign(window, { __storage: kept, __mocks: mocks, __builtFor: builtFor }),
      [storage, this.options.mocks ?? {}, this.options.builtFor ?? defaultHub] as const,
    )
    await this.page.goto(this.origin + (page ? `/?page=${encodeURIComponent(page)}` : '/'))
    await this.page.waitForSelector('body[data-started]', { timeout: waitMS })
    const started = await this.page.evaluate(() => document.body.dataset.started)
    if (started !== 'true') throw new Error((await this.errors()).join('\n'))
  }

  /** Where the stand serves. */
  get origin(): string {
    return this.server.origin
  }

  /** The hosts that were asked, each once; it is the stand's own alone. */
  get hosts(): string[] {
    const own = this.requests.filter((u) => !/^(data|blob|about):/.test(u))
    return [...new Set(own.map((u) => new URL(u).host))]
  }

  /** Takes the network away and brings it back: sockets are cut, requests fail. */
  offline(off: boolean): void {
    this.server.offline(off)
  }

  /** Opens a page over the one in front, as wx.navigateTo does; a tab by switchTab. */
  async open(url: string): Promise<void> {
    await this.page.evaluate((u) => {
      const wx = (window as unknown as { wx: Record<string, (o: object) => Promise<unknown>> }).wx
      return wx.navigateTo!({ url: u }).catch((e: { errMsg?: string }) => (/tabbar/.test(e.errMsg ?? '') ? wx.switchTab!({ url: u }) : Promise.reject(new Error(e.errMsg))))
    }, url)
  }

  /** Goes one page back. */
  async back(): Promise<void> {
    await this.page.evaluate(() => (window as unknown as { wx: { navigateBack(): Promise<unknown> } }).wx.navigateBack())
  }

  /** The paths in the stack, the page in front last. */
  pages(): Promise<string[]> {
    return this.inside((t) => t.pages())
  }

  /** The page in front. */
  get front(): Locator {
    return this.page.locator('.mp-page:not([hidden])')
  }

  /** What a selector names on the page in front: "#claim" by id, ".card" by class, else a text. */
  find(what: string): Locator {
    if (what.startsWith('#')) return this.front.locator(`[data-id="${what.slice(1)}"]`)
    if (/^[.[]|^wx-/.test(what)) return this.front.locator(what.replace(/\.([\w-]+)/g, ':is([class~="$1"],[class*="--$1 "],[class$="--$1"])'))
    return this.front.getByText(what)
  }

  /** Taps what a selector or text names. */
  async tap(what: string): Promise<void> {
    await this.find(what).first().tap()
  }

  /** Taps a tab of the bar by its text. */
  async tab(text: string): Promise<void> {
    await this.page.locator('.mp-tab', { hasText: text }).tap()
  }

  /** Types into a field, over what stands there. */
  async input(what: string, text: string): Promise<void> {
    await this.find(what).locator('input,textarea').first().fill(text)
  }

  /** The text on the page in front. */
  text(): Promise<string> {
    return this.front.innerText()
  }

  /** Waits until the page in front shows a text, or what a pattern matches. */
  async waitFor(text: string | RegExp, ms = waitMS): Promise<void> {
    const pattern = typeof text === 'string' ? text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&') : text.source
    try {
      await this.page.waitForFunction((p) => new RegExp(p).test((document.querySelector('.mp-page:not([hidden])') as HTMLElement | null)?.innerText ?? ''), pattern, { timeout: ms, polling: 30 })
    } catch {
      throw new Error(`"${String(text)}" did not come within ${ms} ms. The page shows:\n${await this.text().catch(() => '')}\nerrors: ${(await this.errors()).join('\n')}`)
    }
  }

  /**
   * Waits until a text comes by an act, within ms of the program's own time: the
   * browser's clock is stopped and goes on in small steps, so that what a busy
   * machine takes for the network and for drawing does not count. The test has
   * called page.clock.install() before the program started.
   */
  async within(ms: number, act: () => Promise<void>, text: string): Promise<void> {
    const { clock } = this.page
    await clock.pauseAt(await this.page.evaluate((ahead) => Date.now() + ahead, aheadMS))
    await act()
    for (let spent = 0; !(await this.text()).includes(text); spent += stepMS) {
      if (spent >= ms) throw new Error(`"${text}" did not come within ${ms} ms of the program's time. The page shows:\n${await this.text()}`)
      await clock.runFor(stepMS)
      await new Promise((done) => setTimeout(done, 2 * stepMS))
    }
    await clock.resume()
  }

  /** Waits until a page is in front. */
  async waitForPage(path: string, ms = waitMS): Promise<void> {
    await this.page.waitForFunction((p) => (window as unknown as { __test: Inside }).__test.pages().at(-1) === p, path, { timeout: ms, polling: 30 })
  }

  /** The calls of an API so far. */
  calls(api: string): Promise<Call[]> {
    return this.page.evaluate((name) => (window as unknown as { __test: Inside }).__test.calls.filter((c) => c.api === name), api)
  }

  /** Waits until an API was called count times in all. */
  async waitForCalls(api: string, count = 1, ms = waitMS): Promise<Call[]> {
    await this.page.waitForFunction(([name, n]) => (window as unknown as { __test: Inside }).__test.calls.filter((c) => c.api === name).length >= (n as number), [api, count] as const, { timeout: ms, polling: 30 })
    return this.calls(api)
  }

  /** Answers an API from now on; with an errMsg that holds ":fail" it fails; undefined undoes it. */
  async mock(api: string, answer: unknown): Promise<void> {
    await this.page.evaluate(([name, value]) => {
      const mocks = (window as unknown as { __test: Inside }).__test.mocks
      if (value === null) delete mocks[name as string]
      else mocks[name as string] = value
    }, [api, answer ?? null] as const)
  }

  /** Raises an event of the program: "appHide", "appShow", "networkStatusChange". */
  async emit(event: string, arg: unknown = {}): Promise<void> {
    await this.page.evaluate(([name, value]) => (window as unknown as { __test: Inside }).__test.emit(name as string, value), [event, arg] as const)
  }

  /** What the phone keeps, by key. */
  storage(): Promise<Record<string, unknown>> {
    return this.page.evaluate(() => Object.fromEntries((window as unknown as { __test: Inside }).__test.storage))
  }

  /** What went wrong so far; tests want none. */
  async errors(): Promise<string[]> {
    return [...this.faults, ...(await this.inside((t) => t.errors))]
  }

  /** How many pixels of a canvas are not clear, and how many colours they have. */
  ink(what: string): Promise<{ pixels: number; colours: number; width: number; height: number }> {
    return this.find(what).locator('canvas').first().evaluate((node) => {
      const canvas = node as HTMLCanvasElement
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height)
      const colours = new Set<string>()
      let pixels = 0
      for (let i = 0; i < data.length; i += 4) {
        if (data[i + 3] === 0) continue
        pixels++
        if (data[i + 3] === 255) colours.add(`${data[i]},${data[i + 1]},${data[i + 2]}`)
      }
      return { pixels, colours: colours.size, width: canvas.width, height: canvas.height }
    })
  }

  /** Takes a picture of the screen. */
  async screenshot(path: string): Promise<void> {
    await this.page.screenshot({ path })
  }

  /** Closes the browser and the server and removes what they left. */
  async close(): Promise<void> {
    await this.context.close()
    await this.server.close()
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 3 })
  }

  private inside<T>(fn: (t: Inside) => T): Promise<T> {
    return this.page.evaluate(`(${fn.toString()})(window.__test)`) as Promise<T>
  }
}

interface Inside {
  calls: Call[]
  mocks: Record<string, unknown>
  errors: string[]
  storage: Map<string, unknown>
  pages(): string[]
  emit(name: string, arg: unknown): void
}

/** A server that stands. */
interface Served {
  origin: string
  offline(off: boolean): void
  close(): Promise<void>
}

/** The runtime as one script. */
async function runtime(): Promise<string> {
  const out = await build({ entryPoints: [join(here, 'runtime', 'main.ts')], bundle: true, write: false, format: 'iife', target: 'es2020', logLevel: 'silent' })
  return out.outputFiles[0]!.text
}

const kinds: Record<string, string> = { '.png': 'image/png', '.jpg': 'image/jpeg', '.svg': 'image/svg+xml', '.json': 'application/json', '.mp3': 'audio/mpeg' }

async function serve(options: Options): Promise<Served> {
  const files = new Map<string, [type: string, body: string]>([
    ['/', ['text/html; charset=utf-8', readFileSync(join(here, 'page.html'), 'utf8')]],
    ['/package.js', ['text/javascript; charset=utf-8', bundle(options.dist)]],
    ['/runtime.js', ['text/javascript; charset=utf-8', await runtime()]],
    ['/favicon.ico', ['image/x-icon', '']],
  ])
  const hub = options.hub ? new URL(options.hub) : undefined
  const sockets = new Set<Socket>()
  let off = false
  const server = createServer((req, res) => {
    const path = new URL(req.url!, 'http://stand').pathname
    const file = files.get(path)
    if (file) res.writeHead(200, { 'Content-Type': file[0] }).end(file[1])
    else if (path.startsWith('/v1/')) {
      if (off || !hub) req.socket.destroy()
      else pass(hub, req, res)
    } else if (path.startsWith('/package/')) fromPackage(options.dist, path.slice('/package'.length), res)
    else res.writeHead(404).end()
  })
  server.on('connection', (s) => keep(sockets, s))
  server.on('upgrade', (req: IncomingMessage, socket: Socket, head: Buffer) => {
    if (off || !hub) socket.destroy()
    else upgrade(hub, req, socket, head, sockets)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    offline(value) {
      off = value
      if (off) for (const s of sockets) s.destroy()
    },
    close: () => stop(server, sockets),
  }
}

function keep(sockets: Set<Socket>, socket: Socket): void {
  sockets.add(socket)
  socket.on('close', () => sockets.delete(socket))
}

function stop(server: Server, sockets: Set<Socket>): Promise<void> {
  for (const s of sockets) s.destroy()
  return new Promise((resolve) => server.close(() => resolve()))
}

function fromPackage(dist: string, path: string, res: ServerResponse): void {
  try {
    const body = readFileSync(join(dist, normalize(decodeURIComponent(path))))
    res.writeHead(200, { 'Content-Type': kinds[extname(path)] ?? 'application/octet-stream' }).end(body)
  } catch {
    res.writeHead(404).end()
  }
}

/** The headers as WeChat would send them: no Origin, the hub's own name. */
function headersFor(hub: URL, req: IncomingMessage): IncomingMessage['headers'] {
  const { origin: _origin, referer: _referer, ...rest } = req.headers
  return { ...rest, host: hub.host }
}

/** Passes a request on. A hub under test has a certificate of its own: it is not checked. */
function pass(hub: URL, req: IncomingMessage, res: ServerResponse): void {
  const ask = hub.protocol === 'https:' ? httpsRequest : httpRequest
  const out = ask(new URL(req.url!, hub), { method: req.method, headers: headersFor(hub, req), rejectUnauthorized: false }, (answer) => {
    res.writeHead(answer.statusCode!, answer.headers)
    answer.pipe(res)
  })
  out.on('error', () => res.destroy())
  req.pipe(out)
}

/** Passes a socket on, byte for byte. */
function upgrade(hub: URL, req: IncomingMessage, socket: Socket, head: Buffer, sockets: Set<Socket>): void {
  const port = Number(hub.port || (hub.protocol === 'https:' ? 443 : 80))
  const out = hub.protocol === 'https:'
    ? connectTLS({ host: hub.hostname, port, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
    : connectTCP(port, hub.hostname)
  keep(sockets, out)
  const lines = Object.entries(headersFor(hub, req)).map(([k, v]) => `${k}: ${String(v)}`)
  out.on(hub.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
    out.write(`${req.method} ${req.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
    if (head.length) out.write(head)
    out.pipe(socket)
    socket.pipe(out)
  })
  for (const s of [socket, out]) {
    s.on('error', () => { socket.destroy(); out.destroy() })
    s.on('close', () => { socket.destroy(); out.destroy() })
  }
}
