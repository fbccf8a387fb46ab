/** WeChat's elements that do something by themselves; the others are plain boxes. */
import { glassEasel, type CodeSpace } from 'glass-easel-miniprogram-adapter'
import { fileURL } from './files'
import { mocks, record } from './log'

type Host = glassEasel.GeneralComponent
type Values = Record<string, unknown>

/** An element: what properties it has, and what happens when it comes to be and when they change. */
interface Kind {
  properties: string[]
  made?(host: Host, dom: HTMLElement): void
  changed?(host: Host, dom: HTMLElement, values: Values): void
}

/** What tests can tell an element by, mirrored to the DOM for every kind. */
const mirrored = ['disabled', 'hidden', 'type', 'role', 'ariaLabel', 'ariaRole', 'ariaHidden', 'ariaChecked', 'ariaSelected', 'ariaPressed', 'openType', 'placeholder']
const external = ['hover-class', 'placeholder-class', 'selection-class']
const ignored = [
  'plain', 'size', 'loading', 'formType', 'hoverStopPropagation', 'hoverStartTime', 'hoverStayTime', 'lang', 'name',
  'ariaDisabled', 'ariaLive', 'ariaExpanded', 'ariaValuenow', 'ariaValuemin', 'ariaValuemax',
]

/** Raises an event of the element, as WeChat does: it does not bubble. */
function raise(host: Host, name: string, detail: unknown): void {
  host.triggerEvent(name, detail, { bubbles: false, composed: false })
}

const values = (host: Host) => host.data as Values
const domOf = (host: Host) => host.$$ as unknown as HTMLElement

let phones = 0

const button: Kind = {
  properties: ['sendMessageTitle'],
  made(host) {
    host.addListener('tap', () => {
      const type = values(host).openType
      if (type === 'getPhoneNumber') {
        record('getPhoneNumber', {})
        raise(host, 'getphonenumber', mocks.getPhoneNumber ?? { errMsg: 'getPhoneNumber:ok', code: phoneCode() })
      } else if (type === 'agreePrivacyAuthorization') raise(host, 'agreeprivacyauthorization', { errMsg: 'ok' })
      else if (type === 'chooseAvatar') raise(host, 'chooseavatar', { avatarUrl: 'wxfile://tmp/avatar.png' })
    })
  },
}

/** A code that the hub's stand-in for WeChat turns into a number: "phone-<11 digits>-<n>". */
function phoneCode(): string {
  phones++
  return `phone-${String(mocks.phone ?? '13800138000')}-${phones}-${Date.now().toString(36)}`
}

function typing(real: () => HTMLInputElement | HTMLTextAreaElement, extra: string[]): Kind {
  return {
    properties: ['value', 'maxlength', 'focus', 'cursor', 'confirmType', 'adjustPosition', 'password', 'holdKeyboard', 'confirmHold', 'cursorSpacing', 'placeholderStyle', 'alwaysEmbed', 'selectionStart', 'selectionEnd', ...extra],
    made(host, dom) {
      const field = real()
      field.setAttribute('part', 'field')
      dom.appendChild(field)
      const detail = () => ({ value: field.value, cursor: field.selectionStart ?? field.value.length })
      for (const own of ['input', 'change', 'focus', 'blur', 'keydown']) field.addEventListener(own, (e) => e.stopPropagation())
      field.addEventListener('input', () => {
        const max = Number(values(host).maxlength ?? 140)
        if (max >= 0 && field.value.length > max) field.value = field.value.slice(0, max)
        raise(host, 'input', detail())
      })
      field.addEventListener('input', () => values(host).autoHeight && fit(dom, field))
      field.addEventListener('focus', () => raise(host, 'focus', { ...detail(), height: 0 }))
      field.addEventListener('blur', () => raise(host, 'blur', detail()))
      field.addEventListener('keydown', (e) => {
        if ((e as KeyboardEvent).key === 'Enter' && field.tagName === 'INPUT') raise(host, 'confirm', detail())
      })
    },
    changed(host, dom, v) {
      const field = dom.querySelector<HTMLInputElement>('[part=field]')
      if (!field) return
      const text = v.value == null ? '' : String(v.value)
      if (field.value !== text) field.value = text
      field.disabled = Boolean(v.disabled)
      field.placeholder = v.placeholder == null ? '' : String(v.placeholder)
      if (v.password || v.type === 'password') field.type = 'password'
      if (v.autoHeight) fit(dom, field)
    },
  }
}

/** Makes a textarea as high as its text. */
function fit(dom: HTMLElement, field: HTMLElement): void {
  dom.style.height = 'auto'
  field.style.height = '1.4em'
  field.style.height = `${field.scrollHeight}px`
}

const image: Kind = {
  properties: ['src', 'mode', 'lazyLoad', 'showMenuByLongpress', 'webp', 'fadeIn', 'alt'],
  made(host, dom) {
    const img = document.createElement('img')
    dom.appendChild(img)
    img.addEventListener('load', () => raise(host, 'load', { width: img.naturalWidth, height: img.naturalHeight }))
    img.addEventListener('error', () => raise(host, 'error', { errMsg: 'image load failed' }))
  },
  changed(_, dom, v) {
    const img = dom.querySelector('img')
    if (!img) return
    const src = v.src ? fileURL(String(v.src)) : ''
    if (src && img.getAttribute('src') !== src) img.setAttribute('src', src)
    img.style.objectFit = v.mode === 'aspectFill' ? 'cover' : v.mode === 'aspectFit' ? 'contain' : 'fill'
    if (v.mode === 'widthFix') dom.style.height = 'auto'
  },
}

