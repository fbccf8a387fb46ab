/** Events as WeChat gives them to handlers: plain objects, swallowed by a disabled button. */
import { glassEasel } from 'glass-easel-miniprogram-adapter'

type Element = glassEasel.Element
type Wrapped = Record<string, unknown>

const longPressMS = 350

interface TouchLike {
  identifier: number
  clientX: number
  clientY: number
}

function touches(list: ArrayLike<TouchLike> | undefined): object[] {
  return Array.from(list ?? []).map((t) => ({ identifier: t.identifier, clientX: t.clientX, clientY: t.clientY, pageX: t.clientX, pageY: t.clientY }))
}

const nodeOf = (target: unknown): Element =>
  ((target as { _$?: Element })._$ ?? target) as Element

function place(target: unknown): object {
  const node = nodeOf(target)
  const dom = node.$$ as unknown as HTMLElement | null
  return { id: node.id, dataset: { ...node.dataset }, offsetLeft: dom?.offsetLeft ?? 0, offsetTop: dom?.offsetTop ?? 0 }
}

/**
 * Makes what a handler gets: uni asks for an own property "detail" and writes
 * its own stopPropagation over ours, so ours are kept by accessors.
 */
function wrap(this: glassEasel.Event<unknown>, target: Element, mark: unknown, current: Element): never {
  const original = this.getOriginalEvent() as TouchEvent | undefined
  const plain: Wrapped = {
    type: this.type,
    timeStamp: this.timeStamp,
    detail: this.detail,
    target: place(target),
    currentTarget: place(current),
    mark: mark ?? {},
    touches: touches(original?.touches),
    changedTouches: touches(original?.changedTouches),
  }
  for (const name of ['stopPropagation', 'preventDefault', 'markMutated'] as const) {
    const own = () => this[name]()
    Object.defineProperty(plain, name, { get: () => own, set: () => {}, enumerable: false })
  }
  return plain as never
}

/** Whether a disabled button stands around the element. */
function inDisabledButton(target: Element): boolean {
  const dom = target.$$ as unknown as HTMLElement | null
  return dom?.closest?.('wx-button[disabled]') != null
}

/** Hands the browser's events to the components. */
export function connectEvents(ctx: glassEasel.CurrentWindowBackendContext): void {
  glassEasel.Event.prototype.wrapShadowedEvent = wrap as never
  ctx.onEvent((target, type, detail, options) => {
    if ((type === 'tap' || type === 'longpress') && inDisabledButton(target)) return 0 as never
    const event = new glassEasel.Event(type, detail, options)
    glassEasel.Event.dispatchEvent(target, event)
    return (event.defaultPrevented() ? 1 : 0) as never
  })
  // Elements of WeChat raise their own events: the browser's of the same name stay out.
  const stats = ctx.setListenerStats.bind(ctx)
  ctx.setListenerStats = (element, type, capture, level) => {
    if (/^(touch|transition|animation)/.test(type)) stats(element, type, capture, level)
  }
  longPresses()
}

function longPresses(): void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const stop = () => clearTimeout(timer)
  document.body.addEventListener('touchstart', (ev) => {
    stop()
    timer = setTimeout(() => raise(ev, 'longpress'), longPressMS)
  }, { capture: true })
  for (const end of ['touchend', 'touchcancel', 'touchmove']) document.body.addEventListener(end, stop, { capture: true })
}

function raise(ev: TouchEvent, type: string): void {
  let dom = ev.target as (HTMLElement & { __wxElement?: Element }) | null
  while (dom && !dom.__wxElement) dom = dom.parentElement
  if (!dom?.__wxElement || inDisabledButton(dom.__wxElement)) return
  const options = { originalEvent: ev, bubbles: true, composed: true, capturePhase: true }
  const detail = { x: ev.touches[0]?.clientX ?? 0, y: ev.touches[0]?.clientY ?? 0 }
  glassEasel.Event.dispatchEvent(dom.__wxElement, new glassEasel.Event(type, detail, options))
}
