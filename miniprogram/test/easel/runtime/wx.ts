/**
 * The `wx` that the package finds: every API takes callbacks or gives a
 * Promise, notes each call, and can be answered by a test instead.
 */
import { fileURL } from './files'
import { calls, mocks, record, wrong } from './log'
import { current, front, navigation } from './pages'
import { media } from './wx-media'
import { net } from './wx-net'
import { phone } from './wx-phone'
import { createSelectorQuery } from './query'

/** An API's own doing: it returns its result, or a Promise of it, or throws what it refuses with. */
export type Doing = (options: never) => unknown

type Options = Record<string, unknown> & { success?: (r: object) => void; fail?: (r: object) => void; complete?: (r: object) => void }

/** Storage that outlives a page: the stand reads it and gives it to the next. */
export const storage = new Map<string, unknown>(Object.entries((window as unknown as { __storage: Record<string, unknown> }).__storage ?? {}))

const events = new Map<string, Set<(arg: unknown) => void>>()
const listeners = (name: string) => events.get(name) ?? events.set(name, new Set()).get(name)!

/** Raises an event of the program: "appHide", "themeChange", "networkStatusChange". */
export function emit(name: string, arg: unknown = {}): void {
  for (const fn of [...listeners(name)]) fn(arg)
}

/** Hears an event of the program. */
export const on = (name: string, fn: (arg: unknown) => void): void => void listeners(name).add(fn)

const callbacks = ['success', 'fail', 'complete']
const plain = (options: Options) => Object.fromEntries(Object.entries(options).filter(([k]) => !callbacks.includes(k)))

/** The test's answer if it set one, else the API's own. */
async function answer(name: string, doing: Doing, options: Options): Promise<object> {
  const mock = mocks[name] as { errMsg?: string } | undefined
  const result = mock !== undefined ? mock : await doing(options as never)
  const value = { errMsg: `${name}:ok`, ...(typeof result === 'object' && result !== null ? result : {}) }
  if (value.errMsg.includes(':fail')) throw value
  return value
}

const failure = (name: string, e: unknown): object =>
  typeof e === 'object' && e !== null && 'errMsg' in e ? e : { errMsg: `${name}:fail ${e instanceof Error ? e.message : String(e)}` }

/** Makes an API that takes callbacks or gives a Promise. */
function api(name: string, doing: Doing) {
  return (options: Options = {}) => {
    record(name, plain(options))
    const called = callbacks.some((c) => typeof options[c] === 'function')
    const done = answer(name, doing, options)
    if (!called) return done.catch((e: unknown) => Promise.reject(failure(name, e)))
    void done.then(
      (r) => safely(name, options, 'success', r),
      (e: unknown) => safely(name, options, 'fail', failure(name, e)),
    )
    return undefined
  }
}

function safely(name: string, options: Options, which: 'success' | 'fail', result: object): void {
  try {
    options[which]?.(result)
    options.complete?.(result)
  } catch (e) {
    wrong(`callback of wx.${name}`, e)
  }
}

/** Makes an API that answers at once. */
const sync = (name: string, doing: (...args: never[]) => unknown) => (...args: unknown[]) => {
  record(name, args[0])
  return mocks[name] ?? doing(...(args as never[]))
}

const store: Record<string, Doing> = {
  setStorage: ({ key, data }: { key: string; data: unknown }) => void storage.set(key, data),
  getStorage({ key }: { key: string }) {
    if (!storage.has(key)) throw new Error('data not found')
    return { data: storage.get(key) }
  },
  removeStorage: ({ key }: { key: string }) => void storage.delete(key),
  clearStorage: () => storage.clear(),
  getStorageInfo: () => ({ keys: [...storage.keys()], currentSize: 1, limitSize: 10240 }),
}

const storeSync = {
  setStorageSync: (key: string, data: unknown) => void storage.set(key, data),
  getStorageSync: (key: string) => (storage.has(key) ? storage.get(key) : ''),
  removeStorageSync: (key: string) => void storage.delete(key),
  clearStorageSync: () => storage.clear(),
  getStorageInfoSync: () => ({ keys: [...storage.keys()], currentSize: 1, limitSize: 10240 }),
}

