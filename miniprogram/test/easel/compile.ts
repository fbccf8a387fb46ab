/**
 * Turns the compiled WeChat package into one script for a browser: its
 * templates by glass-easel's compiler, its style sheets as CSS, its modules as
 * functions that see no browser. A template that glass-easel does not accept
 * is an error with file and line.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, posix, sep } from 'node:path'

const require = createRequire(import.meta.url)

/** What app.json says, as far as the runtime needs it. */
export interface AppConfig {
  pages: string[]
  subPackages?: { root: string; pages: string[] }[]
  tabBar?: { list: { pagePath: string; text: string }[] }
  usingComponents?: Record<string, string>
  requiredPrivateInfos?: string[]
}

/** What a browser global is that a mini-program does not have. */
const hidden = [
  'window', 'document', 'location', 'self', 'localStorage', 'sessionStorage', 'XMLHttpRequest', 'WebSocket', 'fetch',
  'navigator', 'history', 'alert', 'confirm', 'Image', 'Audio', 'Blob', 'File', 'FileReader', 'FormData', 'Headers',
  'Request', 'Response', 'URL', 'URLSearchParams', 'AbortController', 'btoa', 'atob', 'crypto', 'indexedDB',
  'IntersectionObserver', 'MutationObserver', 'ResizeObserver', 'requestAnimationFrame', 'getComputedStyle',
]

/** The tags of WeChat that the runtime draws as elements of their own. */
const tags = [
  'view', 'text', 'image', 'button', 'input', 'textarea', 'scroll-view', 'swiper', 'swiper-item', 'picker', 'picker-view',
  'picker-view-column', 'switch', 'slider', 'checkbox', 'checkbox-group', 'radio', 'radio-group', 'label', 'form',
  'navigator', 'canvas', 'icon', 'progress', 'rich-text', 'cover-view', 'cover-image', 'movable-area', 'movable-view',
  'root-portal', 'page-meta', 'video', 'audio', 'web-view', 'page',
]

/** Every file under dir with one of the endings, as paths with slashes. */
export function filesOf(dir: string, ...endings: string[]): string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((name) => endings.some((e) => name.endsWith(e)) && statSync(join(dir, name)).isFile())
    .map((name) => name.split(sep).join('/'))
    .sort()
}

/** The path of a page or component: its file without ending. */
const bare = (file: string) => file.replace(/\.\w+$/, '')

/** The pages that app.json declares, sub-packages included. */
export function pagesOf(app: AppConfig): string[] {
  const sub = (app.subPackages ?? []).flatMap((s) => s.pages.map((p) => posix.join(s.root, p)))
  return [...app.pages, ...sub]
}

/** Reads app.json of a compiled package. */
export function configOf(dist: string): AppConfig {
  return JSON.parse(readFileSync(join(dist, 'app.json'), 'utf8')) as AppConfig
}

interface Diagnostic {
  isError: boolean
  level: string
  message: string
  path: string
  startLine: number
  startColumn: number
}

interface Group {
  addTmpl(path: string, text: string): Diagnostic[]
  addScript(path: string, text: string): void
  getTmplGenObjectGroups(): string
  free(): void
}

/** Compiles all templates to one JavaScript expression; throws with every file and line that is wrong. */
export function compileTemplates(dist: string): string {
  const { TmplGroup } = require('glass-easel-template-compiler') as { TmplGroup: new () => Group }
  const group = new TmplGroup()
  try {
    const wrong = filesOf(dist, '.wxml').flatMap((file) => group.addTmpl(bare(file), readFileSync(join(dist, file), 'utf8')))
    const grave = wrong.filter((d) => d.isError || d.level === 'Warn')
    if (grave.length > 0) throw new Error(grave.map(describe).join('\n'))
    for (const file of filesOf(dist, '.wxs')) group.addScript(bare(file), readFileSync(join(dist, file), 'utf8'))
    return group.getTmplGenObjectGroups()
  } finally {
    group.free()
  }
}

