/**
 * A phone for WeChat's own compiler: jsdom as the browser, miniprogram-simulate
 * as the base library, and a `wx` whose network is answered by the test.
 */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { JSDOM } from 'jsdom'
import type { Frame } from '../../src/api/types'
import { configOf, pagesOf } from '../easel/compile'
import { Work } from './work'

const require = createRequire(import.meta.url)

/** A package may be larger than the compiler's own limit of its output. */
const compilerOptions = { maxBuffer: 256 << 20 }

type Instance = Record<string, unknown> & { data: Record<string, unknown> }

/** What WeChat's component system is used for here. */
interface Exparser {
  Event: { create(name: string, detail: object, options: object): object; dispatchEvent(target: object, event: object): void }
}

let exparser: Exparser

/** A page or component in miniprogram-simulate. */
export interface Rendered {
  instance: Instance
  dom: HTMLElement
  attach(parent: Element): void
  detach(): void
}

interface Simulate {
  load(path: string, options: object): string
  render(id: string): Rendered
}

/** An answer of the network: a body with status 200, or a status. */
export type Network = (method: string, url: URL, body: unknown, token: string) => { status?: number; data?: unknown } | undefined

/** What the other end of the socket says to a frame. */
export type Line = (frame: Frame) => Frame[]

/** The phone with the program on it. */
export class Phone {
  readonly root = mkdtempSync(join(tmpdir(), 'mp-'))
  private hear: (frame: Frame) => void = () => {}
  private readonly work = new Work()
  readonly storage = new Map<string, unknown>()
  readonly navigated: string[] = []
  private readonly dom = new JSDOM('<!doctype html><html><body></body></html>', { pretendToBeVisual: true })
  private readonly ids = new Map<string, string>()
  private readonly pages: Instance[] = []
  private readonly shown: Rendered[] = []
  private simulate!: Simulate
  private app: Record<string, unknown> = {}

  constructor(dist: string, private readonly network: Network, private readonly line: Line = () => []) {
    // The package is CommonJS, this project is not; and the compiler leaves nothing behind in it.
    cpSync(dist, this.root, { recursive: true })
    writeFileSync(join(this.root, 'package.json'), '{"type":"commonjs"}')
  }

  /** Runs app.js, then registers every page and component; the compiler's complaint is the error. */
  start(): void {
    this.setGlobals()
    this.simulate = require('miniprogram-simulate') as Simulate
    exparser = require('miniprogram-exparser') as Exparser
    const component = (globalThis as unknown as { Component(o: object): void }).Component
    Object.assign(globalThis, { Page: (methods: object) => component({ methods }) })
    require(join(this.root, 'app.js'))
    this.callApp('onLaunch')
    this.callApp('onShow')
    // Once a page: a second load of the same path would draw nothing.
    for (const page of pagesOf(configOf(this.root))) this.ids.set(page, this.simulate.load(join(this.root, page), { rootPath: this.root, compiler: 'official', compilerOptions }))
  }

  /** Draws a page over the others and runs its logic. */
  async open(path: string, query: Record<string, string> = {}): Promise<Rendered> {
    const page = this.simulate.render(this.ids.get(path)!)
    const parent = this.dom.window.document.createElement('div')
    this.dom.window.document.body.appendChild(parent)
    page.instance.route = path
    page.instance.options = query
    this.pages.push(page.instance)
    page.attach(parent)
    this.shown.push(page)
    this.call(page, 'onLoad', query)
    this.call(page, 'onShow')
    await this.work.rest()
    return page
  }

  /** Raises an event at what has the id on a page, in whatever component: a tap, an input. */
  async act(page: Rendered, id: string, event = 'tap', detail: object = {}): Promise<void> {
    const target = [...page.dom.querySelectorAll('*')].map((e) => (e as unknown as { __wxElement?: { id: string } }).__wxElement).find((e) => e?.id === id)
    if (!target) throw new Error(`nothing has the id ${id}; the page shows: ${textOf(page)}`)
    const { Event } = exparser
    Event.dispatchEvent(target, Event.create(event, detail, { bubbles: event === 'tap', composed: event === 'tap', capturePhase: true }))
    await this.work.rest()
  }

  /** What the hub says by itself: it reaches the socket that is open. */
  async say(...frames: Frame[]): Promise<void> {
    frames.forEach((f) => this.hear(f))
    await this.work.rest()
  }

  /** Leaves a page. */
  leave(page: Rendered): void {
    this.call(page, 'onHide')
    this.call(page, 'onUnload')
    page.detach()
    this.pages.splice(this.pages.indexOf(page.instance), 1)
    this.shown.splice(this.shown.indexOf(page), 1)
  }

  /** Ends the program and removes its copy. */
  stop(): void {
    for (const page of [...this.shown]) this.leave(page)
    this.callApp('onHide')
    this.dom.window.close()
    this.work.stop()
    rmSync(this.root, { recursive: true, force: true })
  }

  private call(page: Rendered, hook: string, arg?: unknown): void {
    ;(page.instance[hook] as ((a: unknown) => void) | undefined)?.call(page.instance, arg)
  }

  private callApp(hook: string): void {
    ;(this.app[hook] as ((o: object) => void) | undefined)?.call(this.app, { path: '', query: {}, scene: 1001 })
  }