const canvas: Kind = {
  properties: ['canvasId', 'disableScroll'],
  made(_, dom) {
    const real = document.createElement('canvas') as HTMLCanvasElement & { createImage?: () => HTMLImageElement; requestAnimationFrame?: typeof requestAnimationFrame }
    real.createImage = () => new Image()
    real.requestAnimationFrame = (fn) => requestAnimationFrame(fn)
    dom.appendChild(real)
  },
}

const toggle: Kind = {
  properties: ['checked', 'color'],
  made(host, dom) {
    host.addListener('tap', () => {
      if (values(host).disabled) return
      const on = dom.getAttribute('data-on') !== 'true'
      dom.setAttribute('data-on', String(on))
      raise(host, 'change', { value: on })
    })
  },
  changed: (_, dom, v) => dom.setAttribute('data-on', String(Boolean(v.checked))),
}

/** Picking is done by tests: mocks.picker is the value that is picked; without it the picker is dismissed. */
const picker: Kind = {
  properties: ['mode', 'range', 'rangeKey', 'value', 'start', 'end', 'fields', 'headerText', 'customItem', 'level'],
  made(host) {
    host.addListener('tap', () => {
      if (values(host).disabled) return
      if (mocks.picker === undefined) raise(host, 'cancel', {})
      else raise(host, 'change', { value: mocks.picker })
    })
  },
}

const navigator_: Kind = {
  properties: ['url', 'delta'],
  made(host) {
    host.addListener('tap', () => {
      const open = String(values(host).openType || 'navigateTo')
      const wx = (window as unknown as { wx: Record<string, (o: object) => void> }).wx
      wx[open === 'navigate' ? 'navigateTo' : open]?.({ url: values(host).url, delta: values(host).delta ?? 1, fail() {} })
    })
  },
}

const scroll: Kind = {
  properties: [
    'scrollX', 'scrollY', 'scrollTop', 'scrollLeft', 'scrollIntoView', 'scrollWithAnimation', 'upperThreshold', 'lowerThreshold',
    'enhanced', 'showScrollbar', 'enableFlex', 'refresherEnabled', 'refresherTriggered', 'refresherThreshold',
    'refresherDefaultStyle', 'refresherBackground', 'enableBackToTop', 'scrollAnchoring', 'pagingEnabled', 'fastDeceleration', 'bounces',
  ],
  made(host, dom) {
    const at = { upper: true, lower: false }
    dom.addEventListener('scroll', () => {
      const { scrollTop, scrollLeft, scrollHeight, scrollWidth, clientHeight } = dom
      raise(host, 'scroll', { scrollTop, scrollLeft, scrollHeight, scrollWidth })
      const upper = scrollTop <= Number(values(host).upperThreshold ?? 50)
      const lower = scrollTop + clientHeight >= scrollHeight - Number(values(host).lowerThreshold ?? 50)
      if (upper && !at.upper) raise(host, 'scrolltoupper', { direction: 'top' })
      if (lower && !at.lower) raise(host, 'scrolltolower', { direction: 'bottom' })
      Object.assign(at, { upper, lower })
    })
  },
  changed(_, dom, v) {
    dom.style.overflowX = v.scrollX ? 'auto' : 'hidden'
    dom.style.overflowY = v.scrollY ? 'auto' : 'hidden'
    const top = Number(v.scrollTop)
    // The content of the same change is drawn first.
    if (v.scrollTop != null && v.scrollTop !== '' && Number.isFinite(top)) requestAnimationFrame(() => (dom.scrollTop = top))
    // Only this element scrolls, not the page around it.
    if (v.scrollIntoView) requestAnimationFrame(() => {
      const target = dom.querySelector(`[data-id="${String(v.scrollIntoView)}"]`)
      if (target) dom.scrollTop += target.getBoundingClientRect().top - dom.getBoundingClientRect().top
    })
  },
}

const progress: Kind = { properties: ['percent', 'strokeWidth', 'activeColor', 'backgroundColor', 'active', 'showInfo', 'activeMode', 'color'] }

const kinds: Record<string, Kind> = {
  button,
  input: typing(() => document.createElement('input'), []),
  textarea: typing(() => document.createElement('textarea'), ['autoHeight', 'fixed', 'showConfirmBar', 'disableDefaultPadding', 'autoFocus']),
  image,
  canvas,
  switch: toggle,
  picker,
  navigator: navigator_,
  progress,
  'scroll-view': scroll,
}

const attribute = (name: string) => name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)

function mirror(dom: HTMLElement, v: Values): void {
  for (const name of mirrored) {
    const value = v[name]
    if (value === undefined || value === null || value === '' || value === false) dom.removeAttribute(attribute(name))
    else dom.setAttribute(attribute(name), value === true ? 'true' : String(value))
  }
}

/** Defines the elements in the code space; what is not defined here is a plain box. */
export function defineElements(space: CodeSpace): void {
  const components = space.getComponentSpace()
  for (const [tag, kind] of Object.entries(kinds)) {
    const names = [...new Set([...kind.properties, ...mirrored, ...ignored])]
    const draw = (host: Host) => {
      const dom = domOf(host)
      mirror(dom, values(host))
      kind.changed?.(host, dom, values(host))
    }
    const definition = components.defineComponent({
      is: `wx://${tag}`,
      options: { virtualHost: false },
      externalClasses: external,
      properties: Object.fromEntries(names.map((n) => [n, { type: null, value: undefined as unknown }])),
      observers: { [names.join(', ')](this: Host) { draw(this) } },
      lifetimes: {
        created(this: Host) { kind.made?.(this, domOf(this)) },
        attached(this: Host) { draw(this) },
      },
    } as never)
    components.setGlobalUsingComponent(tag, definition as never)
  }
}
