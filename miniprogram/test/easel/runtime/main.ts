/** Starts the program: its modules, its components, onLaunch, onShow and the first page. */
import { glassEasel, MiniProgramEnv } from 'glass-easel-miniprogram-adapter'
import { backend } from './dom'
import { connectEvents } from './events'
import { errors, mocks, wrong } from './log'
import { pack } from './package'
import * as pages from './pages'
import { app, load, watchErrors } from './space'
import { emit, makeWX, on, test } from './wx'

const globals = window as unknown as Record<string, unknown>

/** Calls a function of the app's. */
function callApp(name: string, arg: object): void {
  ;(app[name] as ((a: object) => void) | undefined)?.call(app, arg)
}

function start(): void {
  const first = new URLSearchParams(location.search).get('page') ?? `/${pack.pages[0]}`
  Object.assign(mocks, globals.__mocks)
  watchErrors()
  // uni puts handlers on the instance and not among the methods.
  glassEasel.globalOptions.useMethodCallerListeners = true
  globals.wx = makeWX()
  globals.getCurrentPages = pages.current
  const env = new MiniProgramEnv()
  const ctx = backend()
  connectEvents(ctx)
  const associated = env.associateBackend(ctx)
  const space = load(env)
  pages.begin(space, associated, document.querySelector<HTMLElement>('#stage')!)
  const launch = { path: first, query: {}, scene: 1001, referrerInfo: {} }
  callApp('onLaunch', launch)
  callApp('onShow', launch)
  on('appHide', () => {
    pages.hookFront('onHide')
    callApp('onHide', {})
  })
  on('appShow', () => {
    callApp('onShow', launch)
    pages.hookFront('onShow')
  })
  pages.navigation.reLaunch({ url: first })
}

window.addEventListener('error', (e) => wrong('uncaught', e.error ?? e.message))
window.addEventListener('unhandledrejection', (e) => wrong('unhandled', e.reason))
globals.__test = { ...test, errors, emit, navigation: pages.navigation }
try {
  start()
  document.body.dataset.started = 'true'
} catch (e) {
  wrong('start', e)
  document.body.dataset.started = 'failed'
}
