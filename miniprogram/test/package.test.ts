/** What is handed out: how large it is, and that nothing in it leads to anybody else. */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { browser, dist, site } from './build'
import { configOf, filesOf } from './easel/compile'

const MiB = 1 << 20
/** WeChat takes 2 MB of a main package and of each sub-package; the rest is room for pages to come. */
const mainMost = 1.5 * MiB
/** A sub-package is fetched while a driver waits for its page. */
const subMost = MiB
/** What a browser fetches over a phone's network before it shows anything; the pages come one by one. */
const siteMost = 1.5 * MiB

/** Addresses that stand in the code and that nothing asks for, each with its reason. */
const quoted: Record<string, string> = {
  'www.w3.org': 'names of XML vocabularies, in pictures and in the framework',
  'vuejs.org': "where the framework's messages of errors are explained",
}
const quotedForWeChat: Record<string, string> = {
  ...quoted,
  'uniapp.dcloud.net.cn': 'where a message in the log is explained',
  '127.0.0.1': 'the hub of a package that was built without VITE_HUB',
}

const all = (root: string) => filesOf(root, '')
const sizeOf = (root: string, files: string[]) => files.reduce((sum, f) => sum + statSync(join(root, f)).size, 0)
const textsOf = (root: string) => all(root).filter((f) => !/\.(png|ttf)$/.test(f)).map((f): [string, string] => [f, readFileSync(join(root, f), 'utf8')])

/** The hosts that a text names: with a scheme, or without one as an attribute, a string or a style says it. */
function hostsIn(text: string): string[] {
  const schemes = [...text.matchAll(/\b(?:https?|wss?|ftp):(?:\\?\/){2}([\w.-]+)/gi)]
  const bare = [...text.matchAll(/["'`(=]\s*\/\/([\w-]+(?:\.[\w-]+)+)/g)]
  // A service may be called by its name alone and the scheme put before it at work.
  const names = [...text.matchAll(/["'`]([\w-]+(?:\.[\w-]+)*\.(?:com|cn|net|org|io))\b/g)]
  return [...schemes, ...bare, ...names].map((m) => m[1]!)
}

test('an address is found in every way it can be written', () => {
  expect(hostsIn(`url(https://at.alicdn.com/t/font.ttf)`)).toEqual(['at.alicdn.com'])
  expect(hostsIn(`src="//cdn.example.net/x.js"`)).toEqual(['cdn.example.net'])
  expect(hostsIn(`"https:\\/\\/api.example.org"`)).toEqual(['api.example.org'])
  expect(hostsIn(`const host = 'stat.example.com'`)).toEqual(['stat.example.com'])
  expect(hostsIn(`a = b // nothing`)).toEqual([])
})

describe.each([
  ['WeChat', dist, quotedForWeChat],
  ['browsers', site, quoted],
])('what is built for %s', (platform, root, allowed) => {
  if (platform === 'browsers') beforeAll(browser)

  test('names no host but for the addresses that nothing asks for', () => {
    const strange = textsOf(root).flatMap(([file, text]) => hostsIn(text).filter((h) => !(h in allowed)).map((h) => `${file}: ${h}`))
    expect(strange).toEqual([])
  })

  test('holds no source map and nothing of the tests', () => {
    const files = all(root)
    expect(files.length).toBeGreaterThan(50)
    expect(files.filter((f) => /\.map$|\.test\.|\.spec\.|\.ts$|\.vue$|(^|\/)(test|fixtures|standin|contrast)\b/.test(f))).toEqual([])
    const telling = /sourceMappingURL|\bvitest\b|\b__mocks\b|\b__test\b|\bStandin\b/
    expect(textsOf(root).filter(([, text]) => telling.test(text)).map(([file]) => file)).toEqual([])
  })
})

test('the main package and each sub-package are small enough to come quickly', () => {
  const files = all(dist)
  const roots = (configOf(dist).subPackages ?? []).map((s) => s.root.replace(/\/?$/, '/'))
  expect(roots.length).toBeGreaterThan(0)
  const sub = (f: string) => roots.find((r) => f.startsWith(r))
  expect(sizeOf(dist, files.filter((f) => !sub(f)))).toBeLessThan(mainMost)
  for (const root of roots) {
    const size = sizeOf(dist, files.filter((f) => sub(f) === root))
    expect(size, root).toBeGreaterThan(0)
    expect(size, root).toBeLessThan(subMost)
  }
})

test('the browser build is no larger than the main package may be, and asks for its parts beside it', () => {
  expect(sizeOf(site, all(site))).toBeLessThan(siteMost)
  const page = readFileSync(join(site, 'index.html'), 'utf8')
  const parts = [...page.matchAll(/(?:src|href)="([^"]*)"/g)].map((m) => m[1]!)
  expect(parts.length).toBeGreaterThan(2)
  expect(parts.filter((p) => !/^(\.\/)?(assets|static)\//.test(p))).toEqual([])
})
