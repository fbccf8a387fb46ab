/** The package's components in glass-easel: modules, templates, styles and who registers what. */
import { glassEasel, MiniProgramEnv, type CodeSpace } from 'glass-easel-miniprogram-adapter'
import { defineElements } from './elements'
import { wrong } from './log'
import { pack } from './package'

/** What App() was called with. */
export let app: Record<string, unknown> = {}

const globals = window as unknown as Record<string, unknown>
let path = '' // the component whose file runs now
const scopes = new Map<string, string>() // a component's prefix of classes; "" for one that shares its page's

const scopeOf = (name: string) => name.replace(/\W+/g, '-')

/** Makes the space and registers everything in it. */
export function load(env: MiniProgramEnv): CodeSpace {
  const space = env.createCodeSpace('main', true)
  defineElements(space)
  defineGlobals(space)
  const run = modules()
  run('app.js')
  for (const name of Object.keys(pack.components)) {
    path = name
    configure(space, name)
    run(`${name}.js`)
  }
  for (const page of pack.pages) if (!scopes.has(page)) throw new Error(`${page}.js registers no page`)
  applyStyles()
  return space
}

function configure(space: CodeSpace, name: string): void {
  const config = pack.components[name]!
  const usingComponents = { ...pack.app.usingComponents, ...config.usingComponents }
  space.addStyleSheet(name, undefined, scopeOf(name))
  space.addComponentStaticConfig(name, { ...config, usingComponents } as never)
  space.addCompiledTemplate(name, { groupList: pack.templates, content: pack.templates[name], fallbackListenerOnNativeNode: true } as never)
}

/** Component() and its kind, for the file that runs now. */
function defineGlobals(space: CodeSpace): void {
  const component = (definition: Record<string, unknown>) => {
    const options = (definition.options ?? {}) as { styleIsolation?: string; addGlobalClass?: boolean }
    const config = space.getComponentStaticConfig(path)! as unknown as Record<string, unknown>
    const isolation = config.styleIsolation ?? options.styleIsolation
    if (isolation) config.styleIsolation = isolation
    else if (options.addGlobalClass) config.addGlobalClass = true
    const shared = pack.pages.includes(path) || isolation === 'shared'
    scopes.set(path, shared ? '' : `${scopeOf(path)}--`)
    definition.behaviors = ((definition.behaviors ?? []) as unknown[]).filter((b) => typeof b !== 'string')
    space.componentEnv(path, ({ Component }) => Component(definition as never))
  }
  globals.App = (options: Record<string, unknown>) => {
    app = options
  }
  globals.getApp = () => app
  globals.Component = component
  globals.Page = component
  globals.Behavior = (definition: object) => space.behavior().definition(definition as never).register()
}

/** A require() for the package's modules. */
function modules(): (file: string) => unknown {
  const cache = new Map<string, { exports: unknown }>()
  const shared = {} // the global object of the package
  const run = (file: string): unknown => {
    const old = cache.get(file)
    if (old) return old.exports
    const fn = pack.modules[file]
    if (!fn) throw new Error(`module ${file} is not in the package`)
    const module = { exports: {} as unknown }
    cache.set(file, module)
    fn((name) => run(resolve(file, name)), module, module.exports, shared)
    return module.exports
  }
  return run
}

/** A module's path, from the file that asks for it. */
function resolve(from: string, name: string): string {
  const parts = name.startsWith('/') ? [] : from.split('/').slice(0, -1)
  for (const part of name.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '.' && part !== '') parts.push(part)
  }
  const file = parts.join('/')
  return file.endsWith('.js') ? file : `${file}.js`
}

/**
 * Puts the style sheets into the document. As on a phone, a component's reach
 * its own elements only, and a page's are there while the page is in front.
 */
function applyStyles(): void {
  for (const [name, css] of Object.entries(pack.styles)) {
    const scope = scopes.get(name)
    if (scope === undefined && name !== 'app') continue
    const style = document.createElement('style')
    style.textContent = css.split(pack.scopeMark).join(scope ?? '')
    if (pack.pages.includes(name)) style.dataset.page = name
    document.head.appendChild(style)
    if (style.dataset.page) style.disabled = true
  }
}

/** Has the styles of one page only. */
export function showStyles(page: string): void {
  for (const style of document.querySelectorAll<HTMLStyleElement>('style[data-page]')) style.disabled = style.dataset.page !== page
}

/** Sends what glass-easel catches to the list of errors. */
export function watchErrors(): void {
  glassEasel.addGlobalErrorListener((error, method) => {
    wrong(`glass-easel ${String(method)}`, error)
    return false
  })
  glassEasel.addGlobalWarningListener(() => false)
}
