import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { defineConfig, type Plugin } from 'vite'
import * as plugin from '@dcloudio/vite-plugin-uni'

// The plugin is CommonJS: its default export may arrive wrapped.
const wrapped = plugin as unknown as { default: { default?: () => Plugin[] } & (() => Plugin[]) }
const uni = wrapped.default.default ?? wrapped.default

const require = createRequire(import.meta.url)

// The component library's icon font and some pictures of the framework lie on
// foreign hosts. No request of ours may leave for one: the font that the
// library ships is put into the style sheets, the pictures are left out.
function offlineAssets(): Plugin {
  const font = readFileSync(require.resolve('wot-design-uni/components/wd-icon/wd-icons.ttf')).toString('base64')
  const fix = (css: string) =>
    css
      .replace(/src:\s*url\([^;}]*at\.alicdn\.com[^;}]*/g, `src:url(data:font/ttf;base64,${font}) format("truetype")`)
      .replace(/url\(["']?https:\/\/cdn\.dcloud\.net\.cn[^)]*\)/g, 'none')
  return {
    name: 'offline-assets',
    enforce: 'post',
    generateBundle(_, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type === 'asset' && /\.(css|wxss)$/.test(file.fileName)) file.source = fix(String(file.source))
      }
    },
  }
}

// The framework has WeChat fetch a picture from its maker's host three seconds
// after the start, under a name put together from numbers. No request of ours
// may leave for a third party: the call is taken out, and a framework in which
// it looks different does not build.
function noPreload(): Plugin {
  return {
    name: 'no-preload',
    enforce: 'pre',
    transform(code, id) {
      if (!id.endsWith('uni-mp-weixin/dist/uni.mp.esm.js')) return undefined
      const without = code.replace(/^ {4}preloadAsset\(\);$/m, '')
      if (without === code) this.error('the framework preloads in another way than the one taken out')
      return { code: without, map: null }
    },
  }
}

const inBrowser = process.env.UNI_PLATFORM === 'h5'

// The bottom bar's pictures have names without a hash, so a browser asks the
// hub for them each time the bar shows another one, and shows a broken picture
// when the hub is away. In the program itself they are always there.
function tabsInside(): Plugin {
  const picture = (name: string) => `data:image/png;base64,${readFileSync(`src/static/tab/${name}.png`).toString('base64')}`
  return {
    name: 'tabs-inside',
    enforce: 'post',
    generateBundle(_, bundle) {
      if (!inBrowser) return
      for (const file of Object.values(bundle)) {
        if (file.type === 'chunk') file.code = file.code.replace(/"\/static\/tab\/([\w-]+)\.png"/g, (_, name: string) => `"${picture(name)}"`)
      }
    },
  }
}

// What the hub sends to a browser that takes it: a third of the bytes. Only
// files whose names change with their content, so that no old copy is sent.
function packed(): Plugin {
  return {
    name: 'packed',
    writeBundle(options, bundle) {
      if (!inBrowser) return
      for (const name of Object.keys(bundle)) {
        const file = join(options.dir!, name)
        if (/^assets\/.*\.(js|css)$/.test(name)) writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: 9 }))
      }
    },
  }
}

// The code of all pages, for the program to fetch when nothing else is to be
// done (platform/ahead.ts). In a template it is only a list.
function fetchedAhead(): Plugin {
  return {
    name: 'fetched-ahead',
    transformIndexHtml: {
      order: 'post',
      handler(html, { bundle }) {
        const later = Object.keys(bundle ?? {}).filter((f) => /^assets\/.*\.(js|css)$/.test(f) && !html.includes(f))
        const links = later.map((f) => ({ tag: 'link', attrs: { rel: 'prefetch', href: `./${f}` } }))
        return [{ tag: 'template', attrs: { id: 'pages-to-come' }, children: links, injectTo: 'body' }]
      },
    },
  }
}

export default defineConfig({
  plugins: [noPreload(), uni(), offlineAssets(), tabsInside(), packed(), fetchedAhead()],
  build: { target: 'es2018' },
})