/** A tap that a person would see: noted, and drawn where a test can read it. */
const shown: Record<string, Doing> = {
  showModal: () => ({ confirm: true, cancel: false }),
  showActionSheet: () => ({ tapIndex: 0 }),
  showToast: ({ title }: { title: string }) => toast(title),
  showLoading: ({ title }: { title: string }) => toast(title),
  hideToast: () => toast(''),
  hideLoading: () => toast(''),
  setNavigationBarTitle: ({ title }: { title: string }) => void (document.title = title),
}

function toast(title: string): void {
  document.querySelector('.mp-toast')?.remove()
  if (!title) return
  const box = document.createElement('div')
  box.className = 'mp-toast'
  box.textContent = title
  document.body.appendChild(box)
}

/** WeChat fetches what is to be preloaded: the browser does, so that it counts among the requests. */
const preloaded: Record<string, Doing> = {
  preloadAssets({ data }: { data: { src: string }[] }) {
    for (const { src } of data) new Image().src = fileURL(src)
  },
}

/** What has no effect here but a note. */
const noted = [
  'vibrateShort', 'vibrateLong', 'setNavigationBarColor', 'setTabBarStyle', 'setTabBarItem', 'setTabBarBadge', 'removeTabBarBadge',
  'showTabBarRedDot', 'hideTabBarRedDot', 'hideTabBar', 'showTabBar', 'showNavigationBarLoading', 'hideNavigationBarLoading',
  'startPullDownRefresh', 'stopPullDownRefresh', 'pageScrollTo', 'setBackgroundColor', 'setBackgroundTextStyle', 'setKeepScreenOn',
  'hideKeyboard', 'makePhoneCall', 'openLocation', 'saveImageToPhotosAlbum', 'showShareMenu', 'hideShareMenu', 'reportEvent',
  'setInnerAudioOption', 'openSetting', 'openPrivacyContract', 'setScreenBrightness', 'loadFontFace', 'onPageNotFound',
  'onError', 'onUnhandledRejection', 'offError', 'offUnhandledRejection', 'setEnableDebug', 'enableAlertBeforeUnload', 'disableAlertBeforeUnload',
]

const heard = ['AppShow', 'AppHide', 'ThemeChange', 'NetworkStatusChange', 'WindowResize', 'NeedPrivacyAuthorization', 'KeyboardHeightChange', 'AudioInterruptionBegin', 'AudioInterruptionEnd', 'UserCaptureScreen', 'MemoryWarning', 'LocaleChange']

/** Builds `wx`. */
export function makeWX(): Record<string, unknown> {
  const wx: Record<string, unknown> = { createSelectorQuery, env: { USER_DATA_PATH: 'wxfile://usr' } }
  const async_ = { ...store, ...shown, ...preloaded, ...navigation, ...net.async, ...media.async, ...phone.async } as Record<string, Doing>
  for (const [name, doing] of Object.entries(async_)) wx[name] = api(name, doing)
  for (const name of noted) wx[name] = api(name, () => ({}))
  for (const [name, doing] of Object.entries({ ...storeSync, ...media.sync, ...phone.sync })) wx[name] = sync(name, doing as (...a: never[]) => unknown)
  Object.assign(wx, net.tasks, media.tasks)
  for (const name of heard) {
    const event = name[0]!.toLowerCase() + name.slice(1)
    wx[`on${name}`] = (fn: (arg: unknown) => void) => on(event, fn)
    wx[`off${name}`] = (fn?: (arg: unknown) => void) => (fn ? void listeners(event).delete(fn) : listeners(event).clear())
  }
  wx.nextTick = (fn: () => void) => void Promise.resolve().then(fn)
  wx.canIUse = () => true
  wx.createIntersectionObserver = (caller: { createIntersectionObserver?: (o: unknown) => unknown }, options: unknown) => (caller ?? front()?.caller)?.createIntersectionObserver?.(options)
  return wx
}

/** Everything a test reads or does from outside. */
export const test = { calls, mocks, storage, emit, pages: () => current().map((c) => String(c.route)) }