/** Lines and columns count from zero in a diagnostic and from one for people. */
const describe = (d: Diagnostic) => `${d.path}.wxml:${d.startLine + 1}:${d.startColumn + 1}: ${d.message}`

/** The mark in front of a class that belongs to a component; the runtime puts the component's scope there. */
export const scopeMark = '\u0001'

/**
 * Makes a style sheet one of the browser: imports inlined once, rpx as parts
 * of the width, tags by the names they have here, classes marked.
 */
export function compileStyle(dist: string, file: string, seen = new Set<string>()): string {
  if (seen.has(file)) return ''
  seen.add(file)
  const text = readFileSync(join(dist, file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '')
  const inlined = text.replace(/@import\s+["']([^"']+)["'];?/g, (_, name: string) => {
    const target = name.startsWith('/') ? name.slice(1) : posix.join(posix.dirname(file), name)
    return compileStyle(dist, target, seen)
  })
  // An inlined font is long, and nothing in it is a selector: it stays out of the patterns' way.
  const data: string[] = []
  const short = inlined.replace(/url\(\s*["']?data:[^)]*\)/g, (url) => `${dataMark}${data.push(url) - 1}${dataMark}`)
  return mapSelectors(rpx(short), selector).replace(new RegExp(`${dataMark}(\\d+)${dataMark}`, 'g'), (_, n: string) => data[Number(n)]!)
}

const dataMark = '\u0002'


/** 750 rpx are the width of the screen. */
export const rpx = (css: string) => css.replace(/(-?\d*\.?\d+)rpx\b/g, (_, n: string) => `${Number(n) / 7.5}vw`)

/** Applies fn to what stands before a rule's brace, unless it is an at-rule's. */
function mapSelectors(css: string, fn: (s: string) => string): string {
  return css.replace(/([^{};]+)\{/g, (whole, prelude: string) => (prelude.trim().startsWith('@') ? whole : `${fn(prelude)}{`))
}

const tagPattern = new RegExp(`(^|[\\s>+~,(])(${tags.join('|')})(?![\\w-])`, 'g')

/** One selector list: marked classes, tags as wx-view. */
function selector(list: string): string {
  return list.replace(/\.(?=[a-zA-Z_-])/g, `.${scopeMark}`).replace(tagPattern, '$1wx-$2')
}

/** The whole package as a script that sets window.__package. */
export function bundle(dist: string): string {
  const app = configOf(dist)
  const pages = pagesOf(app)
  const templates = compileTemplates(dist)
  const has = new Set(filesOf(dist, '.wxml', '.json', '.js'))
  const components = [...has].filter((f) => f.endsWith('.wxml')).map(bare).filter((p) => has.has(`${p}.json`) && has.has(`${p}.js`))
  const missing = pages.filter((p) => !components.includes(p))
  if (missing.length > 0) throw new Error(`app.json declares pages that the package lacks: ${missing.join(', ')}`)
  const configs = Object.fromEntries(components.map((p) => [p, JSON.parse(readFileSync(join(dist, `${p}.json`), 'utf8')) as unknown]))
  const styles = Object.fromEntries(filesOf(dist, '.wxss').map((f) => [bare(f), compileStyle(dist, f)]))
  const modules = filesOf(dist, '.js').map((f) => `${JSON.stringify(f)}: function (require, module, exports, global, ${hidden.join(', ')}) {\n${readFileSync(join(dist, f), 'utf8')}\n}`)
  return `window.__package = {
app: ${JSON.stringify(app)}, pages: ${JSON.stringify(pages)}, scopeMark: ${JSON.stringify(scopeMark)}, tags: ${JSON.stringify(tags)},
components: ${JSON.stringify(configs)},
styles: ${JSON.stringify(styles)},
templates: ${templates},
modules: {
${modules.join(',\n')}
}}`
}

/** The folder of this file, for the bundler. */
export const here = dirname(new URL(import.meta.url).pathname)
