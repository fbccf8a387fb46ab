/** wx.createSelectorQuery, on glass-easel's own selectors. */
import { glassEasel } from 'glass-easel-miniprogram-adapter'
import { front } from './pages'

type Caller = { _$: glassEasel.GeneralComponent }
type Result = Record<string, unknown> | null
type Answer = (result: Result | Result[]) => void
type Fields = Record<string, boolean | undefined>

interface Question {
  caller: Caller | undefined
  selector: string
  all: boolean
  fields: Fields
  answer?: Answer
}

function describe(element: glassEasel.Element, fields: Fields): Result {
  const dom = element.$$ as unknown as HTMLElement | null
  const box = dom?.getBoundingClientRect()
  const result: Record<string, unknown> = {}
  if (fields.id) result.id = element.id
  if (fields.dataset) result.dataset = { ...element.dataset }
  if (fields.rect && box) Object.assign(result, { left: box.left, top: box.top, right: box.right, bottom: box.bottom })
  if (fields.size && box) Object.assign(result, { width: box.width, height: box.height })
  if (fields.scrollOffset && dom) Object.assign(result, { scrollLeft: dom.scrollLeft, scrollTop: dom.scrollTop, scrollWidth: dom.scrollWidth, scrollHeight: dom.scrollHeight })
  if (fields.node) result.node = dom?.querySelector('canvas') ?? dom
  return result
}

function find(q: Question): Result | Result[] {
  if (q.selector === '') return { width: innerWidth, height: innerHeight, left: 0, top: 0, right: innerWidth, bottom: innerHeight, scrollTop: 0, scrollLeft: 0 }
  const shadow = (q.caller ?? (front()?.caller as unknown as Caller | undefined))?._$.getShadowRoot()
  if (q.all) return (shadow?.querySelectorAll(q.selector) ?? []).map((e) => describe(e, q.fields))
  const one = shadow?.querySelector(q.selector)
  return one ? describe(one, q.fields) : null
}

/** A new query; it is answered in the next frame. */
export function createSelectorQuery(): object {
  const questions: Question[] = []
  let caller: Caller | undefined
  const nodes = (selector: string, all: boolean) => {
    const ask = (fields: Fields) => (answer?: Answer) => {
      questions.push({ caller, selector, all, fields, answer })
      return query
    }
    return {
      boundingClientRect: ask({ id: true, dataset: true, rect: true, size: true }),
      scrollOffset: ask({ id: true, dataset: true, scrollOffset: true }),
      node: ask({ node: true }),
      context: ask({ node: true }),
      fields: (fields: Fields, answer?: Answer) => ask(fields)(answer),
    }
  }
  const query = {
    in(component: Caller) {
      caller = component
      return query
    },
    select: (selector: string) => nodes(selector, false),
    selectAll: (selector: string) => nodes(selector, true),
    selectViewport: () => nodes('', false),
    exec(done?: (results: unknown[]) => void) {
      requestAnimationFrame(() => {
        const results = questions.map(find)
        questions.forEach((q, i) => q.answer?.(results[i]!))
        done?.(results)
      })
      return query
    },
  }
  return query
}
