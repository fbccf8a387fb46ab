/** The stack of pages, as WeChat keeps it. */
import { glassEasel, type AssociatedBackend, type CodeSpace } from 'glass-easel-miniprogram-adapter'
import { pack, tabs } from './package'
import { showStyles } from './space'

/** The most pages that WeChat keeps. */
const most = 10

type Caller = Record<string, unknown> & { _$: glassEasel.GeneralComponent }
type Root = ReturnType<AssociatedBackend['createRoot']>

interface Shown {
  path: string
  root: Root
  caller: Caller
  box: HTMLElement
}

const stack: Shown[] = []
const resting = new Map<string, Shown>() // tab pages that are not in front stay alive
const readied = new WeakSet<object>()
let space: CodeSpace
let backend: AssociatedBackend
let stage: HTMLElement

/** Begins with an empty stack in the element. */
export function begin(codeSpace: CodeSpace, associated: AssociatedBackend, element: HTMLElement): void {
  space = codeSpace
  backend = associated
  stage = element
  new MutationObserver(ready).observe(stage, { childList: true, subtree: true })
  drawTabs()
}

/** The pages in the stack, the one in front last. */
export const current = (): Caller[] => stack.map((s) => s.caller)

/** The page in front. */
export const front = (): Shown | undefined => stack[stack.length - 1]

const call = (caller: Caller, hook: string, ...args: unknown[]) => (caller[hook] as ((...a: unknown[]) => void) | undefined)?.call(caller, ...args)

/** Calls a hook of the page in front: for the program going to the back and coming again. */
export function hookFront(name: 'onShow' | 'onHide'): void {
  const top = front()
  if (top) tell(top, name)
}

function tell(page: Shown, name: 'onShow' | 'onHide'): void {
  lifetimes(page.caller._$, name === 'onShow' ? 'show' : 'hide')
  call(page.caller, name)
}

/** Tells a page's components that it is shown or hidden. */
function lifetimes(element: glassEasel.Element, name: string): void {
  each(element, (c) => {
    c.triggerPageLifetime(name, [])
  })
}

/** Visits every component under an element, those inside first. */
function each(element: glassEasel.Element, fn: (c: glassEasel.GeneralComponent) => void): void {
  const component = glassEasel.Component.isComponent(element) ? element : undefined
  const shadow = component?.getShadowRoot()
  if (shadow) for (const child of shadow.childNodes) if (glassEasel.Element.isElement(child)) each(child, fn)
  for (const child of element.childNodes) if (glassEasel.Element.isElement(child)) each(child, fn)
  if (component) fn(component)
}

/** glass-easel leaves "ready" to its host: once for every component, when it is drawn. */
function ready(): void {
  for (const page of [...stack, ...resting.values()]) {
    each(page.caller._$, (c) => {
      if (readied.has(c)) return
      readied.add(c)
      c.triggerLifetime('ready', [])
    })
  }
}

/** Puts a page on the stack. */
function push(url: string): void {
  const { path, query } = parse(url)
  const box = document.createElement('div')
  box.className = 'mp-page'
  const placeholder = document.createElement('div')
  box.appendChild(placeholder)
  stage.appendChild(box)
  const root = backend.createRoot('page', space, path)
  const caller = root.get() as unknown as Caller
  caller.route = path
  caller.__route__ = path
  caller.options = query
  caller.getOpenerEventChannel = () => ({ on() {}, once() {}, off() {}, emit() {} })
  const shown = { path, root, caller, box }
  stack.push(shown)
  root.attach(box as never, placeholder as never)
  call(caller, 'onLoad', query)
  arrange()
  tell(shown, 'onShow')
  ready()
}

/** Takes pages from the stack until keep are left. */
function drop(keep: number): void {
  while (stack.length > keep) end(stack.pop()!)
}

function end(page: Shown): void {
  call(page.caller, 'onUnload')
  page.root.release()
  page.box.remove()
}

function rest(page: Shown): void {
  page.box.hidden = true
  resting.set(page.path, page)
}

/** Shows the page in front and hides the others. */
function arrange(): void {
  stack.forEach((page, i) => (page.box.hidden = i !== stack.length - 1))
  const top = front()
  if (top) showStyles(top.path)
  for (const tab of document.querySelectorAll<HTMLElement>('.mp-tab')) tab.dataset.on = String(tab.dataset.path === top?.path)
  document.querySelector<HTMLElement>('.mp-tabs')!.hidden = !tabs.includes(top?.path ?? '')
}

function parse(url: string): { path: string; query: Record<string, string> } {
  const [rest = '', search = ''] = url.split('?')
  const base = rest.startsWith('/') ? [] : (front()?.path ?? '').split('/').slice(0, -1)
  const parts = [...base]
  for (const part of rest.split('/')) {
    if (part === '..') parts.pop()
    else if (part && part !== '.') parts.push(part)
  }
  // As on a phone, what was encoded in the query stays so.
  const query = Object.fromEntries(search.split('&').filter(Boolean).map((p) => [p.split('=')[0]!, p.split('=').slice(1).join('=')]))
  const path = parts.join('/')
  if (!pack.pages.includes(path)) throw new Error(`page "${path}" is not found`)
  return { path, query }
}

const isTab = (url: string) => tabs.includes(parse(url).path)

/** wx.navigateTo and its kind; what WeChat refuses is thrown. */
export const navigation = {
  navigateTo({ url }: { url: string }): object {
    if (isTab(url)) throw new Error('can not navigateTo a tabbar page')
    if (stack.length >= most) throw new Error('webview count limit exceed')
    leave()
    push(url)
    return { eventChannel: { on() {}, once() {}, off() {}, emit() {} } }
  },
  redirectTo({ url }: { url: string }): void {
    if (isTab(url)) throw new Error('can not redirectTo a tabbar page')
    parse(url)
    drop(stack.length - 1)
    push(url)
  },
  reLaunch({ url }: { url: string }): void {
    parse(url)
    drop(0)
    for (const page of resting.values()) end(page)
    resting.clear()
    push(url)
  },
  switchTab({ url }: { url: string }): void {
    if (!isTab(url)) throw new Error('can not switch to no-tabBar page')
    if (url.includes('?')) throw new Error('switchTab takes no query')
    const { path } = parse(url)
    if (front()?.path === path) return
    leave()
    drop(1)
    const first = stack.pop()
    if (first && tabs.includes(first.path)) rest(first)
    else if (first) end(first)
    const kept = resting.get(path)
    if (!kept) {
      push(url)
      return
    }
    resting.delete(path)
    stack.push(kept)
    arrange()
    tell(kept, 'onShow')
  },
  navigateBack({ delta = 1 }: { delta?: number } = {}): void {
    if (stack.length < 2) return
    drop(Math.max(1, stack.length - delta))
    arrange()
    tell(front()!, 'onShow')
  },
}

function leave(): void {
  const top = front()
  if (top) tell(top, 'onHide')
}

/** Draws a bar with the tabs, so that they can be tapped. */
function drawTabs(): void {
  const bar = document.createElement('nav')
  bar.className = 'mp-tabs'
  bar.hidden = true
  for (const tab of pack.app.tabBar?.list ?? []) {
    const item = document.createElement('div')
    item.className = 'mp-tab'
    item.dataset.path = tab.pagePath
    item.textContent = tab.text
    item.addEventListener('click', () => {
      navigation.switchTab({ url: `/${tab.pagePath}` })
      const top = front()
      if (top) call(top.caller, 'onTabItemTap', { pagePath: tab.pagePath, text: tab.text })
    })
    bar.appendChild(item)
  }
  document.body.appendChild(bar)
}