  private setGlobals(): void {
    const { window } = this.dom
    const set = (name: string, value: unknown) => Object.defineProperty(globalThis, name, { value, writable: true, configurable: true })
    for (const name of ['document', 'Node', 'Element', 'HTMLElement', 'Event', 'CustomEvent', 'MutationObserver', 'getComputedStyle']) set(name, (window as unknown as Record<string, unknown>)[name])
    set('window', window)
    set('requestAnimationFrame', (fn: (ms: number) => void) => setTimeout(() => fn(performance.now()), 0))
    set('wx', this.wx())
    set('App', (o: Record<string, unknown>) => (this.app = o))
    set('getApp', () => this.app)
    set('getCurrentPages', () => this.pages)
    set('Page', () => {})
  }

  private wx(): object {
    const info = { windowWidth: 375, windowHeight: 667, pixelRatio: 2, statusBarHeight: 20, SDKVersion: '3.5.0', language: 'zh_CN', theme: 'light', platform: 'android', fontSizeSetting: 16, brand: 'test', model: 'test', system: 'Android 14', version: '8.0.50' }
    const nothing = () => {}
    const later = (o: { success?: (r: object) => void; complete?: (r: object) => void } = {}, result: object = {}) => void setTimeout(() => { o.success?.(result); o.complete?.(result) }, 0)
    const go = (o: { url?: string; success?: (r: object) => void }) => { this.navigated.push(o.url ?? ''); later(o) }
    const heard = Object.fromEntries(['AppShow', 'AppHide', 'ThemeChange', 'NetworkStatusChange', 'WindowResize', 'NeedPrivacyAuthorization', 'KeyboardHeightChange', 'AudioInterruptionEnd'].flatMap((n) => [[`on${n}`, nothing], [`off${n}`, nothing]]))
    return {
      ...heard,
      getSystemInfoSync: () => info, getWindowInfo: () => info, getDeviceInfo: () => info, getAppBaseInfo: () => info,
      getLaunchOptionsSync: () => ({ path: '', query: {}, scene: 1001 }), getEnterOptionsSync: () => ({ path: '', query: {}, scene: 1001 }),
      setStorageSync: (k: string, v: unknown) => void this.storage.set(k, v), getStorageSync: (k: string) => this.storage.get(k) ?? '',
      removeStorageSync: (k: string) => void this.storage.delete(k), setStorage: (o: { key: string; data: unknown }) => { this.storage.set(o.key, o.data); later(o as object) },
      request: (o: never) => this.request(o), connectSocket: () => this.connect(), login: (o: object) => later(o, { code: 'js-driver-1' }),
      navigateTo: go, redirectTo: go, switchTab: go, reLaunch: go, navigateBack: go, showToast: later, hideToast: nothing, showModal: (o: object) => later(o, { confirm: true }),
      setNavigationBarTitle: later, setNavigationBarColor: later, stopPullDownRefresh: nothing, vibrateShort: later, previewImage: later, canIUse: () => true,
      nextTick: (fn: () => void) => setTimeout(fn, 0), getFuzzyLocation: (o: { fail?: (r: object) => void }) => setTimeout(() => o.fail?.({ errMsg: 'getFuzzyLocation:fail auth deny' }), 0),
      setTabBarBadge: later, removeTabBarBadge: later, showTabBarRedDot: later, hideTabBarRedDot: later, pageScrollTo: later, preloadAssets: nothing,
      getRecorderManager: () => ({ start: nothing, stop: nothing, onStart: nothing, onStop: nothing, onError: nothing, onInterruptionBegin: nothing }),
      createInnerAudioContext: () => ({ play: nothing, pause: nothing, stop: nothing, destroy: nothing, onPlay: nothing, onPause: nothing, onStop: nothing, onEnded: nothing, onError: nothing, onTimeUpdate: nothing, onCanplay: nothing }),
      createSelectorQuery: () => query, getUpdateManager: () => ({ onUpdateReady: nothing }), getAccountInfoSync: () => ({ miniProgram: {} }),
    }
  }

  private request(o: { url: string; method: string; data: unknown; header?: Record<string, string>; success(r: object): void; fail(r: object): void; complete?(r: object): void }): object {
    const url = new URL(o.url)
    const answer = this.network(o.method, url, o.data, o.header?.Authorization?.replace('Bearer ', '') ?? '')
    setTimeout(() => {
      if (answer) o.success({ statusCode: answer.status ?? 200, data: answer.data ?? '', header: {} })
      else o.fail({ errMsg: 'request:fail' })
      o.complete?.({})
    }, 0)
    return { abort() {} }
  }

  private connect(): object {
    const on: Record<string, (arg: object) => void> = {}
    const say = (frame: Frame) => setTimeout(() => on.message?.({ data: JSON.stringify(frame) }), 0)
    this.hear = say
    setTimeout(() => on.open?.({}), 0)
    return {
      send: ({ data }: { data: string }) => this.line(JSON.parse(data) as Frame).forEach(say),
      close() {},
      onOpen: (fn: (a: object) => void) => (on.open = fn),
      onMessage: (fn: (a: object) => void) => (on.message = fn),
      onClose: (fn: (a: object) => void) => (on.close = fn),
      onError: (fn: (a: object) => void) => (on.error = fn),
    }
  }
}

/** jsdom lays nothing out: a query finds nothing. */
const query: Record<string, unknown> = {}
for (const name of ['in', 'select', 'selectAll', 'fields', 'boundingClientRect', 'node', 'scrollOffset', 'selectViewport']) query[name] = () => query
query.exec = (fn?: (r: unknown[]) => void) => void setTimeout(() => fn?.([]), 0)

/** What a page shows, without the space between. */
export const textOf = (page: Rendered): string => (page.dom.textContent ?? '').replace(/\s+/g, ' ')
