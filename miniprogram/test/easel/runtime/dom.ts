/** The DOM under the components: names of WeChat's elements, rpx in inline styles, ids and data that tests can find. */
import { glassEasel } from 'glass-easel-miniprogram-adapter'
import { pack } from './package'

const known = new Set(pack.tags)
const rpx = (css: string) => css.replace(/(-?\d*\.?\d+)rpx\b/g, (_, n: string) => `${Number(n) / 7.5}vw`)

/** Makes an element by its name in a template: "view" is <wx-view>, for HTML's own would have behaviour of its own. */
function createElement(tag: string): HTMLElement {
  const dom = document.createElement(known.has(tag) || !tag.includes('-') ? `wx-${tag}` : tag)
  const set = dom.setAttribute.bind(dom)
  dom.setAttribute = (name: string, value: string) => {
    if (name === 'exparser:info-attr-id') set('data-id', value)
    else if (name === 'style') set('style', rpx(value))
    else if (!name.startsWith('exparser:')) set(name, value)
  }
  return dom
}

/** The backend that glass-easel draws on. */
export function backend(): glassEasel.CurrentWindowBackendContext {
  glassEasel.globalOptions.writeExtraInfoToAttr = true
  const ctx = new glassEasel.CurrentWindowBackendContext()
  ctx.document = {
    createElement,
    createTextNode: (text: string) => document.createTextNode(text),
    createDocumentFragment: () => document.createDocumentFragment(),
  } as unknown as typeof ctx.document
  writeData()
  return ctx
}

/** Style sheets hide by [data-c-h="true"], so data attributes are written to the DOM as well. */
function writeData(): void {
  const proto = glassEasel.Element.prototype as unknown as { setDataset(name: string, value: unknown): void; $$: HTMLElement | null }
  const own = proto.setDataset
  proto.setDataset = function (this: typeof proto, name: string, value: unknown) {
    own.call(this, name, value)
    const plain = ['string', 'number', 'boolean'].includes(typeof value)
    if (plain && this.$$ && /^[\w-]+$/.test(name) && name !== 'id') this.$$.setAttribute(`data-${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`, String(value))
  }
}
