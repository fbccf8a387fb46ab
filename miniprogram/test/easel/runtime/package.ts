/** What compile.ts hands to the browser. */

/** A component's or page's JSON file. */
export interface ComponentConfig {
  component?: boolean
  styleIsolation?: string
  addGlobalClass?: boolean
  usingComponents?: Record<string, string>
}

/** A module: the parameters after global stay undefined, as on a phone. */
export type ModuleFunction = (
  require: (path: string) => unknown,
  module: { exports: unknown },
  exports: unknown,
  global: object,
) => void

/** The compiled package. */
export interface Package {
  app: {
    pages: string[]
    tabBar?: { list: { pagePath: string; text: string }[] }
    usingComponents?: Record<string, string>
    requiredPrivateInfos?: string[]
  }
  pages: string[]
  tags: string[]
  scopeMark: string
  components: Record<string, ComponentConfig>
  styles: Record<string, string>
  templates: Record<string, unknown>
  modules: Record<string, ModuleFunction>
}

declare global {
  interface Window {
    __package: Package
  }
}

/** The compiled package of this page. */
export const pack: Package = window.__package

/** The pages that stand in the tab bar. */
export const tabs = (pack.app.tabBar?.list ?? []).map((t) => t.pagePath)
